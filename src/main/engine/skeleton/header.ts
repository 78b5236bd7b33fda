import { AttachType, MapFlag, ProgType } from '../abi/index.ts';
import { type Btf } from '../btf/index.ts';
import { type ProgramSpec } from '../elf/index.ts';
import { cIdentifier, type DataMember, dataMembers, isVisibleData, mapIdentifier } from './data-struct.ts';
import { type LightSkeleton, type SkeletonMap } from './light-skeleton.ts';
import { STANDALONE_RUNTIME } from './runtime.ts';

export interface HeaderOptions {
  /** Prefix of all names: `NAME__open()`. The object's name unless told. */
  readonly name?: string;
  /** True: the header brings its own runtime and needs no libbpf. */
  readonly standalone?: boolean;
}

const LINE_WIDTH = 76;
/** PROT_READ, PROT_READ | PROT_WRITE. */
const PROTECTION = { read: 'PROT_READ', write: 'PROT_READ | PROT_WRITE' } as const;

/** Bytes as a C string literal, in lines; an octal NUL cannot run into what follows because every other byte is `\\x`. */
function stringLiteral(bytes: Uint8Array, indentation: string): string {
  const lines: string[] = [];
  let line = '';
  for (const byte of bytes) {
    const text = byte === 0 ? '\\0' : `\\x${byte.toString(16).padStart(2, '0')}`;
    if (line.length + text.length > LINE_WIDTH) {
      lines.push(line);
      line = '';
    }
    line += text;
  }
  lines.push(line);
  return lines.map((text) => `${indentation}"${text}"`).join('\n');
}

/** How a program is attached by itself: the C expression that gives its fd, or why there is none. */
function attachExpression(program: ProgramSpec): { expression: string; isSupported: boolean } {
  switch (program.progType) {
    case ProgType.RAW_TRACEPOINT:
    case ProgType.RAW_TRACEPOINT_WRITABLE:
      return program.attachTarget === undefined || program.attachTarget === ''
        ? { expression: '-EOPNOTSUPP', isSupported: false }
        : { expression: `skel_raw_tracepoint_open("${program.attachTarget}", prog_fd)`, isSupported: true };
    case ProgType.TRACING:
    case ProgType.LSM:
      if (program.expectedAttachType === AttachType.TRACE_ITER) {
        return {
          expression: `skel_link_create(prog_fd, 0, ${AttachType.TRACE_ITER} /* BPF_TRACE_ITER */)`,
          isSupported: true,
        };
      }
      return { expression: 'skel_raw_tracepoint_open(NULL, prog_fd)', isSupported: true };
    default:
      return { expression: '-EOPNOTSUPP', isSupported: false };
  }
}

/** A data map with its struct, as user space sees it. */
interface DataMap {
  readonly map: SkeletonMap;
  readonly member: string;
  readonly members: readonly DataMember[];
}

class HeaderWriter {
  readonly #skeleton: LightSkeleton;
  readonly #name: string;
  readonly #standalone: boolean;
  readonly #data: readonly DataMap[];

  constructor(skeleton: LightSkeleton, btf: Btf | undefined, options: HeaderOptions) {
    this.#skeleton = skeleton;
    this.#name = cIdentifier(options.name ?? skeleton.name);
    this.#standalone = options.standalone ?? false;
    this.#data =
      btf === undefined
        ? []
        : skeleton.maps
            .filter((map) => isVisibleData(map.spec))
            .map((map) => ({ map, member: mapIdentifier(map.spec), members: dataMembers(btf, map.spec) }));
  }

  write(): string {
    const guard = `__${this.#name.toUpperCase()}_SKEL_H__`;
    return [
      '/* SPDX-License-Identifier: MIT OR BSD-2-Clause */',
      `/* Light skeleton of ${this.#name}, made by Hidsmith. Do not edit: export it again. */`,
      `#ifndef ${guard}`,
      `#define ${guard}`,
      '',
      this.#standalone
        ? STANDALONE_RUNTIME.trimEnd()
        : '#include <errno.h>\n#include <stdlib.h>\n#include <bpf/skel_internal.h>',
      '',
      this.#struct(),
      ...this.#skeleton.programs.map(({ spec }) => this.#attachProgram(spec)),
      this.#attach(),
      this.#detach(),
      this.#destroy(),
      this.#open(),
      this.#load(),
      this.#openAndLoad(),
      this.#assert(),
      `#endif /* ${guard} */`,
      '',
    ].join('\n');
  }

  /** Size of the memory of a data map: whole pages of the machine that runs it. */
  #mapSize({ map }: DataMap): string {
    if (this.#standalone) return `skel_page_round(${map.spec.valueSize})`;
    return `${this.#name}__page_round(${map.spec.valueSize})`;
  }

