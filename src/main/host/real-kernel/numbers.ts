/** The numbers of the system calls that the workbench uses by name; they differ by machine (asm/unistd.h). */
const NUMBERS = {
  x86_64: {
    read: 0,
    write: 1,
    close: 3,
    ioctl: 16,
    uname: 63,
    capget: 125,
    openat: 257,
    ppoll: 271,
    clock_gettime: 228,
    bpf: 321,
  },
  aarch64: {
    read: 63,
    write: 64,
    close: 57,
    ioctl: 29,
    uname: 160,
    capget: 90,
    openat: 56,
    ppoll: 73,
    clock_gettime: 113,
    bpf: 280,
  },
} as const;

/** A machine that there is an agent for. */
export type Machine = keyof typeof NUMBERS;
/** A system call known by name. */
export type SyscallName = keyof (typeof NUMBERS)['x86_64'];

/** e_machine of ELF → machine. */
export const ELF_MACHINES: Readonly<Record<number, Machine>> = { 62: 'x86_64', 183: 'aarch64' };

/** Node's names of the machines. */
export const NODE_MACHINES: Readonly<Record<string, Machine>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The number of a system call on a machine. */
export function syscallNumber(machine: Machine, name: SyscallName): number {
  return NUMBERS[machine][name];
}
