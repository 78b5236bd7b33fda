import { MapFlag, MapType } from '../abi/index.ts';
import { type Btf } from '../btf/index.ts';
import { byteArray, cFunction, quoted, stringLiteral } from './c-text.ts';
import { attachCalls, attachFunctions, needsPerf } from './header-attach.ts';
import { hidFunctions, isHidDriver, tableFunctions } from './header-hid.ts';
import { type DataMap, type HeaderNames, headerNames } from './header-names.ts';
import { configFill, finishLoad, hasPins, pinTable } from './header-machine.ts';
import { type LightSkeleton } from './light-skeleton.ts';
import {
  COMMON_RUNTIME,
  HID_RUNTIME,
  KCONFIG_RUNTIME,
  LIBBPF_RUNTIME,
  PERF_RUNTIME,
  PINS_RUNTIME,
  SIZES_RUNTIME,
  STANDALONE_RUNTIME,
} from './runtime/index.ts';

export interface HeaderOptions {
  /** Prefix of all names: `NAME__open()`. The skeleton's name unless told. */
  readonly name?: string;
  /** True: the header brings its own runtime and needs no libbpf. */
  readonly standalone?: boolean;
}

const RING_BUFFERS: ReadonlySet<number> = new Set([MapType.RINGBUF, MapType.USER_RINGBUF]);
/** The attach type of skel_link_create(): an enum in libbpf's header. */
const ATTACH_TYPE = {
  libbpf: '#define HIDSMITH_ATTACH_TYPE(type) ((enum bpf_attach_type)(type))',
  standalone: '#define HIDSMITH_ATTACH_TYPE(type) (type)',
} as const;

/** Bytes of the memory that a data map is mapped into: whole pages of the machine that runs it. */
function mapSize({ map }: DataMap): string {
  return `hidsmith_page_round(${map.spec.valueSize})`;
}

function hasMachineSizes({ skeleton }: HeaderNames): boolean {
  return skeleton.maps.some(
    ({ spec }) =>
      RING_BUFFERS.has(spec.type) || (spec.type === MapType.PERF_EVENT_ARRAY && spec.maxEntries === 0),
  );
}

/** The runtime that this header needs: its own or libbpf's, and only the parts in use. */
function runtime(names: HeaderNames, standalone: boolean): string[] {
  const part = (needed: boolean, text: string): string[] => (needed ? [text] : []);
  return [
    standalone ? STANDALONE_RUNTIME : LIBBPF_RUNTIME,
    COMMON_RUNTIME,
    ...part(hasMachineSizes(names), SIZES_RUNTIME),
    ...part(needsPerf(names.programs), PERF_RUNTIME),
    ...part(names.skeleton.kconfig.length > 0, KCONFIG_RUNTIME),
    ...part(hasPins(names), PINS_RUNTIME),
    ...part(names.tables.length > 0 || isHidDriver(names), HID_RUNTIME),
  ];
}

/** The struct of a data map. Configuration values have no members in the kernel, where their names are macros. */
function dataStruct(name: string, { member, members, map: { spec } }: DataMap): string[] {
  const isConfig = spec.origin === 'kconfig';
  return [
    ...(isConfig
      ? [
          '#ifdef __KERNEL__',
          `\tstruct ${name}__${member} {`,
          `\t\tchar bytes[${spec.valueSize}];`,
          `\t} *${member};`,
          '#else',
        ]
      : []),
    `\tstruct ${name}__${member} {`,
    ...members.map(({ declaration }) => `\t\t${declaration};`),
    `\t} *${member};`,
    ...(isConfig ? ['#endif'] : []),
  ];
}

