import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/index.ts';
import { objectNameOf, parseObject } from '../elf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  Btf,
  BtfBuilder,
  BtfKind,
  CORE_POISON_IMM,
  CoreKind,
  findCoreCandidates,
  formatCoreSpec,
  parseCoreSpec,
  patchCore,
  resolveCore,
  type CoreInsn,
  type CoreResult,
} from './index.ts';

/** The program's view: a struct with some members, an array, an enum and a bit field. */
function local(): Btf {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { encoding: 1 }); // 1
  const u16 = b.int('unsigned short', 2); // 2
  const u64 = b.int('unsigned long', 8); // 3
  const array = b.array(int, int, 4); // 4
  b.struct('device', 32, [
    { name: 'bus', type: u16, bitOffset: 0 },
    { name: 'list', type: array, bitOffset: 32 },
    { name: 'id', type: int, bitOffset: 160 },
    { name: 'big', type: u64, bitOffset: 192 },
  ]); // 5
  b.enum('color', [
    { name: 'RED', value: 1n },
    { name: 'BLUE___new', value: -1n },
  ]); // 6
  b.struct('flags___mine', 4, [
    { name: 'a', type: int, bitOffset: 0, bitfieldSize: 3 },
    { name: 'b', type: int, bitOffset: 3, bitfieldSize: 7 },
  ]); // 7
  b.struct('gone', 4, [{ name: 'x', type: int, bitOffset: 0 }]); // 8
  b.pointer(5); // 9
  b.struct('', 4, [{ name: 'x', type: int, bitOffset: 0 }]); // 10
  return Btf.parse(b.finish());
}

/** The kernel's: members moved, one hidden in a nameless struct, one wider. */
function target(): Btf {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { encoding: 1 }); // 1
  const u32 = b.int('unsigned int', 4); // 2
  const u64 = b.int('unsigned long', 8); // 3
  const array = b.array(int, int, 6); // 4
  const inner = b.struct('', 8, [
    { name: 'pad', type: int, bitOffset: 0 },
    { name: 'id', type: int, bitOffset: 32 },
  ]); // 5
  b.struct('device', 64, [
    { name: 'list', type: array, bitOffset: 64 },
    { name: '', type: inner, bitOffset: 256 },
    { name: 'bus', type: u32, bitOffset: 320 },
    { name: 'big', type: u64, bitOffset: 384 },
  ]); // 6
  b.enum('color', [
    { name: 'BLUE', value: -5n },
    { name: 'GREEN', value: 2n },
  ]); // 7
  b.struct('flags', 8, [{ name: 'b', type: u64, bitOffset: 5, bitfieldSize: 9 }]); // 8
  return Btf.parse(b.finish());
}

const ours = local();
const theirs = target();
const at = { program: 'prog', index: 0 };

function resolve(typeId: number, access: string, kind: number): CoreResult {
  return resolveCore(ours, { insn: 0, typeId, access, kind }, findCoreCandidates(ours, typeId, [theirs]), at);
}

describe('CO-RE values', () => {
  it.each<[string, number, string, number, bigint, bigint]>([
    ['offset of a member that moved', 5, '0:2', CoreKind.FIELD_BYTE_OFFSET, 20n, 36n],
    ['offset of an array element', 5, '0:1:3', CoreKind.FIELD_BYTE_OFFSET, 16n, 20n],
    ['offset in the next object', 5, '1:2', CoreKind.FIELD_BYTE_OFFSET, 52n, 100n],
    ['size of a member', 5, '0:0', CoreKind.FIELD_BYTE_SIZE, 2n, 4n],
    ['existence', 5, '0:3', CoreKind.FIELD_EXISTS, 1n, 1n],
    ['signedness', 5, '0:0', CoreKind.FIELD_SIGNED, 0n, 0n],
    ['left shift of a bit field', 7, '0:1', CoreKind.FIELD_LSHIFT_U64, 54n, 50n],
    ['right shift of a bit field', 7, '0:1', CoreKind.FIELD_RSHIFT_U64, 57n, 55n],
    ['a type’s own id', 5, '0', CoreKind.TYPE_ID_LOCAL, 5n, 5n],
    ['the target’s id', 5, '0', CoreKind.TYPE_ID_TARGET, 5n, 6n],
    ['existence of a type', 5, '0', CoreKind.TYPE_EXISTS, 1n, 1n],
    ['absence of a type', 8, '0', CoreKind.TYPE_EXISTS, 1n, 0n],
    ['size of a type', 5, '0', CoreKind.TYPE_SIZE, 32n, 64n],
    ['size of a missing type', 8, '0', CoreKind.TYPE_SIZE, 4n, 0n],
    ['existence of an enumerator with a flavor', 6, '1', CoreKind.ENUMVAL_EXISTS, 1n, 1n],
    ['absence of an enumerator', 6, '0', CoreKind.ENUMVAL_EXISTS, 1n, 0n],
    ['value of an enumerator, sign-extended', 6, '1', CoreKind.ENUMVAL_VALUE, 2n ** 64n - 1n, 2n ** 64n - 5n],
    ['a match that fails for an int of another size', 5, '0', CoreKind.TYPE_MATCHES, 1n, 0n],
  ])('%s', (_what, typeId, access, kind, original, value) => {
    const result = resolve(typeId, access, kind);
    expect([result.original, result.value, result.poison]).toEqual([original, value, false]);
  });

  it('poisons what the target does not have', () => {
    expect(resolve(8, '0:0', CoreKind.FIELD_BYTE_OFFSET).poison).toBe(true);
    expect(resolve(6, '0', CoreKind.ENUMVAL_VALUE).poison).toBe(true);
  });

  it('refuses what makes no sense with the words of libbpf', () => {
    expect(() => resolve(5, '0:9', CoreKind.FIELD_BYTE_OFFSET)).toThrow(
      "prog 'prog': relo #0: parsing [5] struct device + 0:9 failed: -22",
    );
    expect(() => resolve(10, '0:0', CoreKind.FIELD_BYTE_OFFSET)).toThrow(
      "<byte_off> (0) relocation doesn't support anonymous types",
    );
    expect(() => resolve(5, '1:x', CoreKind.FIELD_EXISTS)).toThrow(EngineError);
  });

  it('refuses candidates that disagree and narrows them to those that match', () => {
    const b = new BtfBuilder();
    const int = b.int('int', 4, { encoding: 1 });
    b.struct('device', 4, [{ name: 'other', type: int, bitOffset: 0 }]);
    b.struct('device___2', 8, [{ name: 'id', type: int, bitOffset: 32 }]);
    b.struct('device___3', 8, [{ name: 'id', type: int, bitOffset: 0 }]);
    const btf = Btf.parse(b.finish());
    const relocation = { insn: 0, typeId: 5, access: '0:2', kind: CoreKind.FIELD_BYTE_OFFSET };
    const candidates = findCoreCandidates(ours, 5, [btf]);
    expect(candidates.map(({ id }) => id)).toEqual([2, 3, 4]);
    expect(() => resolveCore(ours, relocation, candidates, at)).toThrow('field offset ambiguity: 0 != 32');
    const two = resolveCore(ours, relocation, candidates.slice(0, 2), at);
    expect(two.candidates.map(({ id }) => id)).toEqual([3]);
  });

  it('prints a place as libbpf does', () => {
    const spec = parseCoreSpec(ours, { insn: 0, typeId: 5, access: '0:1:3', kind: 0 });
    expect(typeof spec === 'number' ? '' : formatCoreSpec(spec)).toBe(
      '<byte_off> [5] struct device.list[3] (0:1:3 @ offset 16)',
    );
  });
});

