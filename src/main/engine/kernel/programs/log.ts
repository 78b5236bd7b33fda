import { Errno, type CallerMemory } from '../../abi/index.ts';
import { VerifierLog } from '../../verifier/index.ts';
import { fail } from '../errors.ts';

/** BPF_LOG_LEVEL1 | LEVEL2 | STATS | FIXED. */
const LOG_MASK = 15;
const LOG_FIXED = 8;
const NUL = Uint8Array.of(0);
/** Since 6.4 the log keeps its end when the buffer is too small, and its true size is told. */
const ROTATES_SINCE = 6004;

/** log_level, log_size and log_buf of an attribute. */
export interface LogAttr {
  readonly level: number;
  readonly size: number;
  readonly address: bigint;
}

/**
 * The log buffer of BPF_PROG_LOAD and BPF_BTF_LOAD (kernel/bpf/log.c). It is always the process's memory, also when a
 * program asks through bpf_sys_bpf: an address of the kernel there ends the command with EFAULT.
 */
export class LogBuffer {
  /** What is said; the verifier goes on in it. */
  readonly text: VerifierLog;
  readonly #attr: LogAttr;
  readonly #memory: CallerMemory;
  readonly #rotates: boolean;

  /** Throws EINVAL for attributes that make no sense together: bpf_verifier_log_attr_valid(). */
  constructor(attr: LogAttr, memory: CallerMemory, kernel: number) {
    this.#attr = attr;
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
    const fixed = (level & LOG_FIXED) !== 0;
    const when = !this.#rotates ? 'stops' : fixed ? 'fixed' : 'rotates';
    // Without a buffer its size is told all the same.
    this.text = new VerifierLog(level, address === 0n ? undefined : { size, when });
  }

  get level(): number {
    return this.text.level;
  }

  /** One line without its newline; nothing at level 0. */
  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** Text with its newlines. */
  write(text: string): void {
    if (this.level !== 0) this.text.write(text);
  }

  /**
   * bpf_vlog_finalize(): copies the log out. Gives log_true_size (with its NUL), and the errno that replaces the command's
   * own result: ENOSPC for a buffer that is too small, EFAULT for one that cannot be written.
   */
  finish(): { readonly trueSize: number; readonly errno: number } {
    const { address, size } = this.#attr;
    const trueSize = this.text.peak === 0 ? 0 : this.text.peak + 1;
    if (this.level === 0 || address === 0n) return { trueSize, errno: 0 };
    const { bytes, end } = this.text;
    const written =
      this.#memory.write(address, bytes) && this.#memory.write(address + BigInt(bytes.length), NUL);
    if (!written && trueSize > 0) return { trueSize, errno: Errno.EFAULT };
    const fits = this.#rotates ? trueSize <= size : end < size - 1;
    return { trueSize, errno: fits ? 0 : Errno.ENOSPC };
  }
}