function structure(names: HeaderNames): string {
  const { name, maps, programs, tables, data, skeleton } = names;
  const block = (type: string, members: readonly string[], member: string): string[] =>
    members.length === 0
      ? []
      : ['\tstruct {', ...members.map((item) => `\t\t${type} ${item};`), `\t} ${member};`];
  const attaches = tables.map(({ attachMember }) => attachMember);
  const links = [...programs, ...tables].map(({ member }) => `${member}_fd`);
  return [
    `struct ${name} {`,
    '\tstruct bpf_loader_ctx ctx;',
    ...block(
      'struct bpf_map_desc',
      maps.map(({ member }) => member),
      'maps',
    ),
    ...block('struct bpf_prog_desc', [...programs.map(({ member }) => member), ...attaches], 'progs'),
    ...block('int', links, 'links'),
    ...data.flatMap((entry) => dataStruct(name, entry)),
    '\t/* words about the last failure of load or attach */',
    '\tchar error[HIDSMITH_ERROR_SIZE];',
    ...(tables.length > 0 || isHidDriver(names) ? ['\tstruct hidsmith_link *attached;'] : []),
    ...(skeleton.hidPrograms.length > 0 ? ['\tint hid_attach_fd;'] : []),
    ...(skeleton.kconfig.length > 0 ? ['\tconst char *missing_config;'] : []),
    '};',
    '',
  ].join('\n');
}

/** NAME__attach(): of a HID driver it takes the device, of other objects it attaches what can be attached by itself. */
function attach(names: HeaderNames): string {
  const { name, tables, skeleton } = names;
  const { calls, cannot } = attachCalls(names);
  if (tables.some(({ table }) => table.isHid)) {
    return [
      '/* attaches the driver to a device: the fd of its first link, or a negative errno and words in skel->error */',
      cFunction('int', `${name}__attach(struct ${name} *skel, unsigned int hid_id)`, [
        `return ${name}__attach_hid(skel, hid_id, 0);`,
      ]),
    ].join('\n');
  }
  const registered = tables.map(({ member }) => `ret = ret < 0 ? ret : ${name}__${member}__attach(skel);`);
  const all = [
    ...calls,
    ...registered,
    ...(cannot === undefined ? [] : [`ret = ret < 0 ? ret : ${cannot};`]),
  ];
  const hint =
    skeleton.hidPrograms.length === 0
      ? []
      : [
          `/* links only: ${name}__attach_hid() and ${name}__attach_device() make a driver of a device of it */`,
        ];
  return [
    ...hint,
    cFunction('int', `${name}__attach(struct ${name} *skel)`, [
      'int ret = 0;',
      '',
      ...(all.length === 0 ? ['(void)skel;'] : all),
      'return ret < 0 ? ret : 0;',
    ]),
  ].join('\n');
}

function detach(names: HeaderNames): string {
  const { name, programs, tables } = names;
  const own = programs.flatMap(({ member }) => [
    `skel_closenz(skel->links.${member}_fd);`,
    `skel->links.${member}_fd = 0;`,
  ]);
  const kept =
    tables.length > 0 || isHidDriver(names)
      ? ['while (skel->attached)', '\thidsmith_drop(&skel->attached);']
      : [];
  const body = [...own, ...kept, ...tables.map(({ member }) => `skel->links.${member}_fd = 0;`)];
  return cFunction(
    'void',
    `${name}__detach(struct ${name} *skel)`,
    body.length === 0 ? ['(void)skel;'] : body,
  );
}

function destroy({ name, maps, programs, tables, data, skeleton }: HeaderNames): string {
  const members = [
    ...programs.map(({ member }) => member),
    ...tables.map(({ attachMember }) => attachMember),
  ];
  return cFunction(
    'void',
    `${name}__destroy(struct ${name} *skel)`,
    [
      'if (!skel)',
      '\treturn;',
      `${name}__detach(skel);`,
      ...(skeleton.hidPrograms.length > 0 ? ['skel_closenz(skel->hid_attach_fd);'] : []),
      ...members.map((member) => `skel_closenz(skel->progs.${member}.prog_fd);`),
      ...data.map(
        (entry) =>
          `skel_free_map_data(skel->${entry.member}, skel->maps.${entry.member}.initial_value, ${mapSize(entry)});`,
      ),
      ...maps.map(({ member }) => `skel_closenz(skel->maps.${member}.map_fd);`),
      'skel_free(skel);',
    ],
    '__attribute__((unused)) static',
  );
}

