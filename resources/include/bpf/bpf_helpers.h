/* SPDX-License-Identifier: MIT */
/*
 * What every BPF program needs: sections, map definitions, compiler attributes, the helpers by their numbers, printing
 * and bounded loops. Include vmlinux.h (or linux/bpf.h) first.
 */
#ifndef __BPF_HELPERS__
#define __BPF_HELPERS__

#include "bpf_helper_defs.h"

/* Map definitions: a number becomes the length of an array behind a pointer, a type hides behind a pointer. */
#define __uint(name, value) int (*name)[value]
#define __type(name, type) typeof(type) *name
#define __array(name, type) typeof(type) *name[]
#define __ulong(name, value) enum { ___bpf_concat(__unique_value, __COUNTER__) = value } name

/* The section decides what a function or variable is to the loader. */
#define SEC(section_name) \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wignored-attributes\"") \
	__attribute__((section(section_name), used)) \
	_Pragma("GCC diagnostic pop")

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __unused
#define __unused __attribute__((unused))
#endif

/* Not visible to the verifier as a global function: it is then checked in the context of every caller. */
#define __hidden __attribute__((visibility("hidden")))

#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#ifndef container_of
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
#endif

/* Keep the compiler from moving memory accesses, or from knowing a value. */
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(variable) asm volatile("" : "+r"(variable))
#endif

#define __bpf_unreachable() __builtin_trap()

/* Whether a weak __ksym symbol exists in the running kernel. */
#define bpf_ksym_exists(symbol) \
	({ \
		_Static_assert(!__builtin_constant_p(!!(symbol)), #symbol " should be declared __weak"); \
		!!(symbol); \
	})

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};

enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

/* ---- counting and applying macro arguments ---- */
#define ___bpf_concat(a, b) a##b
#define ___bpf_apply(macro, count) ___bpf_concat(macro, count)
#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, count, ...) count
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)

/* ___bpf_u64(a, b, c): the arguments as a comma-separated list of 64-bit values */
#define ___bpf_u64_0() 0
#define ___bpf_u64_1(a) (unsigned long long)(a)
#define ___bpf_u64_2(a, ...) (unsigned long long)(a), ___bpf_u64_1(__VA_ARGS__)
#define ___bpf_u64_3(a, ...) (unsigned long long)(a), ___bpf_u64_2(__VA_ARGS__)
#define ___bpf_u64_4(a, ...) (unsigned long long)(a), ___bpf_u64_3(__VA_ARGS__)
#define ___bpf_u64_5(a, ...) (unsigned long long)(a), ___bpf_u64_4(__VA_ARGS__)
#define ___bpf_u64_6(a, ...) (unsigned long long)(a), ___bpf_u64_5(__VA_ARGS__)
#define ___bpf_u64_7(a, ...) (unsigned long long)(a), ___bpf_u64_6(__VA_ARGS__)
#define ___bpf_u64_8(a, ...) (unsigned long long)(a), ___bpf_u64_7(__VA_ARGS__)
#define ___bpf_u64_9(a, ...) (unsigned long long)(a), ___bpf_u64_8(__VA_ARGS__)
#define ___bpf_u64_10(a, ...) (unsigned long long)(a), ___bpf_u64_9(__VA_ARGS__)
#define ___bpf_u64_11(a, ...) (unsigned long long)(a), ___bpf_u64_10(__VA_ARGS__)
#define ___bpf_u64_12(a, ...) (unsigned long long)(a), ___bpf_u64_11(__VA_ARGS__)
#define ___bpf_u64(args...) ___bpf_apply(___bpf_u64_, ___bpf_narg(args))(args)

/* Passes a format and its arguments as an array to a helper that takes (…, format, array, bytes). */
#define ___bpf_with_values(call, format, args...) \
	({ \
		static const char ___format[] = format; \
		unsigned long long ___values[___bpf_narg(args) + !___bpf_narg(args)] = {___bpf_u64(args)}; \
		call(___format, sizeof(___format), ___values, ___bpf_narg(args) * sizeof(___values[0])); \
	})

