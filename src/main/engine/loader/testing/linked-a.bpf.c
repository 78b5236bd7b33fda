/* One half of linked.bpf.o: clang -O2 -g -target bpf -mcpu=v3 of this and of linked-b.bpf.c, then bpftool gen object. See compilers.test.ts. */
typedef unsigned int u32; typedef unsigned long long u64;
#define SEC(n) __attribute__((section(n), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __noinline __attribute__((noinline))
static void *(*map_lookup)(void *, const void *) = (void *)1;

/* Defined here, used there. */
struct { __uint(type, 2); __uint(max_entries, 2); __type(key, u32); __type(value, u64); } shared_map SEC(".maps");
int common = 3;
static int private_value = 10;
extern int from_b;
const volatile int setting = 1;

/* Both halves have one of that name; the other is weak. */
__noinline int pick(int x) { return x + 100; }
extern int twice(int x);
static __noinline int private_function(int x) { return x + private_value; }

SEC("syscall") int first(u32 *ctx) {
	u32 key = 1;
	u64 *value = map_lookup(&shared_map, &key);
	if (value)
		*value += twice(common);
	return private_function(from_b) + pick(1) + setting;
}
char LICENSE[] SEC("license") = "GPL";