/** Sizes of maps that the exporting machine does not know: 0 keeps what the object says. */
function machineSizes({ maps }: HeaderNames): string[] {
  return maps.flatMap(({ map: { spec }, member }) => {
    const entries = `skel->maps.${member}.max_entries`;
    if (RING_BUFFERS.has(spec.type)) return [`${entries} = hidsmith_ring_size(${spec.maxEntries}U);`];
    if (spec.type !== MapType.PERF_EVENT_ARRAY || spec.maxEntries !== 0) return [];
    return [`${entries} = hidsmith_possible_cpus();`];
  });
}

function open(names: HeaderNames, standalone: boolean): string {
  const { name, data, skeleton } = names;
  const address = standalone ? '(uint64_t)(uintptr_t)' : '(__u64)(unsigned long)';
  const values = data.flatMap((entry) => {
    const { member, map } = entry;
    return [
      '{',
      '\tstatic const char data[] __attribute__((__aligned__(8))) =',
      `${stringLiteral(map.spec.initialValue ?? new Uint8Array(0), '\t\t')};`,
      '',
      `\tskel->${member} = (__typeof__(skel->${member}))skel_prep_map_data(data, ${mapSize(entry)}, sizeof(data) - 1);`,
      `\tif (!skel->${member})`,
      '\t\tgoto cleanup;',
      `\tskel->maps.${member}.initial_value = ${address}skel->${member};`,
      '}',
    ];
  });
  return cFunction(`struct ${name} *`, `${name}__open(void)`, [
    `struct ${name} *skel;`,
    '',
    `skel = (struct ${name} *)skel_alloc(sizeof(*skel));`,
    'if (!skel)',
    '\treturn NULL;',
    `skel->ctx.sz = ${skeleton.contextSize}; /* loader context, map and program descriptors */`,
    ...values,
    ...machineSizes(names),
    ...(skeleton.kconfig.length > 0 ? [`${name}__fill_kconfig(skel);`] : []),
    'return skel;',
    ...(data.length === 0 ? [] : ['cleanup:', `${name}__destroy(skel);`, 'return NULL;']),
  ]);
}

/** What Linux before 5.17 wants in place of libbpf's 140: the attribute without CO-RE relocations. */
const OLD_LOAD_SIZE = 128;

/** The loader for a kernel that knows nothing of CO-RE relocations; only if no program has some. */
function oldLoader(loadSizes: readonly number[]): string[] {
  return [
    '#ifndef __KERNEL__',
    'if (err == -E2BIG) {',
    '\t/* Linux before 5.17: the same with attributes that end before its CO-RE relocations */',
    `\tstatic const unsigned int sizes[] = {${loadSizes.join(', ')}};`,
    '\tunsigned char *old = (unsigned char *)malloc(sizeof(opts_insn) - 1);',
    '\tsize_t i;',
    '',
    '\tif (!old)',
    '\t\treturn -ENOMEM;',
    '\tmemcpy(old, opts_insn, sizeof(opts_insn) - 1);',
    '\tfor (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)',
    `\t\told[8 * sizes[i] + 4] = ${OLD_LOAD_SIZE};`,
    '\topts.insns = old;',
    '\terr = bpf_load_and_run(&opts);',
    '\tfree(old);',
    '}',
    '#endif',
  ];
}

/** Runs the loader, as the context says. */
function runLoader(names: HeaderNames): string {
  const { name, skeleton } = names;
  const { loadSizes } = skeleton;
  return cFunction('int', `${name}__run_loader(struct ${name} *skel)`, [
    'struct bpf_load_and_run_opts opts;',
    'int err;',
    byteArray('opts_data', skeleton.data, '\t'),
    byteArray('opts_insn', skeleton.insns, '\t'),
    '',
    'memset(&opts, 0, sizeof(opts));',
    'opts.ctx = (struct bpf_loader_ctx *)skel;',
    'opts.data_sz = sizeof(opts_data) - 1;',
    'opts.data = (void *)(unsigned long)opts_data;',
    'opts.insns_sz = sizeof(opts_insn) - 1;',
    'opts.insns = (void *)(unsigned long)opts_insn;',
    'err = bpf_load_and_run(&opts);',
    ...(loadSizes === undefined || loadSizes.length === 0 ? [] : oldLoader(loadSizes)),
    'return err < 0 ? err : 0;',
  ]);
}

