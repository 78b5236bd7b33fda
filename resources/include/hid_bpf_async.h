/* SPDX-License-Identifier: MIT */
/*
 * Functions that run later, outside the hook that asked for them, in a context that may sleep.
 *
 *     #define HID_BPF_ASYNC_MAX_CTX 1
 *     #include "hid_bpf_async.h"
 *
 *     static int HID_BPF_ASYNC_FUN(later)(struct hid_bpf_ctx *hctx) { … }
 *
 *     in probe():  HID_BPF_ASYNC_INIT(later)
 *     in a hook:   HID_BPF_ASYNC_DELAYED_CALL(later, hctx, 10)     (milliseconds)
 *
 * A timer of the slot waits, then starts the slot's work item, which runs the function with a fresh context.
 */
#ifndef __HID_BPF_ASYNC_H__
#define __HID_BPF_ASYNC_H__

#include "hid_bpf_helpers.h"

#ifndef HID_BPF_ASYNC_MAX_CTX
#error "define HID_BPF_ASYNC_MAX_CTX: how many functions may be waiting at the same time"
#endif

#ifndef CLOCK_MONOTONIC
#define CLOCK_MONOTONIC 1
#endif

typedef int (*hid_bpf_async_callback_t)(void *map, int *key, void *value);

enum hid_bpf_async_state {
	HID_BPF_ASYNC_STATE_UNSET = 0,
	HID_BPF_ASYNC_STATE_INITIALIZING,
	HID_BPF_ASYNC_STATE_INITIALIZED,
	HID_BPF_ASYNC_STATE_STARTING,
	HID_BPF_ASYNC_STATE_RUNNING,
};

struct hid_bpf_async_map_elem {
	struct bpf_spin_lock lock;
	enum hid_bpf_async_state state;
	struct bpf_timer t;
	struct bpf_wq wq;
	u32 hid;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HID_BPF_ASYNC_MAX_CTX);
	__type(key, u32);
	__type(value, struct hid_bpf_async_map_elem);
} hid_bpf_async_ctx_map SEC(".maps");

/* The callback of a work item: makes the context, runs the function, frees the slot for the next call. */
#define HID_BPF_ASYNC_CB(callback) \
	callback(void *map, int *key, void *value); \
	static __always_inline int ____##callback(struct hid_bpf_ctx *ctx); \
	typeof(callback(0, 0, 0)) callback(void *map, int *key, void *value) \
	{ \
		struct hid_bpf_async_map_elem *slot = value; \
		struct hid_bpf_ctx *context = hid_bpf_allocate_context(slot->hid); \
		if (!context) \
			return 0; \
		slot->state = HID_BPF_ASYNC_STATE_RUNNING; \
		____##callback(context); \
		slot->state = HID_BPF_ASYNC_STATE_INITIALIZED; \
		hid_bpf_release_context(context); \
		return 0; \
	} \
	static __always_inline int ____##callback

#define HID_BPF_ASYNC_FUN(function) \
	function(struct hid_bpf_ctx *ctx); \
	int ____key__##function; \
	static int ____async_init_##function(void) \
	{ \
		____key__##function = hid_bpf_async_get_ctx(); \
		return ____key__##function < 0 ? ____key__##function : 0; \
	} \
	static int HID_BPF_ASYNC_CB(____##function##_cb)(struct hid_bpf_ctx *hctx) \
	{ \
		return function(hctx); \
	} \
	typeof(function(0)) function

#define HID_BPF_ASYNC_INIT(function) ____async_init_##function()
#define HID_BPF_ASYNC_DELAYED_CALL(function, ctx, milliseconds) \
	hid_bpf_async_delayed_call(ctx, milliseconds, ____key__##function, ____##function##_cb)

/* Timers cannot sleep: when one expires it only starts the work item of its slot. */
static int ___hid_bpf_async_expired(void *map, int *key, void *value)
{
	struct hid_bpf_async_map_elem *slot = value;

	bpf_wq_start(&slot->wq, 0);
	return 0;
}

/* Takes a slot that is in state `from` over to `to`; false when it is in another state. */
static __always_inline __maybe_unused bool ___hid_bpf_async_move(struct hid_bpf_async_map_elem *slot,
								 enum hid_bpf_async_state from,
								 enum hid_bpf_async_state also,
								 enum hid_bpf_async_state to)
{
	bool moved = false;

	bpf_spin_lock(&slot->lock);
	if (slot->state == from || slot->state == also) {
		slot->state = to;
		moved = true;
	}
	bpf_spin_unlock(&slot->lock);
	return moved;
}

/* Claims a free slot and prepares its timer and work item: the key, -ENOMEM when all are taken, or another errno. */
static __maybe_unused int hid_bpf_async_get_ctx(void)
{
	struct hid_bpf_async_map_elem *slot = NULL;
	int key, found = -1, err;

	bpf_for(key, 0, HID_BPF_ASYNC_MAX_CTX)
	{
		int index = key;

		slot = bpf_map_lookup_elem(&hid_bpf_async_ctx_map, &index);
		if (slot && ___hid_bpf_async_move(slot, HID_BPF_ASYNC_STATE_UNSET, HID_BPF_ASYNC_STATE_UNSET,
						  HID_BPF_ASYNC_STATE_INITIALIZING)) {
			found = index;
			break;
		}
	}
	if (found < 0)
		return -ENOMEM;
	slot = bpf_map_lookup_elem(&hid_bpf_async_ctx_map, &found);
	if (!slot)
		return -EINVAL;
	err = bpf_timer_init(&slot->t, &hid_bpf_async_ctx_map, CLOCK_MONOTONIC);
	if (err)
		return err;
	err = bpf_timer_set_callback(&slot->t, ___hid_bpf_async_expired);
	if (err)
		return err;
	err = bpf_wq_init(&slot->wq, &hid_bpf_async_ctx_map, 0);
	if (err)
		return err;
	slot->state = HID_BPF_ASYNC_STATE_INITIALIZED;
	return found;
}

/* Runs `callback` in `milliseconds` (0: as soon as possible) for the device of `hctx`: 0, or -EINVAL while a call waits. */
static __maybe_unused int hid_bpf_async_delayed_call(struct hid_bpf_ctx *hctx, u64 milliseconds, int key,
						     hid_bpf_async_callback_t callback)
{
	struct hid_bpf_async_map_elem *slot = bpf_map_lookup_elem(&hid_bpf_async_ctx_map, &key);
	int err;

	if (!slot)
		return -EINVAL;
	if (!___hid_bpf_async_move(slot, HID_BPF_ASYNC_STATE_INITIALIZED, HID_BPF_ASYNC_STATE_RUNNING,
				   HID_BPF_ASYNC_STATE_STARTING))
		return -EINVAL;
	slot->hid = hctx->hid->id;
	err = bpf_wq_set_callback(&slot->wq, callback, 0);
	if (err)
		return err;
	if (!milliseconds)
		return bpf_wq_start(&slot->wq, 0);
	err = bpf_timer_set_callback(&slot->t, ___hid_bpf_async_expired);
	if (err)
		return err;
	return bpf_timer_start(&slot->t, milliseconds * 1000000ULL, 0);
}

static __always_inline __maybe_unused int hid_bpf_async_call(struct hid_bpf_ctx *hctx, int key,
							     hid_bpf_async_callback_t callback)
{
	return hid_bpf_async_delayed_call(hctx, 0, key, callback);
}

#endif
