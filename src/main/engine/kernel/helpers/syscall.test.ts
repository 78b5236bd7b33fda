import { describe, expect, it } from 'vitest';
import { BpfCmd, Errno, MapType, ProgFlag, ProgType } from '../../abi/index.ts';
import { BtfKind } from '../../btf/index.ts';
import { assemble } from '../../isa/index.ts';
import { TestProcess, simulatedBtf, testKernel, u32Bytes } from '../testing/harness.ts';

const E = Errno;
const SLEEPABLE = { flags: ProgFlag.SLEEPABLE };

/** A program that hands the first word of its context and 144 zero bytes of stack (with `pokes` set) to bpf_sys_bpf(). */
function sysBpf(p: TestProcess, pokes = ''): number {
  const zeros = Array.from({ length: 18 }, (_, i) => `*(u64 *)(r10 -${144 - i * 8}) = 0`).join('\n');
  return p.load(
    ProgType.SYSCALL,
    assemble(`
      r6 = r1
      ${zeros}
      ${pokes}
      r1 = *(u32 *)(r6 +0)
      r2 = r10
      r2 += -144
      r3 = 144
      call 166
      exit`),
    SLEEPABLE,
  );
}

describe('bpf_sys_bpf()', () => {
  it('answers an attribute of zeros as Linux does, command by command', () => {
    const p = new TestProcess(testKernel());
    const prog = sysBpf(p);
    expect(prog).toBeGreaterThan(2);
    const exceptions = new Map<number, number>([
      [BpfCmd.PROG_LOAD, -E.E2BIG],
      [BpfCmd.MAP_GET_FD_BY_ID, -E.ENOENT],
      [BpfCmd.BTF_LOAD, -E.EFAULT],
    ]);
    for (let cmd = 0; cmd <= 36; cmd++) {
      const expected = exceptions.get(cmd) ?? -E.EINVAL;
      const { rc, retval } = p.run(prog, u32Bytes(cmd));
      expect({ cmd, rc, retval }).toEqual({ cmd, rc: 0, retval: expected });
    }
  });

  it('cannot write a log into the memory of the kernel', () => {
    const p = new TestProcess(testKernel());
    const prog = sysBpf(
      p,
      `*(u32 *)(r10 -144) = ${ProgType.SOCKET_FILTER}
       *(u32 *)(r10 -140) = 2
       *(u64 *)(r10 -160) = 0xb7
       *(u64 *)(r10 -152) = 0x95
       r1 = r10
       r1 += -160
       *(u64 *)(r10 -136) = r1
       *(u32 *)(r10 -176) = 0x4c5047
       r1 = r10
       r1 += -176
       *(u64 *)(r10 -128) = r1
       *(u32 *)(r10 -120) = 2
       *(u32 *)(r10 -116) = 4096
       r1 = r10
       r1 += -144
       *(u64 *)(r10 -112) = r1`,
    );
    expect(prog).toBeGreaterThan(2);
    expect(p.run(prog, u32Bytes(BpfCmd.PROG_LOAD))).toMatchObject({ rc: 0, retval: -E.EFAULT });
    expect(p.kernel.objectCounts.progs).toBe(1);
  });

  it('is told to the trace inside the command that ran the program', () => {
    const p = new TestProcess(testKernel());
    const prog = sysBpf(p, `*(u32 *)(r10 -144) = ${MapType.ARRAY}`);
    p.run(prog, u32Bytes(BpfCmd.MAP_CREATE));
    const [inner, outer] = p.kernel.trace.events.slice(-2);
    expect(inner).toMatchObject({ name: 'BPF_MAP_CREATE', depth: 1, result: -E.EINVAL, error: 'EINVAL' });
    expect(outer).toMatchObject({ name: 'BPF_PROG_TEST_RUN', depth: 0, result: 0 });
  });
});

