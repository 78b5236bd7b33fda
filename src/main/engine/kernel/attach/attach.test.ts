import { describe, expect, it } from 'vitest';
import { AttachType, BpfCmd, Errno, MapFlag, MapType, ProgFlag, ProgType } from '../../abi/index.ts';
import { BtfBuilder, BtfKind } from '../../btf/index.ts';
import { assemble } from '../../isa/index.ts';
import { decodeUtf8, viewOf } from '../../base/index.ts';
import { TestProcess, attr, simulatedBtf, testKernel, u32Bytes, u64Bytes } from '../testing/harness.ts';
import type { Kernel } from '../kernel.ts';

const E = Errno;
const btf = simulatedBtf();
const funcId = (name: string): number => btf.findByNameKind(name, BtfKind.FUNC)!;
const structId = (name: string): number => btf.findByNameKind(name, BtfKind.STRUCT)!;

function loadTracing(p: TestProcess, name: string, type: number, code: string, flags = 0): number {
  return p.load(ProgType.TRACING, assemble(code), {
    flags,
    extra: [
      [68, type],
      [108, funcId(name)],
    ],
  });
}

/** BTF and func_info for a program of two functions, the second a callback that begins at `start`. */
function withCallback(
  p: TestProcess,
  start: number,
  parameters: number,
  add: (builder: BtfBuilder, int: number) => void = () => undefined,
): { fd: number; extra: [number, number | bigint][] } {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, { encoding: 1 });
  const pointer = builder.pointer(0);
  const main = builder.function('main', builder.functionProto(int, [{ name: 'c', type: pointer }]), 1);
  const names = ['a', 'b', 'c'].slice(0, parameters);
  const proto = builder.functionProto(
    int,
    names.map((name) => ({ name, type: pointer })),
  );
  const callback = builder.function('callback', proto, 0);
  add(builder, int);
  const bytes = builder.finish();
  const fd = p.bpf(BpfCmd.BTF_LOAD, attr(28, [0, p.memory.put(bytes)], [16, bytes.length]));
  const info = p.memory.put(new Uint8Array(Uint32Array.of(0, main, start, callback).buffer));
  return {
    fd,
    extra: [
      [72, fd],
      [76, 8],
      [80, info],
      [88, 2],
    ],
  };
}

function emptyBtf(p: TestProcess): number {
  const builder = new BtfBuilder();
  builder.int('int', 4);
  const bytes = builder.finish();
  return p.bpf(BpfCmd.BTF_LOAD, attr(28, [0, p.memory.put(bytes)], [16, bytes.length]));
}