#define BPF_SEQ_PRINTF(seq, format, args...) \
	({ \
		static const char ___format[] = format; \
		unsigned long long ___values[___bpf_narg(args) + !___bpf_narg(args)] = {___bpf_u64(args)}; \
		bpf_seq_printf(seq, ___format, sizeof(___format), ___values, ___bpf_narg(args) * sizeof(___values[0])); \
	})

#define BPF_SNPRINTF(out, size, format, args...) \
	({ \
		static const char ___format[] = format; \
		unsigned long long ___values[___bpf_narg(args) + !___bpf_narg(args)] = {___bpf_u64(args)}; \
		bpf_snprintf(out, size, ___format, ___values, ___bpf_narg(args) * sizeof(___values[0])); \
	})

/* bpf_printk: up to three arguments go to bpf_trace_printk, more to bpf_trace_vprintk (Linux 5.16). */
#ifdef BPF_NO_GLOBAL_DATA
#define BPF_PRINTK_FMT_MOD
#else
#define BPF_PRINTK_FMT_MOD static const
#endif
#define __bpf_printk(format, args...) \
	({ \
		BPF_PRINTK_FMT_MOD char ___format[] = format; \
		bpf_trace_printk(___format, sizeof(___format), ##args); \
	})
#define __bpf_vprintk(format, args...) ___bpf_with_values(bpf_trace_vprintk, format, ##args)
#define ___bpf_pick_printk(...) \
	___bpf_nth(_, ##__VA_ARGS__, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, \
		   __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_printk, __bpf_printk, \
		   __bpf_printk, __bpf_printk)
#define bpf_printk(format, args...) ___bpf_pick_printk(args)(format, ##args)

/* ---- loops over numbers (kfuncs of Linux 6.4) ---- */
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* An iterator lives as long as the loop: made by _new, asked by _next, and ended by _destroy however the loop is left. */
#define ___bpf_loop(type, next, args...) \
	for (struct bpf_iter_##type ___iterator __attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))), \
	     *___started __attribute__((unused)) = (bpf_iter_##type##_new(&___iterator, ##args), \
						    (void)bpf_iter_##type##_destroy, (void *)0); \
	     next;)

/* The two comparisons stay two: merged into one subtraction they would teach the verifier nothing about i. */
#define ___bpf_next_number(i, start, end) \
	({ \
		const int *___number = bpf_iter_num_next(&___iterator); \
		_Bool ___inside = 0; \
		if (___number) { \
			(i) = *___number; \
			if ((i) >= (start)) { \
				barrier_var(i); \
				___inside = (i) < (end); \
			} \
		} \
		___inside; \
	})

/* bpf_for(i, 0, n) { … }: the verifier knows start <= i < end inside the body. */
#define bpf_for(i, start, end) ___bpf_loop(num, ___bpf_next_number(i, start, end), (start), (end))

/* bpf_repeat(n) { … } */
#define bpf_repeat(times) ___bpf_loop(num, bpf_iter_num_next(&___iterator), 0, (times))

/* bpf_for_each(task, task, NULL, BPF_TASK_ITER_ALL_PROCS) { … }: any iterator with _new, _next and _destroy kfuncs */
#define bpf_for_each(type, current, args...) \
	___bpf_loop(type, ((current) = bpf_iter_##type##_next(&___iterator)), ##args)

/* A tail call with a constant slot: the kernel can turn it into a direct jump. */
static __always_inline __attribute__((unused)) void bpf_tail_call_static(void *ctx, const void *map, const unsigned int slot)
{
	asm volatile("r1 = %[ctx]\n\t"
		     "r2 = %[map]\n\t"
		     "r3 = %[slot]\n\t"
		     "call 12"
		     :
		     : [ctx] "r"(ctx), [map] "r"(map), [slot] "i"(slot)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
}

#endif
