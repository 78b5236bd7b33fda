import { Errno, ProgType } from '../abi/index.ts';
import { type ProgramSpec } from '../elf/index.ts';
import { type KernelType, type KernelTypes } from './kernel-types.ts';
import { refuse, type LoadError } from './load-error.ts';
import { targetInBtf } from './rules.ts';
import { type KernelStructOps } from './struct-ops.ts';

/** What PROG_LOAD says about where a program will be attached. */
export interface AttachTarget {
  /** attach_btf_id, 0 for programs that need none. */
  readonly btfId: number;
  /** attach_btf_obj_fd, 0 for vmlinux. */
  readonly objectFd: number;
  readonly expectedAttachType: number;
}

/**
 * Finds what a program's section or its struct_ops variables say it is for (libbpf: libbpf_prepare_prog_load).
 * Throws stage 'loader' where the kernel has no such thing.
 */
export function attachTarget(
  program: ProgramSpec,
  structOps: Iterable<KernelStructOps>,
  types: KernelTypes,
): AttachTarget {
  const { progType, expectedAttachType, sectionName } = program;
  if (progType === ProgType.UNSPEC) {
    throw refuseProgram(
      program,
      `libbpf knows no program type for section '${sectionName}'; see SEC() names, or write "?" before it to leave it out`,
    );
  }
  if (progType === ProgType.STRUCT_OPS) return structOpsTarget(program, structOps, types);
  if (!program.attachBtf) return { btfId: 0, objectFd: 0, expectedAttachType };
  if (program.attachTarget === undefined) {
    throw refuseProgram(program, `section '${sectionName}' names nothing to attach to`);
  }
  if (progType === ProgType.EXT) {
    throw refuseProgram(program, 'SEC("freplace/…") needs the descriptor of the program it extends');
  }
  const found = findInKernel(types, program.attachTarget, expectedAttachType);
  if (found === undefined) {
    throw refuseProgram(
      program,
      `this kernel has no '${program.attachTarget}' to attach to (section '${sectionName}')`,
      Errno.ESRCH,
    );
  }
  return { btfId: found.id, objectFd: types.objectFd(found), expectedAttachType };
}

function refuseProgram(program: ProgramSpec, why: string, errno: number = Errno.EINVAL): LoadError {
  return refuse(`program '${program.name}': ${why}`, errno, { program: program.name });
}

/** A struct_ops program may stand in several variables, but only in one member. */
function structOpsTarget(
  program: ProgramSpec,
  structOps: Iterable<KernelStructOps>,
  types: KernelTypes,
): AttachTarget {
  let target: AttachTarget | undefined;
  for (const ops of structOps) {
    for (const { program: name, memberIndex } of ops.slots) {
      if (name !== program.name) continue;
      target ??= {
        btfId: ops.typeId,
        objectFd: types.objectFd(ops.valueType),
        expectedAttachType: memberIndex,
      };
      if (target.btfId !== ops.typeId || target.expectedAttachType !== memberIndex) {
        throw refuseProgram(program, 'it stands in two different members; write it twice');
      }
    }
  }
  if (target !== undefined) return target;
  throw refuseProgram(
    program,
    `no struct_ops variable refers to it; put it into one, or drop its SEC("${program.sectionName}")`,
  );
}

/** `name` or `module:name` (libbpf: find_kernel_btf_id). */
function findInKernel(types: KernelTypes, target: string, attachType: number): KernelType | undefined {
  const { name, kind } = targetInBtf(target, attachType);
  const colon = target.indexOf(':');
  if (colon < 0) return types.find(name, kind);
  const module = target.slice(0, colon);
  const id = 'vmlinux'.startsWith(module) ? types.vmlinux.findByNameKind(name, kind) : undefined;
  if (id !== undefined) return { btf: types.vmlinux, id, module: undefined };
  return types.findInModules(name, kind, module);
}
