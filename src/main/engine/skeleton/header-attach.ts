import { AttachType, ProgType } from '../abi/index.ts';
import { type ProgramSpec } from '../elf/index.ts';
import { cFunction, quoted } from './c-text.ts';
import { type HeaderNames, type NamedProgram } from './header-names.ts';

/** C expression that attaches `prog_fd` where the program's SEC() says; undefined where a skeleton cannot. */
function attachExpression(program: ProgramSpec): string | undefined {
  const target = program.attachTarget ?? '';
  switch (program.autoAttach) {
    case 'raw-tracepoint':
      return target === ''
        ? undefined
        : `hidsmith_result(skel_raw_tracepoint_open(${quoted(target)}, prog_fd))`;
    case 'trace':
    case 'lsm':
      return program.progType === ProgType.EXT
        ? undefined
        : 'hidsmith_result(skel_raw_tracepoint_open(NULL, prog_fd))';
    case 'iter':
      return `hidsmith_result(skel_link_create(prog_fd, 0, ${iterator()}))`;
    case 'tracepoint':
      return target.includes('/') ? `hidsmith_attach_tracepoint(${quoted(target)}, prog_fd)` : undefined;
    case 'kprobe':
      return kprobe(program, target);
    default:
      return undefined;
  }
}

/** The attach type by number: enum bpf_attach_type is not there without libbpf's headers, and C++ wants the cast. */
function iterator(): string {
  return `HIDSMITH_ATTACH_TYPE(${AttachType.TRACE_ITER} /* BPF_TRACE_ITER */)`;
}

/** `kprobe/function+offset` */
function kprobe(program: ProgramSpec, target: string): string | undefined {
  const place = /^([\w.]+)(?:\+(0x[0-9a-f]+|\d+))?$/i.exec(target);
  if (place === null) return undefined;
  const isReturn = program.sectionName.startsWith('kretprobe') ? 1 : 0;
  return `hidsmith_attach_kprobe(${quoted(place[1] ?? '')}, ${place[2] ?? '0'}, ${isReturn}, prog_fd)`;
}

/** True if one of the programs is attached through perf events. */
export function needsPerf(programs: readonly NamedProgram[]): boolean {
  return programs.some(({ spec }) => attachExpression(spec)?.startsWith('hidsmith_attach_') ?? false);
}

/** SYSCALL programs are run, struct_ops programs stand in tables: neither is attached itself. */
function isAttached({ spec, isLoaded }: NamedProgram): boolean {
  return isLoaded && spec.progType !== ProgType.SYSCALL && spec.progType !== ProgType.STRUCT_OPS;
}

function attachProgram(name: string, program: NamedProgram): string {
  const { member, spec } = program;
  const head = `${name}__${member}__attach(struct ${name} *skel)`;
  const expression = attachExpression(spec);
  if (expression === undefined) {
    const why = `${spec.name} (SEC(${spec.sectionName})) is attached to something that a skeleton does not know: use progs.${member}.prog_fd`;
    return cFunction('int', head, [
      `hidsmith_say(skel->error, "%s", ${quoted(why)});`,
      'return -EOPNOTSUPP;',
    ]);
  }
  return cFunction('int', head, [
    `int prog_fd = skel->progs.${member}.prog_fd;`,
    `int fd = ${expression};`,
    '',
    'if (fd > 0)',
    `\tskel->links.${member}_fd = fd;`,
    'else',
    `\thidsmith_explain(skel->error, fd, "attach of ${member}", NULL, 0);`,
    'return fd;',
  ]);
}

/** One attach function a program. */
export function attachFunctions({ name, programs }: HeaderNames): string[] {
  return programs.map((program) => attachProgram(name, program));
}

/** Calls that attach every program that can be, and the result of those that cannot. */
export function attachCalls({ name, programs }: HeaderNames): {
  calls: string[];
  cannot: string | undefined;
} {
  const attached = programs.filter(isAttached);
  const call = (program: NamedProgram): string => `${name}__${program.member}__attach(skel)`;
  const can = attached.filter(({ spec }) => attachExpression(spec) !== undefined);
  const cannot = attached.find(({ spec }) => attachExpression(spec) === undefined);
  return {
    calls: can.map((program) => `ret = ret < 0 ? ret : ${call(program)};`),
    cannot: cannot === undefined ? undefined : call(cannot),
  };
}