function load(names: HeaderNames): string {
  const { data } = names;
  const finalize = data.flatMap((entry) => {
    const { member, map } = entry;
    const isReadOnly = (map.spec.flags & MapFlag.RDONLY_PROG) !== 0;
    return [
      `skel->${member} = (__typeof__(skel->${member}))skel_finalize_map_data(&skel->maps.${member}.initial_value,`,
      `\t\t${mapSize(entry)}, ${isReadOnly ? 'PROT_READ' : 'PROT_READ | PROT_WRITE'}, skel->maps.${member}.map_fd);`,
      `if (!skel->${member})`,
      '\treturn -ENOMEM;',
    ];
  });
  return finishLoad(names, finalize);
}

function openAndLoad({ name }: HeaderNames): string {
  return cFunction(`struct ${name} *`, `${name}__open_and_load(void)`, [
    `struct ${name} *skel = ${name}__open();`,
    `int err = skel ? ${name}__load(skel) : 0;`,
    '',
    'if (err) {',
    `\t${name}__destroy(skel);`,
    '#ifndef __KERNEL__',
    '\terrno = -err;',
    '#endif',
    '\treturn NULL;',
    '}',
    'return skel;',
  ]);
}

/** The compiler of the includer must see the same sizes as the compiler of the object. */
function asserts({ name, data }: HeaderNames): string {
  const checks = data.flatMap(({ member, members, map }) => {
    const lines = members
      .filter((item) => !item.isPadding)
      .map(
        (item) =>
          `_Static_assert(sizeof(s->${member}->${item.name}) == ${item.size}, ${quoted(`unexpected size of '${item.name}'`)});`,
      );
    return map.spec.origin === 'kconfig' ? ['#ifndef __KERNEL__', ...lines, '#endif'] : lines;
  });
  return [
    '#ifdef __cplusplus',
    '#define _Static_assert static_assert',
    '#endif',
    cFunction(
      'void',
      `${name}__assert(struct ${name} *s)`,
      ['(void)s;', ...checks],
      '__attribute__((unused)) static',
    ).trimEnd(),
    '#ifdef __cplusplus',
    '#undef _Static_assert',
    '#endif',
    '',
  ].join('\n');
}

/**
 * The C header of a light skeleton, with the members and functions that users of bpftool's know: NAME__open, __load, __open_and_load,
 * __attach, __detach, __destroy and one __attach a program. For C and C++, in user space and with -D__KERNEL__; `btf` is the object's,
 * for the types of its globals.
 */
export function writeHeader(
  skeleton: LightSkeleton,
  btf: Btf | undefined,
  options: HeaderOptions = {},
): string {
  const standalone = options.standalone ?? false;
  const names = headerNames(skeleton, btf, options.name ?? skeleton.name, standalone);
  const guard = `__${names.name.toUpperCase()}_SKEL_H__`;
  return [
    '/* SPDX-License-Identifier: MIT OR BSD-2-Clause */',
    `/* Light skeleton of ${names.name}, made by Hidsmith. Do not edit: export it again. */`,
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '',
    ...runtime(names, standalone),
    '#ifndef HIDSMITH_ATTACH_TYPE',
    standalone ? ATTACH_TYPE.standalone : ATTACH_TYPE.libbpf,
    '#endif',
    '',
    structure(names),
    ...attachFunctions(names),
    ...tableFunctions(names),
    ...hidFunctions(names),
    attach(names),
    detach(names),
    destroy(names),
    ...configFill(names),
    open(names, standalone),
    ...pinTable(names),
    runLoader(names),
    load(names),
    openAndLoad(names),
    asserts(names),
    `#endif /* ${guard} */`,
    '',
  ].join('\n');
}
