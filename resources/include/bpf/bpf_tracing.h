/* SPDX-License-Identifier: MIT */
/*
 * Typed arguments for programs whose context is an array of 64-bit values (struct_ops, fentry, fexit, fmod_ret, lsm,
 * tp_btf, iter) or the registers of a probed function (kprobe, kretprobe, ksyscall; x86-64 only).
 */
#ifndef __BPF_TRACING_H__
#define __BPF_TRACING_H__

#include "bpf_helpers.h"

/* ---- registers of x86-64 ---- */
#define PT_REGS_PARM1(x) ((x)->di)
#define PT_REGS_PARM2(x) ((x)->si)
#define PT_REGS_PARM3(x) ((x)->dx)
#define PT_REGS_PARM4(x) ((x)->cx)
#define PT_REGS_PARM5(x) ((x)->r8)
#define PT_REGS_PARM6(x) ((x)->r9)
#define PT_REGS_RET(x) ((x)->sp)
#define PT_REGS_FP(x) ((x)->bp)
#define PT_REGS_RC(x) ((x)->ax)
#define PT_REGS_SP(x) ((x)->sp)
#define PT_REGS_IP(x) ((x)->ip)

#define PT_REGS_PARM1_CORE(x) BPF_CORE_READ((x), di)
#define PT_REGS_PARM2_CORE(x) BPF_CORE_READ((x), si)
#define PT_REGS_PARM3_CORE(x) BPF_CORE_READ((x), dx)
#define PT_REGS_PARM4_CORE(x) BPF_CORE_READ((x), cx)
#define PT_REGS_PARM5_CORE(x) BPF_CORE_READ((x), r8)
#define PT_REGS_PARM6_CORE(x) BPF_CORE_READ((x), r9)
#define PT_REGS_RET_CORE(x) BPF_CORE_READ((x), sp)
#define PT_REGS_FP_CORE(x) BPF_CORE_READ((x), bp)
#define PT_REGS_RC_CORE(x) BPF_CORE_READ((x), ax)
#define PT_REGS_SP_CORE(x) BPF_CORE_READ((x), sp)
#define PT_REGS_IP_CORE(x) BPF_CORE_READ((x), ip)

/* A system call's wrapper gets the caller's registers as its only argument; the fourth argument travels in r10. */
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1(x)
#define PT_REGS_PARM2_SYSCALL(x) PT_REGS_PARM2(x)
#define PT_REGS_PARM3_SYSCALL(x) PT_REGS_PARM3(x)
#define PT_REGS_PARM4_SYSCALL(x) ((x)->r10)
#define PT_REGS_PARM5_SYSCALL(x) PT_REGS_PARM5(x)
#define PT_REGS_PARM6_SYSCALL(x) PT_REGS_PARM6(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) PT_REGS_PARM1_CORE(x)
#define PT_REGS_PARM2_CORE_SYSCALL(x) PT_REGS_PARM2_CORE(x)
#define PT_REGS_PARM3_CORE_SYSCALL(x) PT_REGS_PARM3_CORE(x)
#define PT_REGS_PARM4_CORE_SYSCALL(x) BPF_CORE_READ((x), r10)
#define PT_REGS_PARM5_CORE_SYSCALL(x) PT_REGS_PARM5_CORE(x)
#define PT_REGS_PARM6_CORE_SYSCALL(x) PT_REGS_PARM6_CORE(x)

#define ___bpf_quiet_casts \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")
#define ___bpf_loud_casts _Pragma("GCC diagnostic pop")

/* ---- an array of values ---- */
#define ___bpf_slot(i) , (void *)ctx[i]
#define ___bpf_slots_0
#define ___bpf_slots_1 ___bpf_slot(0)
#define ___bpf_slots_2 ___bpf_slots_1 ___bpf_slot(1)
#define ___bpf_slots_3 ___bpf_slots_2 ___bpf_slot(2)
#define ___bpf_slots_4 ___bpf_slots_3 ___bpf_slot(3)
#define ___bpf_slots_5 ___bpf_slots_4 ___bpf_slot(4)
#define ___bpf_slots_6 ___bpf_slots_5 ___bpf_slot(5)
#define ___bpf_slots_7 ___bpf_slots_6 ___bpf_slot(6)
#define ___bpf_slots_8 ___bpf_slots_7 ___bpf_slot(7)
#define ___bpf_slots_9 ___bpf_slots_8 ___bpf_slot(8)
#define ___bpf_slots_10 ___bpf_slots_9 ___bpf_slot(9)
#define ___bpf_slots_11 ___bpf_slots_10 ___bpf_slot(10)
#define ___bpf_slots_12 ___bpf_slots_11 ___bpf_slot(11)

