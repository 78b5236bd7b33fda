/* SPDX-License-Identifier: MIT */
/*
 * Compile once, run everywhere: questions about the running kernel's types, and reads whose offsets the loader corrects.
 * The numbers are those of the compiler's relocation kinds.
 */
#ifndef __BPF_CORE_READ_H__
#define __BPF_CORE_READ_H__

#include "bpf_helpers.h"

enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};

enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};

enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};

enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

/* A field is written pointer->member, or as the pair (type, member). */
#define ___core_field_1(field) (field)
#define ___core_field_2(type, member) (((typeof(type) *)0)->member)
#define ___core_field(args...) ___bpf_apply(___core_field_, ___bpf_narg(args))(args)

#define bpf_core_field_exists(field...) __builtin_preserve_field_info(___core_field(field), BPF_FIELD_EXISTS)
#define bpf_core_field_size(field...) __builtin_preserve_field_info(___core_field(field), BPF_FIELD_BYTE_SIZE)
#define bpf_core_field_offset(field...) __builtin_preserve_field_info(___core_field(field), BPF_FIELD_BYTE_OFFSET)

#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_TARGET)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_EXISTS)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_SIZE)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_MATCHES)

#define bpf_core_enum_value_exists(enum_type, value) \
	__builtin_preserve_enum_value(*(typeof(enum_type) *)value, BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(enum_type, value) \
	__builtin_preserve_enum_value(*(typeof(enum_type) *)value, BPF_ENUMVAL_VALUE)

/* ---- single reads: 0 or a negative errno ---- */
#define bpf_core_read(dst, size, src) \
	bpf_probe_read_kernel(dst, size, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user(dst, size, src) \
	bpf_probe_read_user(dst, size, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_str(dst, size, src) \
	bpf_probe_read_kernel_str(dst, size, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user_str(dst, size, src) \
	bpf_probe_read_user_str(dst, size, (const void *)__builtin_preserve_access_index(src))

/* ---- bit-fields ---- */
#define ___core_info(source, field, what) __builtin_preserve_field_info((source)->field, BPF_FIELD_##what)
#define ___core_shift(source, field, value) \
	({ \
		(value) <<= ___core_info(source, field, LSHIFT_U64); \
		if (___core_info(source, field, SIGNED)) \
			(value) = (unsigned long long)((long long)(value) >> ___core_info(source, field, RSHIFT_U64)); \
		else \
			(value) >>= ___core_info(source, field, RSHIFT_U64); \
		(value); \
	})

/* From memory the program may read directly. */
#define BPF_CORE_READ_BITFIELD(source, field) \
	({ \
		const void *___at = (const void *)(source) + ___core_info(source, field, BYTE_OFFSET); \
		unsigned long long ___value = 0; \
		asm volatile("" : "+r"(___at)); \
		switch (___core_info(source, field, BYTE_SIZE)) { \
		case 1: \
			___value = *(const unsigned char *)___at; \
			break; \
		case 2: \
			___value = *(const unsigned short *)___at; \
			break; \
		case 4: \
			___value = *(const unsigned int *)___at; \
			break; \
		case 8: \
			___value = *(const unsigned long long *)___at; \
			break; \
		} \
		___core_shift(source, field, ___value); \
	})

/* Through bpf_probe_read_kernel (little-endian). */
#define BPF_CORE_READ_BITFIELD_PROBED(source, field) \
	({ \
		unsigned long long ___value = 0; \
		bpf_probe_read_kernel(&___value, ___core_info(source, field, BYTE_SIZE), \
				      (const void *)(source) + ___core_info(source, field, BYTE_OFFSET)); \
		___core_shift(source, field, ___value); \
	})

/* ---- chains: BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino) follows every pointer with a checked read ---- */
#define ___path_1(s, a) (s)->a
#define ___path_2(s, a, b) (s)->a->b
#define ___path_3(s, a, b, c) (s)->a->b->c
#define ___path_4(s, a, b, c, d) (s)->a->b->c->d
#define ___path_5(s, a, b, c, d, e) (s)->a->b->c->d->e
#define ___path_6(s, a, b, c, d, e, f) (s)->a->b->c->d->e->f
#define ___path_7(s, a, b, c, d, e, f, g) (s)->a->b->c->d->e->f->g
#define ___path_8(s, a, b, c, d, e, f, g, h) (s)->a->b->c->d->e->f->g->h
#define ___path_9(s, a, b, c, d, e, f, g, h, i) (s)->a->b->c->d->e->f->g->h->i
#define ___path(s, args...) ___bpf_apply(___path_, ___bpf_narg(args))(s, args)

/* A hop reads the next pointer into ___p; the last step reads into the destination. */
#define ___hop(read, type, member) read(&___p, sizeof(___p), &((typeof(type))___p)->member);
#define ___hops_1(read, s, a) read(&___p, sizeof(___p), &(s)->a);
#define ___hops_2(read, s, a, b) ___hops_1(read, s, a) ___hop(read, ___path_1(s, a), b)
#define ___hops_3(read, s, a, b, c) ___hops_2(read, s, a, b) ___hop(read, ___path_2(s, a, b), c)
#define ___hops_4(read, s, a, b, c, d) ___hops_3(read, s, a, b, c) ___hop(read, ___path_3(s, a, b, c), d)
#define ___hops_5(read, s, a, b, c, d, e) ___hops_4(read, s, a, b, c, d) ___hop(read, ___path_4(s, a, b, c, d), e)
#define ___hops_6(read, s, a, b, c, d, e, f) \
	___hops_5(read, s, a, b, c, d, e) ___hop(read, ___path_5(s, a, b, c, d, e), f)
#define ___hops_7(read, s, a, b, c, d, e, f, g) \
	___hops_6(read, s, a, b, c, d, e, f) ___hop(read, ___path_6(s, a, b, c, d, e, f), g)
#define ___hops_8(read, s, a, b, c, d, e, f, g, h) \
	___hops_7(read, s, a, b, c, d, e, f, g) ___hop(read, ___path_7(s, a, b, c, d, e, f, g), h)

#define ___chain_1(read, last, dst, s, a) last(dst, sizeof(*(dst)), &(s)->a)
#define ___chain_n(read, last, dst, hops, type, member) \
	({ \
		const void *___p; \
		hops last(dst, sizeof(*(dst)), &((typeof(type))___p)->member); \
	})
#define ___chain_2(read, last, dst, s, a, b) ___chain_n(read, last, dst, ___hops_1(read, s, a), ___path_1(s, a), b)
#define ___chain_3(read, last, dst, s, a, b, c) \
	___chain_n(read, last, dst, ___hops_2(read, s, a, b), ___path_2(s, a, b), c)
#define ___chain_4(read, last, dst, s, a, b, c, d) \
	___chain_n(read, last, dst, ___hops_3(read, s, a, b, c), ___path_3(s, a, b, c), d)
#define ___chain_5(read, last, dst, s, a, b, c, d, e) \
	___chain_n(read, last, dst, ___hops_4(read, s, a, b, c, d), ___path_4(s, a, b, c, d), e)
#define ___chain_6(read, last, dst, s, a, b, c, d, e, f) \
	___chain_n(read, last, dst, ___hops_5(read, s, a, b, c, d, e), ___path_5(s, a, b, c, d, e), f)
#define ___chain_7(read, last, dst, s, a, b, c, d, e, f, g) \
	___chain_n(read, last, dst, ___hops_6(read, s, a, b, c, d, e, f), ___path_6(s, a, b, c, d, e, f), g)
#define ___chain_8(read, last, dst, s, a, b, c, d, e, f, g, h) \
	___chain_n(read, last, dst, ___hops_7(read, s, a, b, c, d, e, f, g), ___path_7(s, a, b, c, d, e, f, g), h)
#define ___chain_9(read, last, dst, s, a, b, c, d, e, f, g, h, i) \
	___chain_n(read, last, dst, ___hops_8(read, s, a, b, c, d, e, f, g, h), ___path_8(s, a, b, c, d, e, f, g, h), i)
#define ___chain(read, last, dst, s, args...) \
	___bpf_apply(___chain_, ___bpf_narg(args))(read, last, dst, s, args)

#define BPF_CORE_READ_INTO(dst, src, a, args...) ({ ___chain(bpf_core_read, bpf_core_read, dst, src, a, ##args); })
#define BPF_CORE_READ_USER_INTO(dst, src, a, args...) \
	({ ___chain(bpf_core_read_user, bpf_core_read_user, dst, src, a, ##args); })
#define BPF_CORE_READ_STR_INTO(dst, src, a, args...) \
	({ ___chain(bpf_core_read, bpf_core_read_str, dst, src, a, ##args); })
#define BPF_CORE_READ_USER_STR_INTO(dst, src, a, args...) \
	({ ___chain(bpf_core_read_user, bpf_core_read_user_str, dst, src, a, ##args); })

/* The same without relocations, for types that are the program's own. */
#define BPF_PROBE_READ_INTO(dst, src, a, args...) \
	({ ___chain(bpf_probe_read_kernel, bpf_probe_read_kernel, dst, src, a, ##args); })
#define BPF_PROBE_READ_USER_INTO(dst, src, a, args...) \
	({ ___chain(bpf_probe_read_user, bpf_probe_read_user, dst, src, a, ##args); })
#define BPF_PROBE_READ_STR_INTO(dst, src, a, args...) \
	({ ___chain(bpf_probe_read_kernel, bpf_probe_read_kernel_str, dst, src, a, ##args); })
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, a, args...) \
	({ ___chain(bpf_probe_read_user, bpf_probe_read_user_str, dst, src, a, ##args); })

#define ___core_value(into, src, args...) \
	({ \
		typeof(___path((src), args)) ___result; \
		into(&___result, (src), args); \
		___result; \
	})
#define BPF_CORE_READ(src, a, args...) ___core_value(BPF_CORE_READ_INTO, src, a, ##args)
#define BPF_CORE_READ_USER(src, a, args...) ___core_value(BPF_CORE_READ_USER_INTO, src, a, ##args)
#define BPF_PROBE_READ(src, a, args...) ___core_value(BPF_PROBE_READ_INTO, src, a, ##args)
#define BPF_PROBE_READ_USER(src, a, args...) ___core_value(BPF_PROBE_READ_USER_INTO, src, a, ##args)

/* A pointer the verifier lets read as `type` (kfunc of Linux 6.2). */
extern void *bpf_rdonly_cast(const void *obj, unsigned int btf_id) __ksym __weak;
#define bpf_core_cast(pointer, type) \
	((typeof(type) *)bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(type)))

#endif