describe('the other helpers of SYSCALL programs', () => {
  /** A program that calls a helper with the text of its context (NUL included), and gives R0. */
  const named = (p: TestProcess, helper: number, size: number, third: number, fourth: string): number =>
    p.load(
      ProgType.SYSCALL,
      assemble(`
        r6 = r1
        r2 = *(u64 *)(r6 +0)
        *(u64 *)(r10 -24) = r2
        r2 = *(u64 *)(r6 +8)
        *(u64 *)(r10 -16) = r2
        *(u64 *)(r10 -32) = -1
        r1 = r10
        r1 += -24
        r2 = ${size}
        r3 = ${third}
        ${fourth}
        call ${helper}
        r1 = *(u64 *)(r10 -32)
        *(u64 *)(r6 +0) = r1
        exit`),
      SLEEPABLE,
    );
  const text = (value: string): Uint8Array => {
    const bytes = new Uint8Array(16);
    for (let i = 0; i < value.length; i++) bytes[i] = value.charCodeAt(i);
    return bytes;
  };

  it('bpf_btf_find_by_name_kind() knows names with their NUL, and no flags', () => {
    const p = new TestProcess(testKernel());
    const find = (size: number, flags: number, name: string): number =>
      p.run(named(p, 167, size, BtfKind.STRUCT, `r4 = ${flags}`), text(name)).retval;
    const id = simulatedBtf().findByNameKind('hid_device', BtfKind.STRUCT);
    expect(find(11, 0, 'hid_device')).toBe(id);
    expect(find(10, 0, 'hid_device')).toBe(-E.EINVAL);
    expect(find(11, 1, 'hid_device')).toBe(-E.EINVAL);
    expect(find(1, 0, '')).toBe(-E.EINVAL);
    expect(find(11, 0, 'hid_devise')).toBe(-E.ENOENT);
  });

  it('bpf_kallsyms_lookup_name() leaves 0 where it finds nothing', () => {
    const p = new TestProcess(testKernel());
    const find = (size: number, flags: number, name: string): { retval: number; found: bigint } => {
      const prog = named(p, 179, size, flags, 'r4 = r10\nr4 += -32');
      const { retval, context } = p.run(prog, text(name));
      return { retval, found: new DataView(context.buffer, context.byteOffset).getBigUint64(0, true) };
    };
    expect(find(9, 0, 'vfs_read').retval).toBe(0);
    expect(find(9, 0, 'vfs_read').found).toBeGreaterThan(0xffff_ffff_8000_0000n);
    expect(find(9, 0, 'vfs_reed')).toEqual({ retval: -E.ENOENT, found: 0n });
    expect(find(8, 0, 'vfs_read')).toEqual({ retval: -E.EINVAL, found: 0n });
    expect(find(9, 1, 'vfs_read')).toEqual({ retval: -E.EINVAL, found: 0n });
  });

  it('bpf_kallsyms_lookup_name() tells no address to a process that may not see them', () => {
    const p = new TestProcess(testKernel());
    const prog = named(p, 179, 9, 0, 'r4 = r10\nr4 += -32');
    p.task.capabilities = 'bpf';
    const { retval, context } = p.run(prog, text('vfs_read'));
    expect(retval).toBe(-E.EPERM);
    expect(new DataView(context.buffer, context.byteOffset).getBigUint64(0, true)).toBe(0n);
  });

  it('bpf_sys_close() closes once', () => {
    const p = new TestProcess(testKernel());
    const prog = p.load(ProgType.SYSCALL, assemble('r1 = *(u32 *)(r1 +0)\ncall 168\nexit'), {
      ...SLEEPABLE,
      license: 'Proprietary',
    });
    const map = p.createMap(MapType.ARRAY, 4, 4, 1);
    expect(p.run(prog, u32Bytes(map)).retval).toBe(0);
    expect(p.run(prog, u32Bytes(map)).retval).toBe(-E.EBADF);
    expect(p.run(prog, u32Bytes(0xffff_ffff)).retval).toBe(-E.EBADF);
    expect(p.kernel.objectCounts.maps).toBe(0);
  });

  it('SYSCALL programs that may not sleep are refused', () => {
    const p = new TestProcess(testKernel());
    expect(p.load(ProgType.SYSCALL, assemble('r0 = 0\nexit'))).toBe(-E.EINVAL);
  });
});
