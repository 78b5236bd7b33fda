import { type ObjectSpec } from '../../engine/elf/index.ts';
import {
  type LightSkeleton,
  cIdentifier,
  makeLightSkeleton,
  writeHeader,
} from '../../engine/skeleton/index.ts';
import { type SkeletonView } from '../../../preload/contract/index.ts';

export interface SkeletonOptions {
  /** Prefix of the names in the header; the object's name unless told. */
  readonly name?: string;
  readonly standalone: boolean;
}

/** The name that bpftool gives the skeleton of an object file: without `.o`, an underscore for all that C does not take. */
export function skeletonName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.o$/, '');
  return file.slice(0, 63).replace(/[^A-Za-z0-9_]/g, '_');
}

/** C code that loads and attaches a skeleton. */
function usageOf({ tables, hidPrograms }: LightSkeleton, name: string): string {
  const isHid = tables.some(({ table }) => table.isHid) || hidPrograms.length > 0;
  const attach = isHid
    ? [
        '/* every device of this bus, vendor and product; 0 stands for any */',
        `int devices = ${name}__attach_device(skel, 3, 0x1234, 0x5678, NULL);`,
        'if (devices < 0)',
        '\tfprintf(stderr, "%s\\n", skel->error);',
      ]
    : [`int err = ${name}__attach(skel);`, 'if (err < 0)', '\tfprintf(stderr, "%s\\n", skel->error);'];
  return [
    `#include "${name}.lskel.h"`,
    '',
    `struct ${name} *skel = ${name}__open_and_load();`,
    '',
    ...attach,
    `${name}__destroy(skel);`,
    '',
  ].join('\n');
}

/** The light skeleton of an object: loader, data and header text. Throws `unsupported` for what cannot be exported. */
export function exportSkeleton(
  spec: ObjectSpec,
  options: SkeletonOptions,
): { skeleton: LightSkeleton; view: SkeletonView } {
  const name = options.name ?? spec.name;
  const skeleton = makeLightSkeleton(spec, name);
  return {
    skeleton,
    view: {
      fileName: `${name}.lskel.h`,
      header: writeHeader(skeleton, spec.btf, { name, standalone: options.standalone }),
      loaderInstructions: skeleton.insns.length / 8,
      blobSize: skeleton.data.length,
      warnings: skeleton.warnings,
      usage: usageOf(skeleton, cIdentifier(name)),
    },
  };
}
