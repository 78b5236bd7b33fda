import { describe, expect, it } from 'vitest';
import { BpfCmd, Errno } from '../abi/index.ts';
import { AttachStep, loadSkeleton, makeLightSkeleton } from './index.ts';
import { Machine, NOTHING, REAL_BTF, btfOf, sampleObject, testObject } from './testing/machine.ts';

describe('light skeletons of struct_ops drivers', () => {
  for (const id of ['mouse-swap-buttons', 'keypad-remap', 'pen-fix', 'dial-map']) {
    it(`loads and attaches sample ${id}`, () => {
      const machine = new Machine();
      const device = machine.mouse();
      const skeleton = makeLightSkeleton(sampleObject(id));
      const load = loadSkeleton(skeleton, machine.task);
      expect(load).toMatchObject({ error: 0, retval: 0 });
      const attach = load.running!.attachAll(device.id);
      expect(attach).toMatchObject({ result: expect.any(Number) as number, step: AttachStep.LINK_CREATE });
      expect(attach.result).toBeGreaterThan(0);
      expect(machine.kernel.objectCounts).toMatchObject({ links: skeleton.tables.length });
      load.running!.close();
      expect(machine.task.fds.size).toBe(0);
    });
  }

  it('says which call refused: a device that does not exist', () => {
    const machine = new Machine();
    const { running } = loadSkeleton(makeLightSkeleton(sampleObject('mouse-swap-buttons')), machine.task);
    expect(running!.attachAll(99)).toEqual({ result: -Errno.EINVAL, step: AttachStep.LINK_CREATE });
  });

  it('is refused by a kernel whose callbacks lie elsewhere, by their names, and leaves nothing', () => {
    const machine = new Machine();
    const device = machine.mouse();
    const { running } = loadSkeleton(makeLightSkeleton(testObject('hid_swapped')), machine.task);
    expect(running!.attachAll(device.id)).toEqual({ result: -Errno.EINVAL, step: AttachStep.MAP_UPDATE });
    running!.close();
    expect(machine.task.fds.size).toBe(0);
    expect(machine.kernel.objectCounts).toEqual(NOTHING);
  });

  it('gives ENOENT on a kernel without HID-BPF and leaves nothing behind', () => {
    const machine = new Machine('6.1');
    const load = loadSkeleton(makeLightSkeleton(sampleObject('mouse-swap-buttons')), machine.task);
    expect(load).toMatchObject({ error: 0, retval: -Errno.ENOENT, running: undefined });
    expect(machine.task.fds.size).toBe(0);
    expect(machine.kernel.objectCounts).toEqual(NOTHING);
  });

  it.skipIf(REAL_BTF === undefined)('finds its way with the types of a real kernel', () => {
    const machine = new Machine('6.12', btfOf(REAL_BTF!));
    const device = machine.mouse();
    const load = loadSkeleton(makeLightSkeleton(sampleObject('mouse-swap-buttons')), machine.task);
    expect(load).toMatchObject({ error: 0, retval: 0 });
    expect(load.running!.attachAll(device.id).result).toBeGreaterThan(0);
  });

  it('puts several tables on several devices in the order of their flags, with one load', () => {
    const machine = new Machine();
    const devices = [machine.mouse(), machine.mouse()];
    const load = loadSkeleton(makeLightSkeleton(testObject('hid_tables')), machine.task);
    for (const device of devices) expect(load.running!.attachAll(device.id).result).toBeGreaterThan(0);
    // The doubler is BPF_F_BEFORE: 2 * 3 + 1 is not 2 * (3 + 1).
    for (const device of devices) {
      const seen: Uint8Array[] = [];
      device.openHidraw((data) => seen.push(data.slice()));
      expect(device.inputReport('input', Uint8Array.of(1, 3, 0))).toBe(0);
      expect(seen).toEqual([Uint8Array.of(1, 7, 0)]);
    }
  });
});

describe('light skeletons of fmod_ret drivers (Linux 6.3 to 6.10)', () => {
  it('load and attach through hid_bpf_attach_prog(), device by device', () => {
    const machine = new Machine('6.6');
    const devices = [machine.mouse(), machine.mouse()];
    const { running } = loadSkeleton(makeLightSkeleton(testObject('hid_hooks')), machine.task);
    for (const device of devices) expect(running!.attachAll(device.id).result).toBeGreaterThan(0);
    const seen: Uint8Array[] = [];
    for (const device of devices) {
      device.openHidraw((data) => seen.push(data.slice()));
      expect(device.inputReport('input', Uint8Array.of(1, 3, 0))).toBe(0);
    }
    expect(seen).toEqual([Uint8Array.of(1, 253, 0), Uint8Array.of(1, 253, 0)]);
    expect(machine.kernel.objectCounts).toMatchObject({ links: 2 });
    expect(running!.attachAll(99).result).toBe(-Errno.EINVAL);
    running!.close();
    expect(machine.task.fds.size).toBe(0);
  });

  it('are refused by later kernels with ENOENT', () => {
    const machine = new Machine('6.12');
    const load = loadSkeleton(makeLightSkeleton(testObject('hid_hooks')), machine.task);
    expect(load).toMatchObject({ error: 0, retval: -Errno.ENOENT });
    expect(machine.kernel.objectCounts).toEqual(NOTHING);
  });
});

describe('light skeletons on Linux 5.14 to 5.16, whose PROG_LOAD ends before CO-RE relocations', () => {
  it('load with the smaller attribute that headers write then', () => {
    const skeleton = makeLightSkeleton(testObject('program_array'));
    const machine = new Machine();
    const insns = skeleton.insns.slice();
    for (const insn of skeleton.loadSizes!) {
      expect(insns[8 * insn + 4]).toBe(140);
      insns[8 * insn + 4] = 128;
    }
    const { retval, running } = loadSkeleton({ ...skeleton, insns }, machine.task);
    expect(retval).toBe(0);
    const loads = machine.kernel.trace.events.filter(
      ({ depth, cmd }) => depth > 0 && cmd === BpfCmd.PROG_LOAD,
    );
    expect(loads.map(({ attr }) => attr?.length)).toEqual([128, 128, 128]);
    running!.close();
  });

  it('cannot be had of programs with CO-RE relocations', () => {
    expect(makeLightSkeleton(testObject('kernel_functions')).loadSizes).toBeUndefined();
  });
});