describe('CO-RE patches', () => {
  const insn = (code: number, off: number, imm: number): CoreInsn => ({ code, dst: 1, src: 0, off, imm });

  it('changes the immediate of arithmetic, if it was the expected one', () => {
    const insns = [insn(0xb7, 0, 32)];
    patchCore(insns, 0, resolve(5, '0', CoreKind.TYPE_SIZE), at);
    expect(insns[0]?.imm).toBe(64);
    expect(() =>
      patchCore([insn(0xb7, 0, 0)], 0, resolve(5, '0', CoreKind.TYPE_SIZE), { program: '', index: 107 }),
    ).toThrow("prog '': relo #107: unexpected insn #0 (ALU/ALU64) value: got 0, exp 32 -> 64");
  });

  it('changes offset and size of a load', () => {
    const insns = [insn(0x69, 0, 0)]; // r = *(u16 *)(r + 0)
    patchCore(insns, 0, resolve(5, '0:0', CoreKind.FIELD_BYTE_OFFSET), at);
    expect(insns[0]).toMatchObject({ code: 0x61, off: 40 });
  });

  it('changes both halves of a 64-bit constant', () => {
    const insns = [insn(0x18, 0, -1), { code: 0, dst: 0, src: 0, off: 0, imm: -1 }];
    patchCore(insns, 0, resolve(6, '1', CoreKind.ENUMVAL_VALUE), at);
    expect(insns.map(({ imm }) => imm)).toEqual([-5, -1]);
  });

  it('turns what cannot be done into an invalid call', () => {
    const insns = [insn(0x18, 0, 1), { code: 0, dst: 0, src: 0, off: 0, imm: 0 }];
    patchCore(insns, 0, resolve(6, '0', CoreKind.ENUMVAL_VALUE), at);
    expect(insns.map(({ code, imm }) => [code, imm])).toEqual([
      [0x85, CORE_POISON_IMM],
      [0x85, CORE_POISON_IMM],
    ]);
  });
});

const vmlinux = sharedPath('data/btf/vmlinux-6.12.117.btf');
const cases = sharedPath('data/hid-bpf/cases');

describe.skipIf(vmlinux === undefined || cases === undefined)(
  'CO-RE against Linux 6.12 (needs ../shared/data)',
  () => {
    it('finds the members of struct hid_device where the kernel has them', () => {
      const kernel = Btf.parse(new Uint8Array(readFileSync(vmlinux!)));
      const device = kernel.typeOfKind(kernel.findByNameKind('hid_device', BtfKind.STRUCT)!, BtfKind.STRUCT)!;
      const offsets = new Map(device.members.map((member) => [member.name, member.bitOffset / 8]));
      const spec = parseObject(new Uint8Array(readFileSync(join(cases!, 'case25-core-names/driver.bpf.o'))), {
        name: objectNameOf('driver.bpf.o'),
      });
      let seen = 0;
      for (const func of spec.functions) {
        const insns = func.insns.map((insn) => ({ ...insn }));
        for (const [index, relocation] of func.coreRelocations.entries()) {
          const candidates = findCoreCandidates(spec.btf!, relocation.typeId, [kernel]);
          const result = resolveCore(spec.btf!, relocation, candidates, { program: func.name, index });
          patchCore(insns, relocation.insn, result, { program: func.name, index });
          const member = /^<byte_off> .*struct hid_device\.(\w+) \(/.exec(result.localText)?.[1];
          if (member === undefined) continue;
          seen++;
          expect(result.value).toBe(BigInt(offsets.get(member)!));
        }
      }
      expect(seen).toBeGreaterThan(3);
    });
  },
);
