// SPDX-License-Identifier: MIT
#include "hid.h"

struct bpf_spin_lock {
	u32 value;
};
struct locked {
	struct bpf_spin_lock lock;
	u32 value;
};
struct {
	int (*type)[2];
	int (*max_entries)[1];
	u32 *key;
	struct locked *value;
} state SEC(".maps");
EVENT(event)
{
	u32 key = 0;
	struct locked *state_ = map_lookup(&state, &key);
	if (state_)
		timer_init(&state_->value, &state, 1);
	return 0;
}
OPS(ops) = { .hid_device_event = event };