/*
 * Declares the program `name` that takes the raw context, and hands the values over to the body with the types the author
 * wrote. The body may still use the raw context as `ctx`.
 */
#define ___bpf_program(name, context, values, args...) \
	name(context ctx); \
	static __always_inline typeof(name(0)) ____##name(context ctx, ##args); \
	typeof(name(0)) name(context ctx) \
	{ \
		___bpf_quiet_casts return ____##name(ctx values); \
		___bpf_loud_casts \
	} \
	static __always_inline typeof(name(0)) ____##name(context ctx, ##args)

/* SEC("struct_ops/hid_device_event") int BPF_PROG(event, struct hid_bpf_ctx *hctx) { … } */
#define BPF_PROG(name, args...) \
	___bpf_program(name, unsigned long long *, ___bpf_apply(___bpf_slots_, ___bpf_narg(args)), ##args)

/* ---- the registers of a probed function ---- */
#define ___bpf_regs_0
#define ___bpf_regs_1 , (void *)PT_REGS_PARM1(ctx)
#define ___bpf_regs_2 ___bpf_regs_1, (void *)PT_REGS_PARM2(ctx)
#define ___bpf_regs_3 ___bpf_regs_2, (void *)PT_REGS_PARM3(ctx)
#define ___bpf_regs_4 ___bpf_regs_3, (void *)PT_REGS_PARM4(ctx)
#define ___bpf_regs_5 ___bpf_regs_4, (void *)PT_REGS_PARM5(ctx)
#define ___bpf_regs_6 ___bpf_regs_5, (void *)PT_REGS_PARM6(ctx)
#define BPF_KPROBE(name, args...) \
	___bpf_program(name, struct pt_regs *, ___bpf_apply(___bpf_regs_, ___bpf_narg(args)), ##args)
#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)

#define ___bpf_result_0
#define ___bpf_result_1 , (void *)PT_REGS_RC(ctx)
#define BPF_KRETPROBE(name, args...) \
	___bpf_program(name, struct pt_regs *, ___bpf_apply(___bpf_result_, ___bpf_narg(args)), ##args)
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)

/* Its own way to join names: BPF_CORE_READ, which comes out of it, uses ___bpf_apply. */
#define ___bpf_join_(a, b) a##b
#define ___bpf_join(a, b) ___bpf_join_(a, b)

/* The registers of a system call lie in memory of the kernel: bpf_core_read.h must be included. */
#define ___bpf_syscall_0
#define ___bpf_syscall_1 , (void *)PT_REGS_PARM1_CORE_SYSCALL(___regs)
#define ___bpf_syscall_2 ___bpf_syscall_1, (void *)PT_REGS_PARM2_CORE_SYSCALL(___regs)
#define ___bpf_syscall_3 ___bpf_syscall_2, (void *)PT_REGS_PARM3_CORE_SYSCALL(___regs)
#define ___bpf_syscall_4 ___bpf_syscall_3, (void *)PT_REGS_PARM4_CORE_SYSCALL(___regs)
#define ___bpf_syscall_5 ___bpf_syscall_4, (void *)PT_REGS_PARM5_CORE_SYSCALL(___regs)
#define ___bpf_syscall_6 ___bpf_syscall_5, (void *)PT_REGS_PARM6_CORE_SYSCALL(___regs)
#define BPF_KSYSCALL(name, args...) \
	name(struct pt_regs *ctx); \
	static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args); \
	typeof(name(0)) name(struct pt_regs *ctx) \
	{ \
		struct pt_regs *___regs __attribute__((unused)) = PT_REGS_SYSCALL_REGS(ctx); \
		___bpf_quiet_casts return ____##name(ctx ___bpf_join(___bpf_syscall_, ___bpf_narg(args))); \
		___bpf_loud_casts \
	} \
	static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL

#endif
