/* SPDX-License-Identifier: MIT */
/*
 * The types of the simulated kernels, one translation unit per version: KERNEL is 601, 606, 610, 612 or 618.
 *
 * scripts/build-kernel-btf.mjs compiles this file and keeps its BTF as resources/kernels/VERSION.btf, which then plays the
 * part of /sys/kernel/btf/vmlinux. Members, their order and their sizes are those of x86-64 Linux 6.12.117 with HID_BPF
 * (a test compares every one with a real kernel's BTF); what HID, HID-BPF and bpf(2) changed between versions stands in
 * #if. Types of which only the size matters are OPAQUE. Outside HID and BPF all versions share the 6.12 layout.
 *
 * FUNC and KFUNC describe functions: BTF needs a definition to learn the names of the parameters, so they get a body that
 * is never run. KFUNC adds the tag that marks what programs may call. BPF functions take five arguments at most, so longer
 * ones are written as a struct, WIDE, whose members are the parameters and whose member return_ is the result.
 */

#define FUNC(result, name, ...) result name(__VA_ARGS__) { __builtin_unreachable(); }
#define KFUNC(result, name, ...) __attribute__((btf_decl_tag("bpf_kfunc"))) FUNC(result, name, __VA_ARGS__)
#define WIDE(name, members) struct WIDE_##name { members };
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define ANONYMOUS_ENUM(...) enum { __VA_ARGS__ } JOIN(keep_anonymous_, __COUNTER__) __attribute__((section(".keep")));
#define PERCPU(type, name) type name __attribute__((section(".data..percpu")));

#include "base.h"
#include "uapi-bpf.h"
#include "process.h"
#include "files.h"
#include "bpf.h"
#include "net.h"
#include "device.h"
#include "hid.h"
#include "kfuncs.h"
#include "hid-functions.h"
#include "hooks.h"
#include "tracepoints.h"

struct rq { OPAQUE(64, 3008); };

PERCPU(unsigned long, this_cpu_off)
PERCPU(int, bpf_trace_nest_level)
PERCPU(int, bpf_prog_active)
PERCPU(struct pcpu_hot, pcpu_hot)
PERCPU(struct rq, runqueues)
