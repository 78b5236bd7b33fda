import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Btf } from '../btf/index.ts';
import { sharedPath } from '../testing/shared.ts';
import { EXPLANATION_RULES } from './explain-rules.ts';
import { explainMessage, explainVerdict, verifyProgram } from './index.ts';
import { oldstyleInput, readOldstyle } from './testing/oldstyle.ts';

/** The messages that driver authors meet most, and what they are about. */
const MESSAGES: readonly (readonly [last: string, code: string, before?: string | undefined])[] = [
  ['R0 !read_ok', 'register-not-set'],
  ['R7 !read_ok', 'register-not-set'],
  ["R0 invalid mem access 'map_value_or_null'", 'map-value-null'],
  ["R0 invalid mem access 'mem_or_null'", 'memory-null'],
  ["R0 invalid mem access 'scalar'", 'pointer-lost'],
  ["R6 invalid mem access 'trusted_ptr_or_null_'", 'argument-null'],
  [
    'R0 min value is outside of the allowed memory range',
    'map-value-bounds',
    'invalid access to map value, value_size=48 off=44 size=8',
  ],
  [
    'R0 max value is outside of the allowed memory range',
    'buffer-bounds',
    'invalid access to memory, mem_size=10 off=10 size=1',
  ],
  ['R0 unbounded memory access, make sure to bounds check any such access', 'unbounded-access'],
  ["R2 min value is negative, either use unsigned or 'var &= const'", 'size-negative'],
  ['invalid bpf_context access off=-8 size=8', 'context-access'],
  [
    'invalid bpf_context access off=16 size=8',
    'no-such-argument',
    "func 'test_1' doesn't have 3-th argument",
  ],
  [
    'invalid bpf_context access off=4 size=4',
    'argument-offset',
    "func 'test_1' offset 4 is not multiple of 8",
  ],
  ['dereference of modified ctx ptr R1 off=8 disallowed', 'context-modified'],
  ['write access at off 7191 with size 1 on read-only part of hid_device', 'read-only-field'],
  ['write access to this struct is not supported', 'read-only-struct'],
  ['invalid write to stack R10 off=-520 size=8', 'stack-overflow'],
  ['misaligned stack access off 0+0+-12 size 8', 'misaligned'],
  ['invalid read from stack off -8+0 size 8', 'stack-uninitialized'],
  ['combined stack size of 2 calls is 800. Too large', 'stack-combined'],
  ['math between fp pointer and register with unbounded min value is not allowed', 'pointer-unbounded'],
  ['R1 pointer arithmetic with *= operator prohibited', 'pointer-operator'],
  ['R0 pointer arithmetic on map_value_or_null prohibited, null-check it first', 'pointer-null-arithmetic'],
  ['R2 type=ctx expected=fp, pkt, pkt_meta, map_key', 'argument-type'],
  ['R1 type=scalar expected=map_ptr', 'map-pointer-expected'],
  ['unreachable insn 2', 'unreachable'],
  ['jump out of range from insn 0 to 11', 'jump-out'],
  ['last insn is not an exit or jmp', 'no-exit'],
  ['old state: R1=ctx() R10=fp0', 'endless-loop'],
  ['back-edge from insn 3 to 1', 'back-edge'],
  ['BPF program is too large. Processed 1000001 insn', 'too-complex'],
  ['program of this type cannot use helper bpf_sys_bpf#166', 'helper-not-allowed'],
  ['invalid func unknown#300', 'no-such-helper'],
  ['calling kernel function hid_bpf_get_data is not allowed', 'kfunc-not-allowed'],
  [
    'BPF_EXIT instruction in main prog would lead to reference leak',
    'reference-leak',
    'Unreleased reference id=2 alloc_insn=4',
  ],
  ['Possibly NULL pointer passed to trusted arg0', 'argument-may-be-null'],
  ['R1 must be referenced or trusted', 'argument-untrusted'],
  ['At program exit the register R0 has smin=77 smax=77 should have been in [0, 1]', 'return-range'],
  ['div by zero', 'divide-by-zero'],
  ['invalid shift 64', 'shift-too-far'],
  ['frame pointer is read only', 'frame-pointer'],
  ['BPF_MOV uses reserved fields', 'bad-instruction'],
  ['fd 99 is not pointing to valid bpf_map', 'not-a-map'],
  ['Syscall programs can only be sleepable', 'syscall-sleepable'],
  ['helper call might sleep in a non-sleepable prog', 'sleeping-call'],
  ['Expected an initialized dynptr as arg #1', 'dynptr-uninitialized'],
  ['expected an initialized iter_num as arg #0', 'dynptr-uninitialized'],
  ['function calls are not allowed while holding a lock', 'lock-held'],
];

describe('plain words for refusals', () => {
  it.each(MESSAGES)('explains %s', (...[last, code, before]) => {
    expect(explainMessage(last ?? '', before)?.code).toBe(code);
  });

  it('puts the numbers of the message into the sentence', () => {
    const explained = explainMessage(
      'R0 min value is outside of the allowed memory range',
      'invalid access to map value, value_size=48 off=44 size=8',
    );
    expect(explained?.what).toBe('An access leaves the map value (48 bytes; byte 44, 8 bytes)');
  });

  it('says what is wrong, why, and what mends it, and leaves no placeholder open', () => {
    for (const rule of EXPLANATION_RULES) {
      for (const text of [rule.what, rule.why, rule.mend]) expect(text.length).toBeGreaterThan(10);
      expect(rule.code).toMatch(/^[a-z-]+$/);
    }
    for (const [last, , before = ''] of MESSAGES) {
      expect(Object.values(explainMessage(last, before) ?? {}).join(' ')).not.toMatch(/\$\d/);
    }
  });

  it('says nothing about words it does not know', () => {
    expect(explainMessage('something new')).toBeUndefined();
  });

  const corpus = sharedPath('data/verifier/oldstyle.jsonl');
  const vmlinux = sharedPath('data/btf/vmlinux-6.12.117.btf');
  it.skipIf(corpus === undefined || vmlinux === undefined)(
    'explains nearly all refusals of the corpus (skipped where ../shared is absent)',
    () => {
      const btf = Btf.parse(new Uint8Array(readFileSync(vmlinux ?? '')));
      const refused = readOldstyle(corpus ?? '').filter((entry) => entry.kernel618?.got === false);
      const silent = refused.filter(
        (entry) => explainVerdict(verifyProgram(oldstyleInput(entry, 1, btf))) === undefined,
      );
      expect(silent.length / refused.length).toBeLessThan(0.1);
    },
  );
});
