import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BpfCmd } from '../abi/index.ts';
import { type EngineError, viewOf } from '../base/index.ts';
import { Btf, BtfKind } from '../btf/index.ts';
import { objectNameOf, parseObject, type ObjectSpec } from '../elf/index.ts';
import { decodeInsns } from '../isa/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { FakeKernel } from './testing/fake-kernel.ts';
import { type LoadError, loadFailureOf, loadObject } from './index.ts';

const cases = sharedPath('data/hid-bpf/cases');
const rejects = sharedPath('data/hid-bpf/rejects');
const skeletons = sharedPath('data/light-skeletons');
const vmlinux = sharedPath('data/btf/vmlinux-6.12.117.btf');

function read(path: string): ObjectSpec {
  return parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
}

const kernelBtf = vmlinux === undefined ? undefined : Btf.parse(new Uint8Array(readFileSync(vmlinux)));

describe.skipIf(cases === undefined || kernelBtf === undefined)(
  'loading drivers (needs ../shared/data)',
  () => {
    const options = { kernelBtf: kernelBtf!, hidId: 7, kernelVersion: 0x060c75 };
    const names = cases === undefined ? [] : readdirSync(cases);

    it.each(names)('%s loads, attaches, and leaves nothing open', (name) => {
      const door = new FakeKernel();
      const object = loadObject(read(join(cases!, name, 'driver.bpf.o')), door, options);
      for (const map of object.structOpsMaps) object.attachStructOps(map);
      const order = door.calls.map((call) => call.cmd);
      expect(order[0]).toBe('BTF_LOAD');
      expect(order.lastIndexOf('MAP_CREATE')).toBeLessThan(order.indexOf('PROG_LOAD'));
      for (const call of door.calls.filter(({ cmd }) => cmd === 'PROG_LOAD')) {
        const unresolved = decodeInsns(call.insns).filter(
          (insn) => insn.code === 0x85 && insn.src === 2 && insn.imm <= 0,
        );
        expect(unresolved).toEqual([]);
      }
      object.close();
      expect([...door.open]).toEqual([]);
    });

    it.each(names)('%s gives the error of any call that fails and leaves nothing open', (name) => {
      const spec = read(join(cases!, name, 'driver.bpf.o'));
      const run = (door: FakeKernel): void => {
        const object = loadObject(spec, door, options);
        try {
          for (const map of object.structOpsMaps) object.attachStructOps(map);
        } finally {
          object.close();
        }
      };
      const all = new FakeKernel();
      run(all);
      for (let failing = 0; failing < all.calls.length; failing++) {
        const { cmd } = all.calls[failing]!;
        // libbpf tries a load that failed once more with a log: both must fail.
        const retried = cmd === 'PROG_LOAD' || cmd === 'BTF_LOAD';
        const door = new FakeKernel((_cmd, index) =>
          index === failing || (retried && index === failing + 1) ? -13 : undefined,
        );
        try {
          run(door);
          const optional = cmd === 'PROG_BIND_MAP' || cmd === 'MAP_DELETE_ELEM';
          const needsBtf = spec.maps.some((map) => map.structOps !== undefined);
          const withoutTypes = cmd === 'MAP_CREATE' || (cmd === 'BTF_LOAD' && !needsBtf);
          expect([cmd, optional || withoutTypes]).toEqual([cmd, true]);
        } catch (error) {
          expect(loadFailureOf(error)?.errno).toBe(-13);
        }
        expect([...door.open]).toEqual([]);
      }
    });

    it('tells the kernel which member a struct_ops program is for, and fills in the device', () => {
      const door = new FakeKernel();
      const object = loadObject(read(join(cases!, 'case18-hw-request/driver.bpf.o')), door, options);
      const ops = kernelBtf!.findByNameKind('hid_bpf_ops', BtfKind.STRUCT);
      const loads = door.calls.filter(({ cmd }) => cmd === 'PROG_LOAD').map(({ fields }) => fields);
      for (const fields of loads) expect([fields['prog_type'], fields['attach_btf_id']]).toEqual([27, ops]);
      expect(loads.some((fields) => fields['expected_attach_type'] === 5)).toBe(true);
      const created = door.calls.find(({ fields }) => fields['map_type'] === 26)!.fields;
      expect(created).toMatchObject({ value_size: 128, map_flags: 0x2000, key_size: 4 });
      const first = object.attachStructOps(object.structOpsMaps[0]!, { hidId: 9 });
      const second = object.attachStructOps(object.structOpsMaps[0]!, { hidId: 10 });
      expect(first).not.toBe(second);
      expect(door.calls.filter(({ fields }) => fields['map_type'] === 26).length).toBe(2);
      object.close();
      expect([...door.open]).toEqual([]);
    });

    it('moves accesses to where this kernel has them', () => {
      const door = new FakeKernel();
      loadObject(read(join(cases!, 'case25-core-names/driver.bpf.o')), door, options);
      const device = kernelBtf!.typeOfKind(
        kernelBtf!.findByNameKind('hid_device', BtfKind.STRUCT)!,
        BtfKind.STRUCT,
      )!;
      const name = device.members.find((member) => member.name === 'name')!.bitOffset / 8;
      const insns = door.calls
        .filter(({ cmd }) => cmd === 'PROG_LOAD')
        .flatMap(({ insns }) => decodeInsns(insns));
      expect(insns.some((insn) => insn.imm === name || insn.off === name)).toBe(true);
    });

    it('writes globals into the first value and refuses unknown names', () => {
      const spec = read(join(cases!, 'case34-data-offsets/driver.bpf.o'));
      const door = new FakeKernel();
      expect(() => loadObject(spec, door, { ...options, globals: { no_such: 1 } })).toThrow(
        "no global variable 'no_such'",
      );
      expect(door.calls).toEqual([]);
    });
  },
);

