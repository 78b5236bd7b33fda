/* SPDX-License-Identifier: MIT */
/* Byte order conversions: network order (big endian) and back. Constants are converted by the compiler. */
#ifndef __BPF_ENDIAN__
#define __BPF_ENDIAN__

#define ___bpf_swab16(x) ((__u16)__builtin_bswap16((__u16)(x)))
#define ___bpf_swab32(x) ((__u32)__builtin_bswap32((__u32)(x)))
#define ___bpf_swab64(x) ((__u64)__builtin_bswap64((__u64)(x)))

#define __bpf_swab16(x) ___bpf_swab16(x)
#define __bpf_swab32(x) ___bpf_swab32(x)
#define __bpf_swab64(x) ___bpf_swab64(x)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x) ___bpf_swab16(x)
#define bpf_htonl(x) ___bpf_swab32(x)
#define bpf_cpu_to_be64(x) ___bpf_swab64(x)
#else
#define bpf_htons(x) ((__u16)(x))
#define bpf_htonl(x) ((__u32)(x))
#define bpf_cpu_to_be64(x) ((__u64)(x))
#endif

#define bpf_ntohs(x) bpf_htons(x)
#define bpf_ntohl(x) bpf_htonl(x)
#define bpf_be64_to_cpu(x) bpf_cpu_to_be64(x)

#define __bpf_ntohs(x) bpf_ntohs(x)
#define __bpf_htons(x) bpf_htons(x)
#define __bpf_ntohl(x) bpf_ntohl(x)
#define __bpf_htonl(x) bpf_htonl(x)
#define __bpf_constant_ntohs(x) bpf_ntohs(x)
#define __bpf_constant_htons(x) bpf_htons(x)
#define __bpf_constant_ntohl(x) bpf_ntohl(x)
#define __bpf_constant_htonl(x) bpf_htonl(x)

#endif
