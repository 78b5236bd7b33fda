/* The other half: see linked-a.bpf.c. */
typedef unsigned int u32; typedef unsigned long long u64;
#define SEC(n) __attribute__((section(n), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __weak __attribute__((weak))
#define __noinline __attribute__((noinline))
static void *(*map_lookup)(void *, const void *) = (void *)1;

extern struct { __uint(type, 2); __uint(max_entries, 2); __type(key, u32); __type(value, u64); } shared_map SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 4); __type(key, u32); __type(value, u32); } other_map SEC(".maps");

extern int common;
static int private_value = 20;
int from_b = 5;
u64 zeroed_b;

__weak __noinline int pick(int x) { return x - 100; }
__noinline int twice(int x) { return 2 * x; }
static __noinline int private_function(int x) { return x * private_value; }

SEC("syscall") int second(u32 *ctx) {
	u32 key = 1;
	u64 *value = map_lookup(&shared_map, &key);
	u32 *seen = map_lookup(&other_map, &key);
	zeroed_b += 1;
	return private_function(common) + pick(2) + (seen ? 1 : 0) + (value ? (int)*value : 0);
}
SEC("?socket") int third(void *ctx) { return pick(3); }
