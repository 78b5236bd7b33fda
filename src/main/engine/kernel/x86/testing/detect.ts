/** What a real kernel's machine is like, told by the code that it makes. */
import { BpfCmd, MapType, ProgType, UserMemory, type BpfSyscalls } from '../../../abi/index.ts';
import { PseudoSource, assemble, encodeInsns, ldImm64, type Insn } from '../../../isa/index.ts';
import { encodeAttr } from '../../../loader/index.ts';
import { codeOf } from '../../../verifier/testing/fuzz/door.ts';
import type { Processor } from '../processor.ts';

/** Machine code of a socket filter. */
function codeFor(syscalls: BpfSyscalls, insns: readonly Insn[]): Uint8Array {
  const memory = new UserMemory();
  const fd = syscalls.bpf(
    BpfCmd.PROG_LOAD,
    encodeAttr(BpfCmd.PROG_LOAD, {
      prog_type: ProgType.SOCKET_FILTER,
      insns: memory.put(encodeInsns(insns)),
      insn_cnt: insns.length,
      license: memory.putString('GPL'),
    }),
    memory,
  );
  if (fd < 0) throw new Error(`the kernel refuses a plain program: errno ${-fd}`);
  try {
    return codeOf(syscalls, fd).jited;
  } finally {
    syscalls.close(fd);
  }
}

function includes(code: Uint8Array, bytes: readonly number[]): boolean {
  return code.some((_, at) => bytes.every((byte, i) => code[at + i] === byte));
}

/** @throws Error where the kernel makes no machine code or may not be asked. */
export function detectProcessor(syscalls: BpfSyscalls): Processor {
  const plain = codeFor(syscalls, assemble('r0 = 0\nexit'));
  const shifted = codeFor(syscalls, assemble('r0 = 1\nr2 = 3\nr0 <<= r2\nexit'));
  const memory = new UserMemory();
  const map = syscalls.bpf(
    BpfCmd.MAP_CREATE,
    encodeAttr(BpfCmd.MAP_CREATE, {
      map_type: MapType.PROG_ARRAY,
      key_size: 4,
      value_size: 4,
      max_entries: 4,
    }),
    memory,
  );
  if (map < 0) throw new Error(`the kernel makes no map: errno ${-map}`);
  const tailCall = codeFor(syscalls, [
    ...assemble('r6 = r1\ncall bpf_get_prandom_u32#7\nr3 = r0\nr1 = r6'),
    ...ldImm64(2, BigInt(map), PseudoSource.MAP_FD),
    ...assemble('call bpf_tail_call#12\nr0 = 0\nexit'),
  ]);
  syscalls.close(map);
  return {
    marksTargets: plain[0] === 0xf3,
    hasBmi2: includes(shifted, [0xc4]),
    returnsByThunk: includes(plain, [0xc9, 0xe9]),
    jumpsByThunk: !includes(tailCall, [0xff, 0xe1]),
    stopsBehindReturns: includes(plain, [0xc9, 0xc3, 0xcc]),
    stopsBehindJumps: includes(tailCall, [0xff, 0xe1, 0xcc]),
  };
}
