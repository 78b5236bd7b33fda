/**
 * The one door between those who ask (loader, skeletons, workbench) and those who answer
 * (the simulated kernel, a real kernel behind a small agent). Nothing else of a kernel is known to the askers.
 */

/** The memory that the pointers inside a bpf_attr refer to: a process's, or the kernel's own for bpf_sys_bpf. */
export interface CallerMemory {
  /** A copy of `size` bytes, or undefined where the caller has none (the kernel answers EFAULT). */
  read(address: bigint, size: number): Uint8Array | undefined;
  /** False where the caller has no such memory. */
  write(address: bigint, bytes: Uint8Array): boolean;
}

/** A process's view of the kernel. Results are those of the system calls: ≥ 0, or a negative errno. */
export interface BpfSyscalls {
  /**
   * bpf(2). `attr` is the kernel's byte layout, its length is the size argument; what the kernel
   * writes back (retval, counts, ids) is written into `attr` itself.
   */
  bpf(cmd: number, attr: Uint8Array, memory: CallerMemory): number;
  /** Bytes of the largest log buffer that costs nothing here but what is written to it; none where the caller's memory is copied. */
  readonly freeLogSize?: number;
  /** close(2). */
  close(fd: number): number;
}
