import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Errno, kernelProfile } from '../abi/index.ts';
import { Btf } from '../btf/index.ts';
import { objectNameOf, parseObject, type ObjectSpec } from '../elf/index.ts';
import { HID_6_12, HidBus, type HidDevice } from '../hid/index.ts';
import { HidBpf } from '../hidbpf/index.ts';
import { Kernel, type Task } from '../kernel/index.ts';
import { REPOSITORY, sharedPath } from '../testing/shared.ts';
import { AttachStep, loadSkeleton, makeLightSkeleton } from './index.ts';

/** A 3-button mouse without report ids. */
const MOUSE =
  '05010902a1010901a100050919012903150025019503750181029501750581010501093009311581257f750895028106c0c0';

function btfOf(path: string): Btf {
  return Btf.parse(new Uint8Array(readFileSync(path)));
}

class Machine {
  readonly kernel: Kernel;
  readonly bus = new HidBus(HID_6_12);
  readonly task: Task;

  constructor(version = '6.12', btf = btfOf(join(REPOSITORY, `resources/kernels/${version}.btf`))) {
    this.kernel = new Kernel({ profile: kernelProfile(version)!, btf });
    if (HidBpf.isAvailable(this.kernel)) new HidBpf(this.kernel, this.bus);
    this.task = this.kernel.openTask({ name: 'test' });
  }

  mouse(): HidDevice {
    const identity = { name: 'mouse', phys: '', uniq: '', bus: 3, vendor: 1, product: 2 };
    return this.bus.add(identity, Uint8Array.from(Buffer.from(MOUSE, 'hex')));
  }

  get counts(): unknown {
    return this.kernel.objectCounts;
  }
}

const NOTHING = { progs: 0, maps: 0, links: 0, btfs: 0 };

function sample(id: string): ObjectSpec {
  const path = join(REPOSITORY, `resources/samples/${id}/driver.bpf.o`);
  return parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
}

describe('light skeletons of struct_ops drivers', () => {
  for (const id of ['mouse-swap-buttons', 'keypad-remap', 'pen-fix', 'dial-map']) {
    it(`loads and attaches sample ${id}`, () => {
      const machine = new Machine();
      const device = machine.mouse();
      const skeleton = makeLightSkeleton(sample(id));
      const load = loadSkeleton(skeleton, machine.task);
      expect(load).toMatchObject({ error: 0, retval: 0 });
      const attach = load.running!.attachAll(device.id);
      expect(attach).toMatchObject({ result: expect.any(Number) as number, step: AttachStep.LINK_CREATE });
      expect(attach.result).toBeGreaterThan(0);
      expect(machine.counts).toMatchObject({ links: skeleton.tables.length });
      load.running!.close();
      expect(machine.task.fds.size).toBe(0);
    });
  }

  it('says which call refused: a device that does not exist', () => {
    const machine = new Machine();
    const { running } = loadSkeleton(makeLightSkeleton(sample('mouse-swap-buttons')), machine.task);
    expect(running!.attachAll(99)).toEqual({ result: -Errno.EINVAL, step: AttachStep.LINK_CREATE });
  });

  it('gives ENOENT on a kernel without HID-BPF and leaves nothing behind', () => {
    const machine = new Machine('6.1');
    const load = loadSkeleton(makeLightSkeleton(sample('mouse-swap-buttons')), machine.task);
    expect(load).toMatchObject({ error: 0, retval: -Errno.ENOENT, running: undefined });
    expect(machine.task.fds.size).toBe(0);
    expect(machine.counts).toEqual(NOTHING);
  });

  const real = sharedPath('data/btf/vmlinux-6.12.117.btf');
  it.skipIf(real === undefined)('finds its way with the types of a real kernel', () => {
    const machine = new Machine('6.12', btfOf(real!));
    const device = machine.mouse();
    const load = loadSkeleton(makeLightSkeleton(sample('mouse-swap-buttons')), machine.task);
    expect(load).toMatchObject({ error: 0, retval: 0 });
    expect(load.running!.attachAll(device.id).result).toBeGreaterThan(0);
  });
});
