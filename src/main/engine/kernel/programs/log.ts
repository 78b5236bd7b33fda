import { Errno, type CallerMemory } from '../../abi/index.ts';
import { concatBytes, encodeUtf8 } from '../../base/index.ts';
import type { VerifierResult } from '../../verifier/index.ts';
import { fail } from '../errors.ts';

/** BPF_LOG_LEVEL1 | LEVEL2 | STATS | FIXED. */
const LOG_MASK = 15;
const LOG_FIXED = 8;
const NUL = Uint8Array.of(0);
/** Since 6.4 the log keeps its end when the buffer is too small, and its true size is told. */
const ROTATES_SINCE = 6004;

/**
 * The log buffer of BPF_PROG_LOAD and BPF_BTF_LOAD (kernel/bpf/log.c). It is always the process's memory, also when a
 * program asks through bpf_sys_bpf: an address of the kernel there ends the command with EFAULT.
 */
export class LogBuffer {
  readonly level: number;
  readonly #address: bigint;
  readonly #size: number;
  readonly #memory: CallerMemory;
  readonly #rotates: boolean;
  #text = '';
  /** What the verifier said behind that. */
  #verifier: Pick<VerifierResult, 'logBytes' | 'logPeak'> = { logBytes: new Uint8Array(0), logPeak: 0 };

  /** Throws EINVAL for attributes that make no sense together: bpf_verifier_log_attr_valid(). */
  constructor(
    attr: { readonly level: number; readonly address: bigint; readonly size: number },
    memory: CallerMemory,
    kernel: number,
  ) {
    this.level = attr.level;
    this.#address = attr.address;
    this.#size = attr.size;
    this.#memory = memory;
    this.#rotates = kernel >= ROTATES_SINCE;
    const { level, address, size } = attr;
    if ((level & ~LOG_MASK) !== 0) fail(Errno.EINVAL, `log_level ${level}`);
    if ((address === 0n) !== (size === 0)) fail(Errno.EINVAL, 'log_buf and log_size go together');
    if (address !== 0n && level === 0) fail(Errno.EINVAL, 'log_buf without log_level');
    if (size > 0x3fff_ffff) fail(Errno.EINVAL, 'log_size is too large');
    if (!this.#rotates && (level !== 0 || size !== 0) && (size < 128 || level === 0 || address === 0n)) {
      fail(Errno.EINVAL, 'the log needs a level and a buffer of at least 128 bytes');
    }
  }

  /** One line without its newline; nothing at level 0. */
  line(text: string): void {
    if (this.level !== 0) this.#text += `${text}\n`;
  }

  /** Text with its newlines. */
  write(text: string): void {
    if (this.level !== 0) this.#text += text;
  }

  /** What the verifier said; what it took back counts for the room that is needed. */
  verifier(said: Pick<VerifierResult, 'logBytes' | 'logPeak'>): void {
    if (this.level !== 0) this.#verifier = said;
  }

  get text(): string {
    return this.#text;
  }

  /**
   * bpf_vlog_finalize(): copies the log out. Gives log_true_size (with its NUL), and the errno that replaces the command's
   * own result: ENOSPC for a buffer that is too small, EFAULT for one that cannot be written.
   */
  finish(): { readonly trueSize: number; readonly errno: number } {
    const before = encodeUtf8(this.#text);
    const { logBytes, logPeak } = this.#verifier;
    const bytes = before.length === 0 ? logBytes : concatBytes([before, logBytes]);
    const trueSize = bytes.length === 0 ? 0 : before.length + logPeak + 1;
    if (this.level === 0 || (trueSize === 0 && this.#address === 0n)) return { trueSize: 0, errno: 0 };
    if (this.#address === 0n) return { trueSize, errno: 0 };
    const fits = trueSize <= this.#size;
    const fixed = (this.level & LOG_FIXED) !== 0 || !this.#rotates;
    const room = this.#size - 1;
    const kept =
      bytes.length <= room ? bytes : fixed ? bytes.subarray(0, room) : bytes.subarray(bytes.length - room);
    const written =
      this.#memory.write(this.#address, kept) && this.#memory.write(this.#address + BigInt(kept.length), NUL);
    if (!written && trueSize > 0) return { trueSize, errno: Errno.EFAULT };
    return { trueSize, errno: fits ? 0 : Errno.ENOSPC };
  }
}