  #struct(): string {
    const { maps, programs } = this.#skeleton;
    const block = (type: string, names: readonly string[], member: string): string[] =>
      names.length === 0
        ? []
        : ['\tstruct {', ...names.map((name) => `\t\t${type} ${name};`), `\t} ${member};`];
    const data = this.#data.map(({ member, members }) => {
      const fields = members.map(({ declaration }) => `\t\t${declaration};`);
      return [`\tstruct ${this.#name}__${member} {`, ...fields, `\t} *${member};`].join('\n');
    });
    const lines = [
      `struct ${this.#name} {`,
      '\tstruct bpf_loader_ctx ctx;',
      ...block(
        'struct bpf_map_desc',
        maps.map((map) => mapIdentifier(map.spec)),
        'maps',
      ),
      ...block(
        'struct bpf_prog_desc',
        programs.map(({ spec }) => cIdentifier(spec.name)),
        'progs',
      ),
      ...block(
        'int',
        programs.map(({ spec }) => `${cIdentifier(spec.name)}_fd`),
        'links',
      ),
      ...data,
      '};',
      '',
    ];
    if (this.#standalone || this.#data.length === 0) return lines.join('\n');
    const round = [
      `static inline size_t ${this.#name}__page_round(size_t size)`,
      '{',
      '#ifdef __KERNEL__',
      '\tsize_t page = PAGE_SIZE;',
      '#else',
      '\tsize_t page = (size_t)sysconf(_SC_PAGESIZE);',
      '#endif',
      '',
      '\treturn (size + page - 1) / page * page;',
      '}',
      '',
    ];
    return [...lines, ...round].join('\n');
  }

  #attachProgram(program: ProgramSpec): string {
    const name = cIdentifier(program.name);
    const { expression, isSupported } = attachExpression(program);
    const head = [`static inline int`, `${this.#name}__${name}__attach(struct ${this.#name} *skel)`, '{'];
    if (!isSupported) {
      return [
        ...head,
        '\t/* it cannot be attached without knowing what to */',
        '\t(void)skel;',
        '\treturn -EOPNOTSUPP;',
        '}',
        '',
      ].join('\n');
    }
    return [
      ...head,
      `\tint prog_fd = skel->progs.${name}.prog_fd;`,
      `\tint fd = ${expression};`,
      '',
      '\tif (fd > 0)',
      `\t\tskel->links.${name}_fd = fd;`,
      '\treturn fd;',
      '}',
      '',
    ].join('\n');
  }

  /** Attaches what can be attached by itself. Programs that are run or attached by hand (SEC without a hook) are left alone. */
  #attach(): string {
    const attached = this.#skeleton.programs.filter(
      ({ spec }) => attachExpression(spec).isSupported || spec.autoAttach !== 'none',
    );
    const calls = attached.map(
      ({ spec }) => `\tret = ret < 0 ? ret : ${this.#name}__${cIdentifier(spec.name)}__attach(skel);`,
    );
    return [
      'static inline int',
      `${this.#name}__attach(struct ${this.#name} *skel)`,
      '{',
      '\tint ret = 0;',
      '',
      ...(calls.length === 0 ? ['\t(void)skel;'] : calls),
      '\treturn ret < 0 ? ret : 0;',
      '}',
      '',
    ].join('\n');
  }

  #detach(): string {
    const { programs } = this.#skeleton;
    const calls = programs.map(({ spec }) => {
      const link = `skel->links.${cIdentifier(spec.name)}_fd`;
      return `\tskel_closenz(${link});\n\t${link} = 0;`;
    });
    return [
      'static inline void',
      `${this.#name}__detach(struct ${this.#name} *skel)`,
      '{',
      ...(calls.length === 0 ? ['\t(void)skel;'] : calls),
      '}',
      '',
    ].join('\n');
  }

  #destroy(): string {
    const { maps, programs } = this.#skeleton;
    const data = this.#data.map(
      (entry) =>
        `\tskel_free_map_data(skel->${entry.member}, skel->maps.${entry.member}.initial_value, ${this.#mapSize(entry)});`,
    );
    return [
      '__attribute__((unused)) static void',
      `${this.#name}__destroy(struct ${this.#name} *skel)`,
      '{',
      '\tif (!skel)',
      '\t\treturn;',
      `\t${this.#name}__detach(skel);`,
      ...programs.map(({ spec }) => `\tskel_closenz(skel->progs.${cIdentifier(spec.name)}.prog_fd);`),
      ...data,
      ...maps.map((map) => `\tskel_closenz(skel->maps.${mapIdentifier(map.spec)}.map_fd);`),
      '\tskel_free(skel);',
      '}',
      '',
    ].join('\n');
  }

  #open(): string {
    const data = this.#data.map((entry) => {
      const { member, map } = entry;
      return [
        '\t{',
        '\t\tstatic const char data[] __attribute__((__aligned__(8))) =',
        `${stringLiteral(map.spec.initialValue ?? new Uint8Array(0), '\t\t\t')};`,
        '',
        `\t\tskel->${member} = (__typeof__(skel->${member}))skel_prep_map_data(data, ${this.#mapSize(entry)}, sizeof(data) - 1);`,
        `\t\tif (!skel->${member})`,
        '\t\t\tgoto cleanup;',
        `\t\tskel->maps.${member}.initial_value = (uint64_t)(uintptr_t)skel->${member};`
          .replaceAll('uint64_t', this.#standalone ? 'uint64_t' : '__u64')
          .replaceAll('uintptr_t', this.#standalone ? 'uintptr_t' : 'unsigned long'),
        '\t}',
      ].join('\n');
    });
    const { programs, maps } = this.#skeleton;
    const size = 24 + 16 * maps.length + 4 * programs.length;
    return [
      `static inline struct ${this.#name} *`,
      `${this.#name}__open(void)`,
      '{',
      `\tstruct ${this.#name} *skel;`,
      '',
      `\tskel = (struct ${this.#name} *)skel_alloc(sizeof(*skel));`,
      '\tif (!skel)',
      '\t\treturn NULL;',
      `\tskel->ctx.sz = ${size}; /* loader context, map and program descriptors */`,
      ...data,
      '\treturn skel;',
      ...(data.length === 0 ? [] : ['cleanup:', `\t${this.#name}__destroy(skel);`, '\treturn NULL;']),
      '}',
      '',
    ].join('\n');
  }

  #load(): string {
    const data = this.#data.map((entry) => {
      const { member, map } = entry;
      const isReadOnly = (map.spec.flags & MapFlag.RDONLY_PROG) !== 0;
      const protection = isReadOnly ? PROTECTION.read : PROTECTION.write;
      return [
        `\tskel->${member} = (__typeof__(skel->${member}))skel_finalize_map_data(&skel->maps.${member}.initial_value,`,
        `\t\t\t${this.#mapSize(entry)}, ${protection}, skel->maps.${member}.map_fd);`,
        `\tif (!skel->${member})`,
        '\t\treturn -ENOMEM;',
      ].join('\n');
    });
    const bytes = (name: string, value: Uint8Array): string =>
      [
        `\tstatic const char ${name}[] __attribute__((__aligned__(8))) =`,
        `${stringLiteral(value, '\t\t')};`,
      ].join('\n');
    return [
      'static inline int',
      `${this.#name}__load(struct ${this.#name} *skel)`,
      '{',
      '\tstruct bpf_load_and_run_opts opts;',
      '\tint err;',
      bytes('opts_data', this.#skeleton.data),
      bytes('opts_insn', this.#skeleton.insns),
      '',
      '\tmemset(&opts, 0, sizeof(opts));',
      '\topts.ctx = (struct bpf_loader_ctx *)skel;',
      '\topts.data_sz = sizeof(opts_data) - 1;',
      '\topts.data = opts_data;',
      '\topts.insns_sz = sizeof(opts_insn) - 1;',
      '\topts.insns = opts_insn;',
      '',
      '\terr = bpf_load_and_run(&opts);',
      '\tif (err < 0)',
      '\t\treturn err;',
      ...data,
      '\treturn err;',
      '}',
      '',
    ].join('\n');
  }

  #openAndLoad(): string {
    return [
      `static inline struct ${this.#name} *`,
      `${this.#name}__open_and_load(void)`,
      '{',
      `\tstruct ${this.#name} *skel = ${this.#name}__open();`,
      '',
      '\tif (!skel)',
      '\t\treturn NULL;',
      `\tif (${this.#name}__load(skel)) {`,
      `\t\t${this.#name}__destroy(skel);`,
      '\t\treturn NULL;',
      '\t}',
      '\treturn skel;',
      '}',
      '',
    ].join('\n');
  }

  /** The compiler of the includer must see the same sizes as the compiler of the object. */
  #assert(): string {
    const checks = this.#data.flatMap(({ member, members }) =>
      members
        .filter((item) => !item.isPadding)
        .map(
          (item) =>
            `\t_Static_assert(sizeof(s->${member}->${item.name}) == ${item.size}, "unexpected size of '${item.name}'");`,
        ),
    );
    return [
      '__attribute__((unused)) static void',
      `${this.#name}__assert(struct ${this.#name} *s)`,
      '{',
      '#ifdef __cplusplus',
      '#define _Static_assert static_assert',
      '#endif',
      '\t(void)s;',
      ...checks,
      '#ifdef __cplusplus',
      '#undef _Static_assert',
      '#endif',
      '}',
      '',
    ].join('\n');
  }
}

/**
 * The C header of a light skeleton, with the members and functions that users of bpftool's know: NAME__open, __load, __open_and_load,
 * __attach, __detach, __destroy and one __attach a program. For C and C++; `btf` is the object's, for the types of its globals.
 */
export function writeHeader(
  skeleton: LightSkeleton,
  btf: Btf | undefined,
  options: HeaderOptions = {},
): string {
  return new HeaderWriter(skeleton, btf, options).write();
}
