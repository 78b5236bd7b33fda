/* CO-RE relocations of all thirteen kinds against struct task_struct and friends: see compilers.test.ts. */
typedef unsigned int u32; typedef unsigned long long u64; typedef int pid_t;
#define SEC(n) __attribute__((section(n), used))
#define INDEX __attribute__((preserve_access_index))
struct task_struct { pid_t pid; pid_t tgid; char comm[16]; int no_such_member; } INDEX;
struct bpf_map { u32 id; char name[16]; } INDEX;
struct bpf_prog { unsigned short jited : 1; unsigned short gpl_compatible : 1; u32 len; } INDEX;
struct no_such_struct { int x; } INDEX;
struct bpf_map___other { u32 value_size; } INDEX;
enum bpf_map_type { BPF_MAP_TYPE_HASH = 99 };
enum bpf_map_type___missing { BPF_MAP_TYPE_NONSENSE = 1 };
enum { FIELD_BYTE_OFFSET = 0, FIELD_BYTE_SIZE = 1, FIELD_EXISTS = 2, FIELD_SIGNED = 3, FIELD_LSHIFT_U64 = 4, FIELD_RSHIFT_U64 = 5 };
#define field(type, member, kind) __builtin_preserve_field_info(((struct type *)0)->member, kind)
#define type_info(type, kind) __builtin_preserve_type_info(*(type *)0, kind)
#define type_id(type, kind) __builtin_btf_type_id(*(type *)0, kind)
#define value(type, name, kind) __builtin_preserve_enum_value(*(typeof(type) *)name, kind)
enum { LOCAL = 0, TARGET = 1, EXISTS = 0, SIZE = 1, MATCHES = 2, VALUE_EXISTS = 0, VALUE = 1 };

SEC("syscall") int core(u64 *out) {
	out[0] = field(task_struct, pid, FIELD_BYTE_OFFSET);
	out[1] = field(task_struct, comm, FIELD_BYTE_SIZE);
	out[2] = field(task_struct, tgid, FIELD_EXISTS);
	out[3] = field(task_struct, no_such_member, FIELD_EXISTS);
	out[4] = field(task_struct, pid, FIELD_SIGNED);
	out[5] = field(bpf_prog, gpl_compatible, FIELD_LSHIFT_U64);
	out[6] = field(bpf_prog, gpl_compatible, FIELD_RSHIFT_U64);
	out[7] = type_id(struct bpf_map, LOCAL);
	out[8] = type_id(struct bpf_map, TARGET);
	out[9] = type_info(struct bpf_map, EXISTS);
	out[10] = type_info(struct no_such_struct, EXISTS);
	out[11] = type_info(struct bpf_map, SIZE);
#if __clang_major__ >= 15
	out[12] = type_info(struct bpf_map___other, MATCHES);
	out[13] = type_info(struct bpf_map, MATCHES); /* no: char is signed here and unsigned there */
#endif
	out[14] = value(enum bpf_map_type, BPF_MAP_TYPE_HASH, VALUE_EXISTS);
	out[15] = value(enum bpf_map_type, BPF_MAP_TYPE_HASH, VALUE);
	out[16] = value(enum bpf_map_type___missing, BPF_MAP_TYPE_NONSENSE, VALUE_EXISTS);
	out[17] = field(bpf_map___other, value_size, FIELD_BYTE_OFFSET);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
