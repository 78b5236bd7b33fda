import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { kernelProfile } from '../../abi/index.ts';
import { Btf } from '../../btf/index.ts';
import { type ObjectSpec, objectNameOf, parseObject } from '../../elf/index.ts';
import { HID_6_12, HidBus, type HidDevice } from '../../hid/index.ts';
import { HidBpf } from '../../hidbpf/index.ts';
import { Kernel, type Task } from '../../kernel/index.ts';
import { REPOSITORY, sharedPath } from '../../testing/shared.ts';

/** A mouse of three buttons without report ids. */
export const MOUSE =
  '05010902a1010901a100050919012903150025019503750181029501750581010501093009311581257f750895028106c0c0';
/** Nothing is left in a kernel. */
export const NOTHING = { progs: 0, maps: 0, links: 0, btfs: 0 };

const OBJECTS = join(REPOSITORY, 'src/main/engine/skeleton/testing/objects');
/** Types of a real kernel, where ../shared is: those that the application brings have no tracepoints. */
export const REAL_BTF = sharedPath('data/btf/vmlinux-6.12.117.btf');

const btfs = new Map<string, Btf>();
export function btfOf(path: string): Btf {
  const known = btfs.get(path);
  if (known !== undefined) return known;
  const btf = Btf.parse(new Uint8Array(readFileSync(path)));
  btfs.set(path, btf);
  return btf;
}

export function openObject(path: string): ObjectSpec {
  return parseObject(new Uint8Array(readFileSync(path)), { name: objectNameOf(path) });
}

/** The objects that scripts/build-skeleton-objects.mjs makes. */
export function testObjects(): string[] {
  return readdirSync(OBJECTS)
    .filter((file) => file.endsWith('.bpf.o'))
    .map((file) => file.replace('.bpf.o', ''));
}

export function testObject(name: string): ObjectSpec {
  return openObject(join(OBJECTS, `${name}.bpf.o`));
}

/** What bpftool makes of them: SHA-256 sums. */
export function expectedSums(): Readonly<Record<string, { insns: string; data?: string }>> {
  return JSON.parse(readFileSync(join(OBJECTS, 'expected.json'), 'utf8')) as ReturnType<typeof expectedSums>;
}

export function sampleObject(id: string): ObjectSpec {
  return openObject(join(REPOSITORY, `resources/samples/${id}/driver.bpf.o`));
}

/** A simulated machine with a HID bus, and a process on it. */
export class Machine {
  readonly kernel: Kernel;
  readonly bus = new HidBus(HID_6_12);
  readonly task: Task;

  constructor(version = '6.12', btf = btfOf(join(REPOSITORY, `resources/kernels/${version}.btf`))) {
    const profile = kernelProfile(version);
    if (profile === undefined) throw new Error(`no kernel ${version}`);
    this.kernel = new Kernel({ profile, btf });
    if (HidBpf.isAvailable(this.kernel)) new HidBpf(this.kernel, this.bus);
    this.task = this.kernel.openTask({ name: 'test' });
  }

  mouse(): HidDevice {
    const identity = { name: 'mouse', phys: '', uniq: '', bus: 3, vendor: 1, product: 2 };
    return this.bus.add(identity, Uint8Array.from(Buffer.from(MOUSE, 'hex')));
  }
}