describe.skipIf(rejects === undefined || kernelBtf === undefined)('refusals (needs ../shared/data)', () => {
  it('says what libbpf says where it gives up before the kernel is asked', () => {
    for (const name of readdirSync(rejects!)) {
      const result = JSON.parse(readFileSync(join(rejects!, name, 'result.json'), 'utf8')) as {
        stage: string;
        errno: number;
        loader: string[];
      };
      if (result.stage !== 'loader') continue;
      const door = new FakeKernel();
      let error: unknown;
      try {
        loadObject(read(join(rejects!, name, 'driver.bpf.o')), door, { kernelBtf: kernelBtf! });
      } catch (caught) {
        error = caught;
      }
      expect(loadFailureOf(error)).toMatchObject({ stage: 'loader', errno: result.errno });
      expect((error as EngineError).message).toBe(result.loader[0]);
      expect(door.calls).toEqual([]);
    }
  });

  it('asks again with a log after a failure and hands its lines over', () => {
    const door = new FakeKernel((cmd) => (cmd === BpfCmd.PROG_LOAD ? -13 : undefined));
    const load = (): unknown =>
      loadObject(read(join(rejects!, 'bad01-no-null-check/driver.bpf.o')), door, { kernelBtf: kernelBtf! });
    expect(load).toThrow("program 'ev' was refused: -EACCES, why: not");
    try {
      load();
    } catch (error) {
      expect((error as LoadError).failure).toEqual({
        stage: 'load',
        errno: -13,
        program: 'ev',
        log: ['why: not'],
      });
    }
    const levels = door.calls
      .filter(({ cmd }) => cmd === 'PROG_LOAD')
      .map(({ fields }) => fields['log_level']);
    expect(levels).toEqual([0, 1, 0, 1]);
    expect([...door.open]).toEqual([]);
  });
});

