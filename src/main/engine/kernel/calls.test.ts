import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BpfCmd } from '../abi/index.ts';
import { CALL_FILES, playSimulated, readCalls, stepsOf } from './testing/calls/list.ts';
import { parseCalls } from './testing/calls/parse.ts';

describe("a C program's view of bpf(2)", () => {
  const sections = readCalls();

  it('is the same on the simulated kernel as the answers that the real 6.12 gave', () => {
    const linux = stepsOf(readFileSync(CALL_FILES.linux, 'utf8'));
    const here = stepsOf(playSimulated(sections));
    expect(here.length).toBe(linux.length);
    expect(here.filter((step, index) => step !== linux[index])).toEqual([]);
  });

  it('is kept as it is answered now', () => {
    expect(playSimulated(sections)).toBe(readFileSync(CALL_FILES.simulated, 'utf8'));
  });

  it('covers every command, with at least 200 calls that succeed and 200 that fail', () => {
    const verbs = new Set(sections.flatMap(({ steps }) => steps.map(({ verb }) => verb)));
    const missing = Object.keys(BpfCmd).filter((name) => !verbs.has(name));
    expect(missing).toEqual(['PROG_STREAM_READ_BY_FD']);
    const steps = stepsOf(readFileSync(CALL_FILES.linux, 'utf8')).filter((step) => !step.startsWith('## '));
    const failed = steps.filter((step) => /\n {4}= -/.test(step)).length;
    expect(failed).toBeGreaterThan(200);
    expect(steps.length - failed).toBeGreaterThan(200);
  });
});

describe('a list of calls', () => {
  it('says in which line it cannot be read', () => {
    expect(() => parseCalls('x = MAP_CREATE')).toThrow('line 1: a step before the first section');
    expect(() => parseCalls('## a\nMAP_CREATE insns={r0 = 0')).toThrow("line 2: '}' is missing");
    expect(() => parseCalls('## a\n\nMAP_CREATE key=%')).toThrow("line 3: '%' is no value");
  });

  it('goes on in lines that begin with blanks', () => {
    const [section] = parseCalls('## a\nx = close\n  $m\n# no step\n');
    expect(section?.steps).toMatchObject([{ name: 'x', verb: 'close', line: 2 }]);
    expect(section?.steps[0]?.values).toEqual([{ kind: 'result', name: 'm' }]);
  });
});
