import { EngineError } from '../../engine/base/index.ts';
import { type HidDeviceId, type ObjectSpec, deviceIds } from '../../engine/elf/index.ts';
import { cIdentifier, makeLightSkeleton, writeHeader } from '../../engine/skeleton/index.ts';
import { hidLoader, hwdbEntry, makefile, plainLoader, readme, udevRule } from './bundle-texts.ts';

/** A file of an export bundle. */
export interface BundleFile {
  readonly path: string;
  readonly content: Uint8Array | string;
}

/** A name that udev-hid-bpf takes: NNNN-Vendor__Product.bpf.o; the object's own if it has one like that. */
function udevHidBpfName(fileName: string, name: string, devices: readonly HidDeviceId[]): string {
  const own = /^(\d{4}-.+?)(?:\.bpf)?\.o$/.exec(fileName);
  if (own !== null) return `${own[1] ?? ''}.bpf.o`;
  const vendor = devices[0]?.vendor ?? 0;
  return `0010-${vendor === 0 ? 'Any' : vendor.toString(16).padStart(4, '0')}__${name}.bpf.o`;
}

/**
 * What an author gives to others: the standalone header, a loader in C with its Makefile, udev rule and hwdb entry of a HID driver, the
 * object for udev-hid-bpf, a README. Throws `unsupported` for objects without a skeleton.
 */
export function makeBundle(
  object: { readonly spec: ObjectSpec; readonly bytes: Uint8Array; readonly fileName: string },
  wanted: string,
): BundleFile[] {
  const name = cIdentifier(wanted);
  const { spec, bytes, fileName } = object;
  const skeleton = makeLightSkeleton(spec, name);
  const isTable = skeleton.tables.some(({ table }) => table.isHid);
  const isHid = isTable || skeleton.hidPrograms.length > 0;
  const devices = deviceIds(spec.btf);
  if (name.length > MAX_NAME) {
    throw new EngineError(
      'usage',
      `'${name}' is too long a name for a bundle: ${MAX_NAME} characters at most`,
    );
  }
  const objectName = isHid ? udevHidBpfName(fileName, name, devices) : `${name}.bpf.o`;
  const kernels = isTable
    ? 'Linux 6.11 and newer with CONFIG_HID_BPF=y'
    : isHid
      ? 'Linux 6.3 to 6.10 with CONFIG_HID_BPF=y'
      : 'Linux 5.14 and newer';
  const files: BundleFile[] = [
    { path: `${name}.lskel.h`, content: writeHeader(skeleton, spec.btf, { name, standalone: true }) },
    { path: `${name}-loader.c`, content: isHid ? hidLoader(name, devices) : plainLoader(name) },
    { path: 'Makefile', content: makefile(name, isHid) },
    {
      path: 'README.md',
      content: readme({ name, isHid, devices, object: objectName, kernels, license: spec.license }),
    },
    { path: objectName, content: bytes },
  ];
  if (!isHid) return files;
  return [
    ...files,
    { path: `99-${name}.rules`, content: udevRule(name) },
    { path: `99-${name}.hwdb`, content: hwdbEntry(name, devices) },
  ];
}

/** Names of pins and files are made of it. */
const MAX_NAME = 60;