describe.skipIf(skeletons === undefined || kernelBtf === undefined)(
  'plain objects (needs ../shared/data)',
  () => {
    it('issues the commands that the light skeleton of the same object issues', () => {
      for (const name of readdirSync(skeletons!)) {
        const transcript = join(skeletons!, name, 'transcript.json');
        if (!existsSync(transcript) || name === 'g13_hid_fmodret') continue;
        const log = (
          JSON.parse(readFileSync(transcript, 'utf8')) as { log: Record<string, unknown>[] }
        ).log.filter((entry) => 'cmd' in entry);
        const door = new FakeKernel();
        const object = loadObject(read(join(skeletons!, name, `${name}.bpf.o`)), door, {
          kernelBtf: kernelBtf!,
        });
        const calls = door.calls.filter(({ cmd }) => cmd !== 'PROG_BIND_MAP');
        // The skeleton has no map-in-map temporary and the same order otherwise.
        expect([name, calls.map(({ cmd }) => cmd)]).toEqual([name, log.map((entry) => entry['cmd'])]);
        calls.forEach(({ cmd, fields }, i) => {
          const expected = log[i]!;
          if (cmd === 'MAP_CREATE') {
            expect([
              fields['map_name'],
              fields['map_type'],
              fields['max_entries'],
              fields['map_flags'],
              fields['btf_value_type_id'],
            ]).toEqual([
              expected['name'],
              expected['map_type'],
              expected['max_entries'],
              expected['map_flags'],
              expected['btf_value'],
            ]);
          }
          if (cmd === 'PROG_LOAD') expect(fields['prog_name']).toBe(expected['name']);
        });
        object.close();
        expect([...door.open]).toEqual([]);
      }
    });

    it('leaves out SEC("?…") unless asked for', () => {
      const spec = read(join(skeletons!, 'x24_autoload/x24_autoload.bpf.o'));
      const optional = spec.programs.filter((program) => !program.autoload);
      expect(optional.length).toBeGreaterThan(0);
      const plain = loadObject(spec, new FakeKernel(), {});
      expect([...plain.programFds.keys()]).not.toContain(optional[0]!.name);
      expect(() => plain.programFd(optional[0]!.name)).toThrow('is not loaded; loaded are:');
      const all = loadObject(spec, new FakeKernel(), { autoload: () => true });
      expect([...all.programFds.keys()]).toContain(optional[0]!.name);
    });

    it('needs the kernel’s types only where the object does', () => {
      expect(() =>
        loadObject(read(join(skeletons!, 'g06_core/g06_core.bpf.o')), new FakeKernel(), {}),
      ).toThrow('needs the types of the kernel');
      expect(() =>
        loadObject(read(join(skeletons!, 'g00_nobtf/g00_nobtf.bpf.o')), new FakeKernel(), {}).close(),
      ).not.toThrow();
    });

    it('runs a program and gives its context back', () => {
      const door = new FakeKernel();
      const object = loadObject(read(join(skeletons!, 'g10_syscall/g10_syscall.bpf.o')), door, {
        kernelBtf: kernelBtf!,
      });
      const program = [...object.programFds.keys()][0]!;
      const run = object.runProgram(program, { context: new Uint8Array([1, 2, 3]) });
      expect([run.result, [...run.context]]).toEqual([0, [1, 2, 3]]);
      const call = door.calls.at(-1)!;
      expect([call.cmd, call.fields['ctx_size_in']]).toEqual(['PROG_TEST_RUN', 3]);
      expect(viewOf(run.context).getUint8(2)).toBe(3);
    });
  },
);

describe.skipIf(cases === undefined || kernelBtf === undefined)('speed (needs ../shared/data)', () => {
  it('opens and prepares every driver in less than 20 ms of the processor’s time', () => {
    for (const name of readdirSync(cases!)) {
      const bytes = new Uint8Array(readFileSync(join(cases!, name, 'driver.bpf.o')));
      const once = (): void =>
        loadObject(parseObject(bytes, { name: 'driver' }), new FakeKernel(), {
          kernelBtf: kernelBtf!,
        }).close();
      once();
      const start = process.cpuUsage();
      for (let i = 0; i < 3; i++) once();
      const { user, system } = process.cpuUsage(start);
      expect([name, (user + system) / 3000 < 20]).toEqual([name, true]);
    }
  });

  it('sends other flags than SEC() stands for when told', () => {
    const spec = read(join(rejects!, 'bad13-syscall-not-sleepable/driver.bpf.o'));
    const door = new FakeKernel();
    loadObject(spec, door, { kernelBtf: kernelBtf!, programFlags: () => 0 });
    expect(door.of('PROG_LOAD').map(({ fields }) => fields['prog_flags'])).toEqual(
      spec.programs.map(() => 0),
    );
  });
});
