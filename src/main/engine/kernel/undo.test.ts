import { describe, expect, it } from 'vitest';
import { BpfCmd, MapType, ProgFlag, ProgType } from '../abi/index.ts';
import { assemble } from '../isa/index.ts';
import type { Arena } from '../vm/index.ts';
import { TestProcess, testKernel, u32Bytes, u64Bytes } from './testing/harness.ts';

/** Runs `action` with a recorder and then takes back all that it did. */
function withUndo(arena: Arena, action: () => void): void {
  const undos: (() => void)[] = [];
  arena.recorder = {
    beforeWrite: (offset, size) => {
      const before = arena.bytes.slice(offset, offset + size);
      undos.push(() => arena.bytes.set(before, offset));
    },
    onUndo: (undo) => undos.push(undo),
  };
  action();
  arena.recorder = undefined;
  for (const undo of undos.reverse()) undo();
}

const SLEEPABLE = { flags: ProgFlag.SLEEPABLE };

describe('a recorded run', () => {
  for (const type of [MapType.HASH, MapType.LRU_HASH, MapType.PERCPU_HASH, MapType.ARRAY]) {
    it(`can be taken back: elements of map type ${type}`, () => {
      const p = new TestProcess(testKernel());
      const map = p.createMap(type, 4, 8, 4);
      const prog = p.load(
        ProgType.SYSCALL,
        assemble(`
          *(u32 *)(r10 -4) = 1
          *(u64 *)(r10 -16) = 99
          r1 = map_fd ${map}
          r2 = r10
          r2 += -4
          r3 = r10
          r3 += -16
          r4 = 0
          call 2
          *(u32 *)(r10 -4) = 2
          r1 = map_fd ${map}
          r2 = r10
          r2 += -4
          call 3
          r0 = 0
          exit`),
        SLEEPABLE,
      );
      const all = (): unknown =>
        [0, 1, 2, 3].map((key) => {
          const value = p.lookup(map, u32Bytes(key), 8);
          return typeof value === 'number' ? value : [...value];
        });
      for (const key of [1, 2, 3]) p.update(map, u32Bytes(key), u64Bytes(BigInt(key)));
      const before = all();
      withUndo(p.kernel.arena, () => expect(p.run(prog).rc).toBe(0));
      expect(all()).toEqual(before);
      expect(p.run(prog).rc).toBe(0);
      expect(all()).not.toEqual(before);
      p.kernel.endTask(p.task);
      expect(p.kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
    });
  }

  it('can be taken back: descriptors that were opened and closed, random numbers, prints, queues', () => {
    const p = new TestProcess(testKernel());
    const queue = p.createMap(MapType.QUEUE, 0, 8, 4);
    const victim = p.createMap(MapType.ARRAY, 4, 8, 1);
    const prog = p.load(
      ProgType.SYSCALL,
      assemble(`
        call 7
        *(u64 *)(r10 -8) = r0
        r1 = map_fd ${queue}
        r2 = r10
        r2 += -8
        r3 = 0
        call 87
        r1 = ${victim}
        call 168
        *(u64 *)(r10 -24) = 0x0041
        r1 = r10
        r1 += -24
        r2 = 8
        call 6
        *(u64 *)(r10 -24) = 0
        *(u64 *)(r10 -32) = 0
        *(u64 *)(r10 -40) = 0
        *(u32 *)(r10 -40) = 2
        *(u32 *)(r10 -36) = 4
        *(u32 *)(r10 -32) = 8
        *(u32 *)(r10 -28) = 1
        r1 = ${BpfCmd.MAP_CREATE}
        r2 = r10
        r2 += -40
        r3 = 24
        call 166
        exit`),
      SLEEPABLE,
    );
    expect(prog).toBeGreaterThan(2);
    const random = p.kernel.random();
    const again = testKernel();
    expect(again.random()).toBe(random);
    const expected = again.random();
    withUndo(p.kernel.arena, () => expect(p.run(prog)).toMatchObject({ rc: 0, retval: victim }));
    expect(p.lookup(queue, undefined, 8)).toBe(-2);
    expect(p.lookup(victim, u32Bytes(0), 8)).toEqual(u64Bytes(0n));
    expect(p.kernel.tracePipe.lines.length).toBe(0);
    expect(p.kernel.random()).toBe(expected);
    p.kernel.endTask(p.task);
    expect(p.kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });
});
