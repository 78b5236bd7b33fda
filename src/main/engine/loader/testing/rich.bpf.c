/* An object with everything that libbpf opens: see rich.test.ts. Compiled by the test. */
typedef unsigned int u32; typedef unsigned long long u64; typedef unsigned char u8; typedef _Bool bool;
#define SEC(n) __attribute__((section(n), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { ___bpf_concat_##name = val } name
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __noinline __attribute__((noinline))
enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };
extern u32 LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF __kconfig __weak;
extern enum libbpf_tristate CONFIG_HID __kconfig __weak;
extern char CONFIG_NAME[8] __kconfig __weak;
extern u64 CONFIG_HZ __kconfig __weak;
extern const void some_symbol __ksym;
extern const void absent_symbol __ksym __weak;
extern int absent_kfunc(int) __ksym __weak;

static void *(*map_lookup)(void *, const void *) = (void *)1;
static long (*tail_call)(void *, void *, u32) = (void *)12;
static long (*loop)(u32, void *, void *, u64) = (void *)181;

struct inner_map { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); } inner_a SEC(".maps"), inner_b SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 8); __uint(key_size, 4); __array(values, struct inner_map); } outer SEC(".maps") = { .values = { [2] = &inner_b, [5] = &inner_a } };
int entry_one(void *); int entry_two(void *);
struct { __uint(type, 3); __uint(max_entries, 4); __uint(key_size, 4); __array(values, int (void *)); } jumps SEC(".maps") = { .values = { [1] = (void *)&entry_one, [3] = (void *)&entry_two } };
struct { __uint(type, 27); __uint(max_entries, 5000); } ring SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 3); __uint(map_flags, 1); __uint(pinning, 1); __type(key, u32); __type(value, struct { u32 a; u8 b[3]; }); } pinned SEC(".maps");

int counter = 5; static int hidden_static = 7; int __hidden secret = 9; const volatile u32 limit = 3; u64 zeroed; static u64 zero_static;
u32 custom SEC(".data.mine") = 11; const volatile u8 table[3] SEC(".rodata.mine") = {1,2,3};

static __noinline int leaf(int x) { return x * counter + hidden_static + secret; }
static __noinline int branch(int x) { zero_static += x; return leaf(x + 1) + leaf(x + 2); }
__noinline int shared(int x) { return branch(x) + (int)limit; }
__noinline __hidden int concealed(int x) { return shared(x) + 1; }
static int callback(u32 i, void *ctx) { *(int *)ctx += i + leaf(i); return 0; }

SEC("socket") int entry_one(void *ctx) {
	int sum = 0; loop(3, callback, &sum, 0);
	u32 key = 2; void *in = map_lookup(&outer, &key);
	return sum + branch(2) + concealed(1) + (in ? 1 : 0) + custom + table[counter & 1] + (int)zeroed;
}
SEC("socket") int entry_two(void *ctx) { tail_call(ctx, &jumps, 1); return 2; }
SEC("syscall") int configured(void *ctx) {
	if (LINUX_KERNEL_VERSION < 1 || CONFIG_BPF || CONFIG_HID == TRI_MODULE) return CONFIG_NAME[0] + CONFIG_HZ;
	if (absent_kfunc) return absent_kfunc(1);
	return (long)&some_symbol + (long)&absent_symbol;
}
SEC("?xdp") int unused_one(void *ctx) { return leaf(1); }
char LICENSE[] SEC("license") = "GPL";
