/**
 * One 8-byte slot of a BPF program (struct bpf_insn, RFC 9669 section 3). ld_imm64 takes two slots:
 * the second has code 0 and the high 32 bits in its imm. Rooms that think like the kernel work on slots.
 */
export interface Insn {
  /** Opcode byte. */
  code: number;
  /** Destination register, 0 … 15. */
  dst: number;
  /** Source register, 0 … 15; for ld_imm64 and calls a pseudo kind (PseudoSource). */
  src: number;
  /** Signed 16-bit offset. */
  off: number;
  /** Signed 32-bit immediate. */
  imm: number;
}