describe('tracing programs', () => {
  it('run before, instead of and after the function they are attached to', () => {
    const p = new TestProcess(testKernel());
    const map = p.createMap(MapType.ARRAY, 4, 8, 1);
    const note = (result: string): string => `
      r6 = r1
      r1 = map_value ${map}+0
      r2 = ${result}
      *(u64 *)(r1 +0) = r2
      r0 = 0
      exit`;
    const fentry = loadTracing(p, 'bpf_fentry_test1', AttachType.TRACE_FENTRY, note('*(u64 *)(r6 +0)'));
    const fexit = loadTracing(p, 'bpf_fentry_test2', AttachType.TRACE_FEXIT, note('*(u64 *)(r6 +16)'));
    expect([fentry, fexit].every((fd) => fd > 2)).toBe(true);
    const open = (prog: number): number => p.bpf(BpfCmd.RAW_TRACEPOINT_OPEN, attr(16, [8, prog]));
    const run = (prog: number): number => p.bpf(BpfCmd.PROG_TEST_RUN, attr(80, [0, prog]));
    const first = open(fentry);
    expect(first).toBeGreaterThan(2);
    expect(open(fentry)).toBe(-E.EBUSY);
    expect(run(fentry)).toBe(0);
    expect(p.lookup(map, u32Bytes(0), 8)).toEqual(u64Bytes(1n));
    p.task.close(first);
    open(fexit);
    expect(run(fexit)).toBe(0);
    expect(p.lookup(map, u32Bytes(0), 8)).toEqual(u64Bytes(5n));
    p.kernel.endTask(p.task);
    expect(p.kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });

  it('answer for a function with fmod_ret', () => {
    const p = new TestProcess(testKernel());
    const prog = loadTracing(p, 'bpf_modify_return_test', AttachType.MODIFY_RETURN, 'r0 = 4\nexit');
    expect(prog).toBeGreaterThan(2);
    const run = (): number => {
      const bytes = attr(80, [0, prog]);
      expect(p.bpf(BpfCmd.PROG_TEST_RUN, bytes)).toBe(0);
      return viewOf(bytes).getUint32(4, true);
    };
    // Nothing attached: 1 + 3 and 1 + 3 + 3 + 4 + 5 + 6 + 7, both with a side effect.
    expect(run()).toBe((2 << 16) | 33);
    p.bpf(BpfCmd.LINK_CREATE, attr(48, [0, prog], [8, AttachType.MODIFY_RETURN]));
    expect(run()).toBe((1 << 16) | 33);
    p.kernel.endTask(p.task);
  });

  it('are refused fmod_ret for a function that is not modifiable', () => {
    const p = new TestProcess(testKernel());
    expect(loadTracing(p, 'bpf_fentry_test2', AttachType.MODIFY_RETURN, 'r0 = 0\nexit')).toBe(-E.EINVAL);
    p.kernel.endTask(p.task);
  });

  it('are refused where nothing calls the function', () => {
    const p = new TestProcess(testKernel());
    const prog = loadTracing(p, 'vfs_read', AttachType.TRACE_FENTRY, 'r0 = 0\nexit');
    expect(prog).toBeGreaterThan(2);
    expect(p.bpf(BpfCmd.RAW_TRACEPOINT_OPEN, attr(16, [8, prog]))).toBe(-E.ENOENT);
    expect(p.bpf(BpfCmd.RAW_TRACEPOINT_OPEN, attr(16, [0, 8n], [8, prog]))).toBe(-E.EINVAL);
  });

  it('iterate over maps and print what a reader reads', () => {
    const p = new TestProcess(testKernel());
    p.createMap(MapType.ARRAY, 4, 8, 1);
    p.createMap(MapType.HASH, 4, 8, 1);
    const prog = loadTracing(
      p,
      'bpf_iter_bpf_map',
      AttachType.TRACE_ITER,
      `
        r2 = *(u64 *)(r1 +8)
        if r2 == 0 goto end
        r3 = *(u64 *)(r1 +0)
        r1 = *(u64 *)(r3 +0)
        *(u32 *)(r10 -4) = 0x0a70616d
        r2 = r10
        r2 += -4
        r3 = 4
        call 127
      end:
        r0 = 0
        exit`,
    );
    expect(prog).toBeGreaterThan(2);
    const link = p.bpf(BpfCmd.LINK_CREATE, attr(48, [0, prog], [8, AttachType.TRACE_ITER]));
    const iterator = p.bpf(BpfCmd.ITER_CREATE, attr(8, [0, link]));
    expect(decodeUtf8(p.task.read(iterator) as Uint8Array)).toBe('map\nmap\n');
    p.kernel.endTask(p.task);
    expect(p.kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });
});

interface Registration {
  readonly kernel: Kernel;
  readonly calls: string[];
  refuse: number;
}

/** hid_bpf_ops without HID: what a subsystem hears of the registration. */
function withOps(): Registration {
  const kernel = testKernel();
  const state: Registration = { kernel, calls: [], refuse: 0 };
  kernel.registerStructOps({
    name: 'hid_bpf_ops',
    checkMember: () => 0,
    initMember: (_member, name, kdata, udata) => {
      if (name !== 'hid_id') return 0;
      kernel.arena.writeU32(kdata, kernel.arena.readU32(udata));
      return 1;
    },
    reg: (kdata, link) => {
      state.calls.push(`reg ${kernel.arena.readU32(kdata)} ${link === undefined ? 'map' : 'link'}`);
      return state.refuse;
    },
    unreg: (kdata) => state.calls.push(`unreg ${kernel.arena.readU32(kdata)}`),
  });
  return state;
}

describe('struct_ops maps', () => {
  const ops = btf.typeOfKind(structId('hid_bpf_ops'), BtfKind.STRUCT)!;
  const wrapper = btf.typeOfKind(structId('bpf_struct_ops_hid_bpf_ops'), BtfKind.STRUCT)!;
  if (ops.kind !== BtfKind.STRUCT || wrapper.kind !== BtfKind.STRUCT) throw new Error('no hid_bpf_ops');
  const data = wrapper.members.at(-1)!.bitOffset / 8;
  const member = (name: string): number => ops.members.findIndex((entry) => entry.name === name);
  const offset = (name: string): number => data + ops.members[member(name)]!.bitOffset / 8;

  const create = (p: TestProcess, flags: number, size = wrapper.size): number =>
    p.createMap(MapType.STRUCT_OPS, 4, size, 1, flags, [
      [48, emptyBtf(p)],
      [60, wrapper.id],
    ]);
  const load = (p: TestProcess, name: string): number =>
    p.load(ProgType.STRUCT_OPS, assemble('r0 = 0\nexit'), {
      extra: [
        [68, member(name)],
        [108, ops.id],
      ],
    });
  const value = (entries: Readonly<Record<string, number>>): Uint8Array => {
    const bytes = new Uint8Array(wrapper.size);
    for (const [name, entry] of Object.entries(entries)) viewOf(bytes).setUint32(offset(name), entry, true);
    return bytes;
  };
  const link = (p: TestProcess, map: number): number =>
    p.bpf(BpfCmd.LINK_CREATE, attr(48, [0, map], [8, AttachType.STRUCT_OPS]));

  it('lie behind a cache line that the kernel keeps', () => {
    expect(data).toBe(64);
  });

  it('are registered by a link, and let go with it', () => {
    const { kernel, calls } = withOps();
    const p = new TestProcess(kernel);
    const map = create(p, MapFlag.LINK);
    const prog = load(p, 'hid_device_event');
    expect([map > 2, prog > 2]).toEqual([true, true]);
    expect(link(p, map)).toBe(-E.EINVAL);
    expect(p.update(map, u32Bytes(0), value({ hid_id: 7, hid_device_event: prog }))).toBe(0);
    expect(p.update(map, u32Bytes(0), value({ hid_id: 7 }))).toBe(-E.EBUSY);
    expect(p.bpf(BpfCmd.MAP_FREEZE, attr(4, [0, map]))).toBe(-E.ENOTSUPP);
    expect(p.delete(map, u32Bytes(0))).toBe(-E.EOPNOTSUPP);
    const read = p.lookup(map, u32Bytes(0), wrapper.size) as Uint8Array;
    expect(viewOf(read).getUint32(4, true)).toBe(3);
    expect(viewOf(read).getUint32(offset('hid_device_event'), true)).toBe(p.task.progByFd(prog).id);
    const fd = link(p, map);
    expect(fd).toBeGreaterThan(2);
    expect(p.bpf(BpfCmd.LINK_UPDATE, attr(16, [0, fd], [4, map]))).toBe(-E.EOPNOTSUPP);
    const kdata = (p.task.mapByFd(map) as unknown as { kdata: bigint }).kdata;
    expect(kernel.structOpsProgram(kdata, 'hid_device_event')).toBe(p.task.progByFd(prog));
    p.task.close(map);
    p.task.close(prog);
    expect(calls).toEqual(['reg 7 link']);
    expect(p.bpf(BpfCmd.LINK_DETACH, attr(4, [0, fd]))).toBe(0);
    expect(calls).toEqual(['reg 7 link', 'unreg 7']);
    p.kernel.endTask(p.task);
    expect(calls.length).toBe(2);
    expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });

  it('are registered at once without BPF_F_LINK, until the element is deleted', () => {
    const { kernel, calls } = withOps();
    const p = new TestProcess(kernel);
    const map = create(p, 0);
    expect(p.delete(map, u32Bytes(0))).toBe(-E.ENOENT);
    expect(p.update(map, u32Bytes(0), value({ hid_id: 3 }))).toBe(0);
    expect(p.delete(map, u32Bytes(0))).toBe(0);
    expect(p.delete(map, u32Bytes(0))).toBe(-E.EINPROGRESS);
    expect(calls).toEqual(['reg 3 map', 'unreg 3']);
    p.kernel.endTask(p.task);
    expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });

  it('refuse what is wrong with map, value and programs', () => {
    const state = withOps();
    const p = new TestProcess(state.kernel);
    expect(create(p, MapFlag.LINK, wrapper.size + 8)).toBe(-E.EINVAL);
    expect(
      p.createMap(MapType.STRUCT_OPS, 4, 64, 1, 0, [
        [48, emptyBtf(p)],
        [60, 1],
      ]),
    ).toBe(-E.ENOTSUPP);
    expect(
      p.createMap(MapType.STRUCT_OPS, 4, wrapper.size, 1, MapFlag.LINK, [
        [48, 99],
        [60, wrapper.id],
      ]),
    ).toBe(-E.EBADF);
    const map = create(p, MapFlag.LINK);
    const prog = load(p, 'hid_rdesc_fixup');
    expect(p.update(map, u32Bytes(1), value({}))).toBe(-E.E2BIG);
    expect(p.update(map, u32Bytes(0), value({}), 1n)).toBe(-E.EINVAL);
    expect(p.update(map, u32Bytes(0), value({ hid_device_event: 99 }))).toBe(-E.EBADF);
    expect(p.update(map, u32Bytes(0), value({ hid_device_event: prog }))).toBe(-E.EINVAL);
    expect(p.update(map, u32Bytes(0), value({ hdev: 1 }))).toBe(-E.EINVAL);
    const hole = value({});
    hole[12] = 1;
    expect(p.update(map, u32Bytes(0), hole)).toBe(-E.EINVAL);
    expect(p.update(map, u32Bytes(0), value({ hid_rdesc_fixup: prog }))).toBe(0);
    state.refuse = -E.E2BIG;
    expect(link(p, map)).toBe(-E.E2BIG);
    p.kernel.endTask(p.task);
    expect(state.kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });

  it('cannot be registered under a name twice, nor under one that the kernel does not have', () => {
    const { kernel } = withOps();
    const spec = { name: 'hid_bpf_ops', reg: () => 0, unreg: () => undefined };
    expect(() => kernel.registerStructOps(spec)).toThrow('twice');
    expect(() => kernel.registerStructOps({ ...spec, name: 'no_such_ops' })).toThrow('no struct');
    expect(() =>
      kernel.registerKfunc({ name: 'bpf_rcu_read_lock', progTypes: [], implementation: () => 0n }),
    ).toThrow('twice');
    expect(() =>
      kernel.registerKfunc({ name: 'no_such_kfunc', progTypes: [], implementation: () => 0n }),
    ).toThrow('no function');
  });
});

describe('packets', () => {
  it('go through XDP and tc programs by BPF_PROG_RUN', () => {
    const p = new TestProcess(testKernel());
    const prog = p.load(
      ProgType.XDP,
      assemble(`
        r2 = *(u32 *)(r1 +0)
        r3 = *(u32 *)(r1 +4)
        r4 = r2
        r4 += 14
        if r4 > r3 goto drop
        r0 = *(u8 *)(r2 +12)
        *(u8 *)(r2 +0) = r0
        r0 = 2
        exit
      drop:
        r0 = 1
        exit`),
    );
    expect(prog).toBeGreaterThan(2);
    const packet = new Uint8Array(64);
    packet[12] = 8;
    const data = p.memory.put(packet);
    const out = p.memory.allocate(64);
    const run = (size: number, room: number): [number, number] => {
      const bytes = attr(80, [0, prog], [8, size], [12, room], [16, data], [24, out]);
      return [p.bpf(BpfCmd.PROG_TEST_RUN, bytes), viewOf(bytes).getUint32(4, true)];
    };
    expect(run(64, 64)).toEqual([0, 2]);
    expect(p.memory.read(out, 1)).toEqual(Uint8Array.of(8));
    expect(run(64, 10)).toEqual([-E.ENOSPC, 2]);
    expect(run(13, 64)[0]).toBe(-E.EINVAL);
  });
});

describe('timers and loops of programs', () => {
  it('fire in virtual time, and end with the map', () => {
    const p = new TestProcess(testKernel());
    const ids = { int: 0, struct: 0 };
    const source = withCallback(p, 23, 3, (builder, int) => {
      const u64 = builder.int('u64', 8);
      const array = builder.array(u64, int, 2);
      const timer = builder.struct('bpf_timer', 16, [{ name: '__opaque', type: array, bitOffset: 0 }]);
      ids.int = int;
      ids.struct = builder.struct('value', 24, [
        { name: 'timer', type: timer, bitOffset: 0 },
        { name: 'count', type: u64, bitOffset: 128 },
      ]);
    });
    const map = p.createMap(MapType.ARRAY, 4, 24, 1, 0, [
      [48, source.fd],
      [52, ids.int],
      [56, ids.struct],
    ]);
    expect([source.fd > 2, map > 2]).toEqual([true, true]);
    const prog = p.load(
      ProgType.SCHED_CLS,
      assemble(`
        *(u32 *)(r10 -4) = 0
        r1 = map_fd ${map}
        r2 = r10
        r2 += -4
        call 1
        if r0 == 0 goto end
        r6 = r0
        r1 = r6
        r2 = map_fd ${map}
        r3 = 1
        call 169
        r1 = r6
        r2 = func fired
        call 170
        r1 = r6
        r2 = 1000
        r3 = 0
        call 171
      end:
        r0 = 0
        exit
      fired:
        r1 = *(u64 *)(r3 +16)
        r1 += 1
        *(u64 *)(r3 +16) = r1
        r0 = 0
        exit`),
      { extra: source.extra },
    );
    expect(prog).toBeGreaterThan(2);
    const packet = p.memory.put(new Uint8Array(64));
    expect(p.bpf(BpfCmd.PROG_TEST_RUN, attr(80, [0, prog], [8, 64], [16, packet]))).toBe(0);
    const count = (): bigint => viewOf(p.lookup(map, u32Bytes(0), 24) as Uint8Array).getBigUint64(16, true);
    p.kernel.clock.advance(999n);
    expect(count()).toBe(0n);
    p.kernel.clock.advance(1n);
    expect(count()).toBe(1n);
    p.kernel.clock.advance(5000n);
    expect(count()).toBe(1n);
    expect(p.bpf(BpfCmd.PROG_TEST_RUN, attr(80, [0, prog], [8, 64], [16, packet]))).toBe(0);
    expect(p.kernel.clock.pending).toBe(true);
    p.kernel.endTask(p.task);
    expect(p.kernel.clock.pending).toBe(false);
    expect(p.kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });

  it('call functions of their own from bpf_loop()', () => {
    const p = new TestProcess(testKernel());
    const prog = p.load(
      ProgType.SYSCALL,
      assemble(`
        *(u64 *)(r10 -8) = 0
        r1 = 10
        r2 = func step
        r3 = r10
        r3 += -8
        r4 = 0
        call 181
        r1 = *(u64 *)(r10 -8)
        r0 *= 100
        r0 += r1
        exit
      step:
        r3 = *(u64 *)(r2 +0)
        r3 += r1
        *(u64 *)(r2 +0) = r3
        r0 = 0
        if r1 != 5 goto out
        r0 = 1
      out:
        exit`),
      { flags: ProgFlag.SLEEPABLE, extra: withCallback(p, 12, 2).extra },
    );
    expect(prog).toBeGreaterThan(2);
    expect(p.run(prog).retval).toBe(6 * 100 + 15);
  });
});
