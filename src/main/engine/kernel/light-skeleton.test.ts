import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BpfCmd, Errno, ProgFlag, ProgType, cmdName } from '../abi/index.ts';
import { Btf } from '../btf/index.ts';
import { decodeInsns } from '../isa/index.ts';
import { sharedPath } from '../testing/shared.ts';
import type { Kernel } from './kernel.ts';
import { TestProcess, attr, testKernel, u32Bytes } from './testing/harness.ts';

interface TranscriptStep {
  cmd?: string;
  attr_size?: number;
  close?: number;
  ret: number;
  [field: string]: unknown;
}
interface Transcript {
  ret: number;
  maps: string[];
  progs: string[];
  log: TranscriptStep[];
}

const folder = sharedPath('data/light-skeletons');
const cases =
  folder === undefined
    ? []
    : readdirSync(folder).filter((name) => existsSync(join(folder, name, 'transcript.json')));

/** What skel_internal.h's bpf_load_and_run() does. */
class Loader {
  readonly process: TestProcess;
  readonly contextSize: number;
  readonly maps: number;
  readonly progs: number;
  readonly #directory: string;

  constructor(kernel: Kernel, name: string, transcript: Transcript) {
    this.process = new TestProcess(kernel);
    this.#directory = join(folder!, name);
    this.maps = transcript.maps.length;
    this.progs = transcript.progs.length;
    this.contextSize = 24 + 16 * this.maps + 4 * this.progs;
  }

  run(): { rc: number; retval: number; context: Uint8Array } {
    const { process } = this;
    const data = new Uint8Array(readFileSync(join(this.#directory, 'data.bin')));
    const insns = decodeInsns(new Uint8Array(readFileSync(join(this.#directory, 'insns.bin'))));
    const map = process.createMap(2, 4, data.length, 1);
    expect(map).toBeGreaterThan(0);
    expect(process.update(map, u32Bytes(0), data)).toBe(0);
    const prog = process.load(ProgType.SYSCALL, insns, {
      flags: ProgFlag.SLEEPABLE,
      license: 'Dual BSD/GPL',
      extra: [[120, process.memory.put(u32Bytes(map))]],
    });
    expect(prog).toBeGreaterThan(0);
    const context = new Uint8Array(this.contextSize);
    new DataView(context.buffer).setUint32(0, this.contextSize, true);
    const result = process.run(prog, context);
    expect(process.task.close(map)).toBe(0);
    expect(process.task.close(prog)).toBe(0);
    return result;
  }
}

/** Objects that refer to kernel types and functions beyond HID's. */
const NEEDS_REAL_BTF = ['g06_core', 'g07_kfunc'];
let realBtf: Btf | undefined;

function kernelFor(name: string): Kernel {
  const path = sharedPath('data/btf/vmlinux-6.12.117.btf');
  if (!NEEDS_REAL_BTF.includes(name) || path === undefined) return testKernel();
  realBtf ??= Btf.parse(new Uint8Array(readFileSync(path)));
  return testKernel('6.12', { btf: realBtf });
}

/** Commands that a loader gives where the simulated kernel has nothing to attach to or to find. */
const NEEDS_HID = ['g13_hid_fmodret'];

describe.skipIf(folder === undefined)('light skeleton loaders (needs ../shared/data)', () => {
  for (const name of cases.filter((entry) => !NEEDS_HID.includes(entry))) {
    const transcript = JSON.parse(readFileSync(join(folder!, name, 'transcript.json'), 'utf8')) as Transcript;

    it(`${name} does the commands of its transcript, in order`, () => {
      const kernel = kernelFor(name);
      const loader = new Loader(kernel, name, transcript);
      const { rc, retval, context } = loader.run();
      expect({ rc, retval }).toEqual({ rc: 0, retval: 0 });
      const inside = kernel.trace.events.filter((event) => event.depth > 0);
      const calls = transcript.log.filter((step) => step.cmd !== undefined || step.close !== undefined);
      const expected = calls.map((step) =>
        step.cmd === undefined ? 'close' : `BPF_${step.cmd} ${step.attr_size}`,
      );
      const got = inside.map((event) =>
        event.kind === 'close' ? 'close' : `${cmdName(event.cmd!)} ${event.attr!.length}`,
      );
      expect(got).toEqual(expected);
      const view = new DataView(context.buffer, context.byteOffset);
      const fds = [
        ...Array.from({ length: loader.maps }, (_, i) => view.getInt32(24 + 16 * i, true)),
        ...Array.from({ length: loader.progs }, (_, i) => view.getInt32(24 + 16 * loader.maps + 4 * i, true)),
      ];
      const opened = loader.process.task.fds.open().map(({ fd }) => fd);
      // An upstream bug gives programs that are not loaded descriptor 0 (x24_autoload).
      expect(opened).toEqual(fds.filter((fd) => fd > 0).sort((a, b) => a - b));
      kernel.endTask(loader.process.task);
      expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
    });

    it(`${name} gives any failing command's error back and leaves nothing open`, () => {
      const commands = transcript.log.filter((step) => step.cmd !== undefined).length;
      for (let broken = 0; broken < commands; broken++) {
        const kernel = kernelFor(name);
        const loader = new Loader(kernel, name, transcript);
        let seen = 0;
        kernel.interceptor = ({ nested }) => (nested && seen++ === broken ? -Errno.EINVAL : undefined);
        const { rc, retval } = loader.run();
        expect({ broken, rc, retval }).toEqual({ broken, rc: 0, retval: -Errno.EINVAL });
        expect(loader.process.task.fds.size).toBe(0);
        expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
      }
    });
  }

  it('is refused a context smaller than the loader touches', () => {
    const kernel = testKernel();
    const process = new TestProcess(kernel);
    expect(process.bpf(BpfCmd.PROG_TEST_RUN, attr(80, [0, 99]))).toBe(-Errno.EBADF);
  });
});
