import { describe, expect, it } from 'vitest';
import { Errno, KERNEL_PROFILES, MapFlag, MapType, ProgFlag, ProgType } from '../abi/index.ts';
import { assemble } from '../isa/index.ts';
import { TestProcess, testKernel, u32Bytes } from './testing/harness.ts';
import { formatTrace } from './trace.ts';

describe.each(KERNEL_PROFILES.map((profile) => profile.name))('the simulated kernel %s', (name) => {
  it('starts with its own types, and runs a SYSCALL program', () => {
    const kernel = testKernel(name);
    const p = new TestProcess(kernel);
    const prog = p.load(ProgType.SYSCALL, assemble('r0 = 7\nexit'), { flags: ProgFlag.SLEEPABLE });
    expect(p.run(prog)).toMatchObject({ rc: 0, retval: 7 });
    expect(kernel.kfuncs.names.includes('bpf_iter_num_new')).toBe(kernel.profile.code >= 6004);
  });

  it('has the map types of its version', () => {
    const p = new TestProcess(testKernel(name));
    const queue = p.createMap(MapType.USER_RINGBUF, 0, 0, 4096);
    expect(queue).toBeGreaterThan(2);
    const last = p.createMap(MapType.ARENA, 0, 0, 1, MapFlag.MMAPABLE);
    expect(last > 2).toBe(p.kernel.profile.code >= 6009);
    expect(p.createMap(40, 4, 4, 1)).toBe(-Errno.EINVAL);
  });
});

describe('the trace', () => {
  it('reads like strace', () => {
    const p = new TestProcess(testKernel());
    const fd = p.createMap(MapType.ARRAY, 4, 8, 1);
    p.update(99, u32Bytes(0), new Uint8Array(8));
    p.task.close(fd);
    expect(
      p.kernel.trace.events.map(formatTrace).map((line) => line.replace(/0x[0-9a-f]+/g, 'ADDR')),
    ).toEqual([
      'bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=1}, 72) = 3',
      'bpf(BPF_MAP_UPDATE_ELEM, {map_fd=99, key=ADDR, value=ADDR}, 32) = -1 EBADF (descriptor 99 is not open)',
      'close(3) = 0',
    ]);
  });
});
