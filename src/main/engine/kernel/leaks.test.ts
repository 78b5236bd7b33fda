import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttachType, BpfCmd, MapType, ProgFlag, ProgType } from '../abi/index.ts';
import { BtfBuilder } from '../btf/index.ts';
import { assemble } from '../isa/index.ts';
import { TestProcess, attr, testKernel, u32Bytes } from './testing/harness.ts';

const TYPES = Object.values(MapType);
const BTF = ((): Uint8Array => {
  const builder = new BtfBuilder();
  builder.int('int', 4);
  return builder.finish();
})();

/** A descriptor that is probably open. */
const fd = fc.integer({ min: 2, max: 12 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('map' as const), type: fc.constantFrom(...TYPES), inner: fd, btf: fd }),
  fc.record({ kind: fc.constant('btf' as const), size: fc.nat(80) }),
  fc.record({
    kind: fc.constant('prog' as const),
    type: fc.constantFrom(ProgType.SYSCALL, ProgType.SOCKET_FILTER, ProgType.RAW_TRACEPOINT),
    map: fd,
  }),
  fc.record({ kind: fc.constant('update' as const), map: fd, value: fd }),
  fc.record({ kind: fc.constant('delete' as const), map: fd }),
  fc.record({ kind: fc.constant('link' as const), prog: fd }),
  fc.record({ kind: fc.constant('bind' as const), prog: fd, map: fd }),
  fc.record({ kind: fc.constant('pin' as const), file: fd, path: fc.nat(3) }),
  fc.record({ kind: fc.constant('get' as const), path: fc.nat(3) }),
  fc.record({ kind: fc.constant('byId' as const), id: fc.nat(6) }),
  fc.record({ kind: fc.constant('close' as const), fd }),
  fc.record({ kind: fc.constant('dup' as const), fd }),
  fc.record({ kind: fc.constant('raw' as const), cmd: fc.nat(40), bytes: fc.uint8Array({ maxLength: 170 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function act(process: TestProcess, action: Step): number {
  switch (action.kind) {
    case 'map':
      return process.bpf(
        BpfCmd.MAP_CREATE,
        attr(
          72,
          [0, action.type],
          [4, 4],
          [8, 4],
          [12, 4],
          [20, action.inner],
          [48, action.btf],
          [52, 1],
          [56, 1],
        ),
      );
    case 'btf':
      return process.bpf(
        BpfCmd.BTF_LOAD,
        attr(28, [0, process.memory.put(BTF)], [16, Math.min(BTF.length, action.size + 20)]),
      );
    case 'prog':
      return process.load(
        action.type,
        assemble(`r1 = map_fd ${action.map}\nr0 = 0\nexit`),
        action.type === ProgType.SYSCALL ? { flags: ProgFlag.SLEEPABLE } : {},
      );
    case 'update':
      return process.update(action.map, u32Bytes(1), u32Bytes(action.value));
    case 'delete':
      return process.delete(action.map, u32Bytes(1));
    case 'link':
      return process.bpf(
        BpfCmd.RAW_TRACEPOINT_OPEN,
        attr(16, [0, process.memory.putString('sys_enter')], [8, action.prog]),
      );
    case 'bind':
      return process.bpf(BpfCmd.PROG_BIND_MAP, attr(12, [0, action.prog], [4, action.map]));
    case 'pin':
      return process.bpf(
        BpfCmd.OBJ_PIN,
        attr(16, [0, process.memory.putString(`/sys/fs/bpf/${action.path}`)], [8, action.file]),
      );
    case 'get':
      return process.bpf(
        BpfCmd.OBJ_GET,
        attr(16, [0, process.memory.putString(`/sys/fs/bpf/${action.path}`)]),
      );
    case 'byId':
      return process.bpf(BpfCmd.MAP_GET_FD_BY_ID, attr(12, [0, action.id]));
    case 'close':
      return process.task.close(action.fd);
    case 'dup':
      return process.task.dup(action.fd);
    case 'raw':
      return process.bpf(action.cmd, action.bytes);
  }
}

describe('the kernel', () => {
  it('holds nothing when its processes have ended, whatever they did', () => {
    const kernel = testKernel();
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const process = new TestProcess(kernel);
        for (const action of steps) expect(act(process, action)).toBeGreaterThan(-525);
        kernel.endTask(process.task);
        kernel.bpffs.clear();
        expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
        expect(kernel.targets.attached('sys_enter')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('survives any bytes as a command, and never throws anything but an errno', () => {
    const process = new TestProcess(testKernel());
    fc.assert(
      fc.property(fc.integer({ min: -2, max: 45 }), fc.uint8Array({ maxLength: 200 }), (cmd, bytes) => {
        const result = process.bpf(cmd, bytes);
        expect(Number.isInteger(result)).toBe(true);
        if (result > 2 && cmd !== BpfCmd.MAP_UPDATE_ELEM) process.task.close(result);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps an attached program running for its link only', () => {
    const kernel = testKernel();
    const process = new TestProcess(kernel);
    const prog = process.load(ProgType.RAW_TRACEPOINT, assemble('r0 = 0\nexit'));
    const link = act(process, { kind: 'link', prog });
    process.task.close(prog);
    expect(kernel.objectCounts).toEqual({ progs: 1, maps: 0, links: 1, btfs: 0 });
    expect(process.bpf(BpfCmd.LINK_DETACH, attr(4, [0, link]))).toBe(-95);
    process.task.close(link);
    expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
    expect(AttachType.TRACE_RAW_TP).toBe(23);
  });
});
