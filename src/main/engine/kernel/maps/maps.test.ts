import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Errno, MapFlag, MapType, ProgFlag, ProgType } from '../../abi/index.ts';
import { assemble } from '../../isa/index.ts';
import { TestProcess, testKernel, u32Bytes, u64Bytes } from '../testing/harness.ts';
import { LruList } from './lru-list.ts';
import type { RingbufMap } from './ringbuf.ts';

const E = Errno;
const kernel = testKernel();

function process(): TestProcess {
  return new TestProcess(kernel);
}

describe('queues and stacks', () => {
  it('give values in and against their order, and say when they are full or empty', () => {
    for (const [type, order] of [
      [MapType.QUEUE, [1n, 2n]],
      [MapType.STACK, [2n, 1n]],
    ] as const) {
      const p = process();
      const fd = p.createMap(type, 0, 8, 2);
      const take = (): Uint8Array | number => {
        const out = p.memory.allocate(8);
        const attr = new Uint8Array(32);
        const view = new DataView(attr.buffer);
        view.setUint32(0, fd, true);
        view.setBigUint64(16, out, true);
        const rc = p.bpf(21, attr);
        return rc < 0 ? rc : p.memory.read(out, 8)!;
      };
      expect(take()).toBe(-E.ENOENT);
      expect(p.update(fd, undefined, u64Bytes(1n))).toBe(0);
      expect(p.update(fd, undefined, u64Bytes(2n))).toBe(0);
      expect(p.update(fd, undefined, u64Bytes(3n))).toBe(-E.E2BIG);
      expect(p.update(fd, undefined, u64Bytes(3n), 1n)).toBe(-E.EINVAL);
      expect(p.update(fd, u32Bytes(1), u64Bytes(3n))).toBe(-E.EINVAL);
      expect(p.lookup(fd, undefined, 8)).toEqual(u64Bytes(order[0]));
      expect(take()).toEqual(u64Bytes(order[0]));
      expect(take()).toEqual(u64Bytes(order[1]));
      expect(p.update(fd, undefined, u64Bytes(4n), 2n)).toBe(0);
      p.task.closeAll();
    }
  });

  it('drop the oldest value of a full queue for BPF_EXIST', () => {
    const p = process();
    const fd = p.createMap(MapType.QUEUE, 0, 8, 2);
    for (const value of [1n, 2n, 3n]) expect(p.update(fd, undefined, u64Bytes(value), 2n)).toBe(0);
    expect(p.lookup(fd, undefined, 8)).toEqual(u64Bytes(2n));
    p.task.closeAll();
  });
});

describe('maps in maps', () => {
  it('take maps of the shape of their template only, and show ids', () => {
    const p = process();
    const inner = p.createMap(MapType.ARRAY, 4, 8, 2);
    const same = p.createMap(MapType.ARRAY, 4, 8, 2);
    const longer = p.createMap(MapType.ARRAY, 4, 8, 3);
    const outer = p.createMap(MapType.ARRAY_OF_MAPS, 4, 4, 2, 0, [[20, inner]]);
    expect(p.update(outer, u32Bytes(0), u32Bytes(same))).toBe(0);
    expect(p.lookup(outer, u32Bytes(0), 4)).toEqual(u32Bytes(p.task.mapByFd(same).id));
    expect(p.update(outer, u32Bytes(0), u32Bytes(longer))).toBe(-E.EINVAL);
    expect(p.update(outer, u32Bytes(0), u32Bytes(99))).toBe(-E.EBADF);
    expect(p.lookup(outer, u32Bytes(1), 4)).toBe(-E.ENOENT);
    expect(p.delete(outer, u32Bytes(0))).toBe(0);
    expect(p.delete(outer, u32Bytes(0))).toBe(-E.ENOENT);
    expect(p.createMap(MapType.ARRAY_OF_MAPS, 4, 4, 2, 0, [[20, outer]])).toBe(-E.EINVAL);
    expect(p.createMap(MapType.ARRAY_OF_MAPS, 4, 8, 2, 0, [[20, inner]])).toBe(-E.EINVAL);
    expect(p.createMap(MapType.ARRAY_OF_MAPS, 4, 4, 2, 0, [[20, 99]])).toBe(-E.EBADF);
    const hash = p.createMap(MapType.HASH_OF_MAPS, 8, 4, 1, 0, [[20, inner]]);
    expect(p.update(hash, u64Bytes(5n), u32Bytes(same))).toBe(0);
    expect(p.update(hash, u64Bytes(6n), u32Bytes(same))).toBe(-E.E2BIG);
    expect(p.update(hash, u64Bytes(5n), u32Bytes(inner))).toBe(0);
    expect(p.lookup(hash, u64Bytes(5n), 4)).toEqual(u32Bytes(p.task.mapByFd(inner).id));
    p.task.closeAll();
    expect(kernel.objectCounts.maps).toBe(0);
  });
});

describe('LPM tries', () => {
  it('find the longest prefix', () => {
    const p = process();
    const fd = p.createMap(MapType.LPM_TRIE, 8, 8, 4, MapFlag.NO_PREALLOC);
    const key = (prefix: number, ...bytes: number[]): Uint8Array => Uint8Array.of(prefix, 0, 0, 0, ...bytes);
    expect(p.update(fd, key(8, 10, 0, 0, 0), u64Bytes(8n))).toBe(0);
    expect(p.update(fd, key(16, 10, 1, 0, 0), u64Bytes(16n))).toBe(0);
    expect(p.lookup(fd, key(32, 10, 1, 2, 3), 8)).toEqual(u64Bytes(16n));
    expect(p.lookup(fd, key(32, 10, 2, 2, 3), 8)).toEqual(u64Bytes(8n));
    expect(p.lookup(fd, key(32, 11, 2, 2, 3), 8)).toBe(-E.ENOENT);
    expect(p.update(fd, key(33, 10, 0, 0, 0), u64Bytes(8n))).toBe(-E.EINVAL);
    expect(p.delete(fd, key(16, 10, 1, 9, 9))).toBe(0);
    expect(p.lookup(fd, key(32, 10, 1, 2, 3), 8)).toEqual(u64Bytes(8n));
    p.task.closeAll();
  });
});

describe('bloom filters', () => {
  it('never forget what was added', () => {
    const p = process();
    const fd = p.createMap(MapType.BLOOM_FILTER, 0, 8, 100);
    const has = (value: bigint): number => {
      const attr = new Uint8Array(32);
      const view = new DataView(attr.buffer);
      view.setUint32(0, fd, true);
      view.setBigUint64(16, p.memory.put(u64Bytes(value)), true);
      return p.bpf(1, attr);
    };
    for (let i = 0n; i < 50n; i++) expect(p.update(fd, undefined, u64Bytes(i))).toBe(0);
    for (let i = 0n; i < 50n; i++) expect(has(i)).toBe(0);
    const others = Array.from({ length: 200 }, (_, i) => has(BigInt(i + 1000)));
    expect(others.filter((rc) => rc === -E.ENOENT).length).toBeGreaterThan(150);
    p.task.closeAll();
  });
});

describe('LRU maps', () => {
  it('make room by dropping what was not used', () => {
    const p = process();
    const fd = p.createMap(MapType.LRU_HASH, 4, 8, 4);
    for (let i = 0; i < 20; i++) expect(p.update(fd, u32Bytes(i), u64Bytes(BigInt(i)))).toBe(0);
    let count = 0;
    for (let key = p.nextKey(fd, undefined, 4); typeof key !== 'number'; key = p.nextKey(fd, key, 4)) count++;
    expect(count).toBeLessThanOrEqual(4);
    expect(p.lookup(fd, u32Bytes(19), 8)).toEqual(u64Bytes(19n));
    expect(p.lookup(fd, u32Bytes(0), 8)).toBe(-E.ENOENT);
    expect(p.update(fd, u32Bytes(77), u64Bytes(1n), 2n)).toBe(-E.ENOENT);
    p.task.closeAll();
  });

  it('can take every step back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 40 }), (steps) => {
        const inTable = new Set<number>();
        const list = new LruList([0, 1, 2, 3, 4, 5], false, 1, (element) => inTable.delete(element));
        const nodes = new Map<number, ReturnType<typeof list.take>>();
        for (const [touch, pick] of steps) {
          const before = JSON.stringify([...inTable]);
          const undo = list.snapshot();
          if (touch) {
            const node = nodes.get([...inTable][pick % Math.max(inTable.size, 1)] ?? -1);
            if (node !== undefined) node.referenced = true;
          } else {
            const node = list.take();
            expect(node).toBeDefined();
            inTable.add(node!.element);
            nodes.set(node!.element, node);
          }
          const after = list.snapshot();
          undo();
          after();
          expect(inTable.size).toBeLessThanOrEqual(6);
          expect(before.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('programs and maps', () => {
  const SLEEPABLE = { flags: ProgFlag.SLEEPABLE };

  it('see and change the same values as system calls do', () => {
    const p = process();
    const fd = p.createMap(MapType.HASH, 4, 8, 4);
    const prog = p.load(
      ProgType.SYSCALL,
      assemble(`
        *(u32 *)(r10 -4) = 7
        r1 = map_fd ${fd}
        r2 = r10
        r2 += -4
        call 1
        if r0 != 0 goto found
        *(u64 *)(r10 -16) = 1
        r1 = map_fd ${fd}
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call 2
        exit
      found:
        r1 = *(u64 *)(r0 +0)
        r1 += 1
        *(u64 *)(r0 +0) = r1
        r0 = r1
        exit`),
      SLEEPABLE,
    );
    expect(prog).toBeGreaterThan(2);
    expect([p.run(prog), p.run(prog), p.run(prog)].map(({ retval }) => retval)).toEqual([0, 2, 3]);
    expect(p.lookup(fd, u32Bytes(7), 8)).toEqual(u64Bytes(3n));
    p.task.closeAll();
    expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });

  it('tail-call through a prog_array, and go on where a slot is empty', () => {
    const p = process();
    const array = p.createMap(MapType.PROG_ARRAY, 4, 4, 2);
    const caller = (index: number): number =>
      p.load(ProgType.SOCKET_FILTER, assemble(`r2 = map_fd ${array}\nr3 = ${index}\ncall 12\nr0 = 5\nexit`));
    const target = p.load(ProgType.SOCKET_FILTER, assemble('r0 = 9\nexit'));
    const other = p.load(ProgType.KPROBE, assemble('r0 = 9\nexit'));
    const [zero, one] = [caller(0), caller(1)];
    expect(p.update(array, u32Bytes(0), u32Bytes(target))).toBe(0);
    expect(p.update(array, u32Bytes(0), u32Bytes(other))).toBe(-E.EINVAL);
    expect(p.update(array, u32Bytes(2), u32Bytes(target))).toBe(-E.E2BIG);
    expect(p.lookup(array, u32Bytes(0), 4)).toEqual(u32Bytes(p.task.progByFd(target).id));
    const packet = p.memory.put(new Uint8Array(64));
    const run = (fd: number): number => {
      const attr = new Uint8Array(80);
      const view = new DataView(attr.buffer);
      view.setUint32(0, fd, true);
      view.setUint32(8, 64, true);
      view.setBigUint64(16, packet, true);
      expect(p.bpf(10, attr)).toBe(0);
      return view.getUint32(4, true);
    };
    expect([run(zero), run(one)]).toEqual([9, 5]);
    p.task.close(array);
    expect(run(zero)).toBe(5);
    p.task.closeAll();
    expect(kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });

  it('fill a ring buffer as far as a real one goes', () => {
    const p = process();
    const fd = p.createMap(MapType.RINGBUF, 0, 0, 4096);
    const ring = p.task.mapByFd(fd) as RingbufMap;
    const prog = p.load(
      ProgType.SYSCALL,
      assemble(`
        *(u64 *)(r10 -8) = 3
        r1 = map_fd ${fd}
        r2 = r10
        r2 += -8
        r3 = 8
        r4 = 0
        call 130
        exit`),
      SLEEPABLE,
    );
    const results = Array.from({ length: 257 }, () => p.run(prog).retval);
    // 16 bytes a record; one byte of the ring stays free, so the 256th does not fit.
    expect(results.indexOf(-E.EAGAIN)).toBe(255);
    expect(ring.query(0)).toBe(255 * 16);
    expect(ring.consume().length).toBe(255);
    expect(ring.query(0)).toBe(0);
    expect(p.run(prog).retval).toBe(0);
    expect(ring.pending).toEqual([u64Bytes(3n)]);
    p.task.closeAll();
  });

  it('cannot write to a map that is read-only for them, and the kernel still can', () => {
    const p = process();
    const fd = p.createMap(MapType.ARRAY, 4, 8, 1, MapFlag.RDONLY_PROG);
    expect(p.update(fd, u32Bytes(0), u64Bytes(6n))).toBe(0);
    const prog = p.load(
      ProgType.SYSCALL,
      assemble(`r1 = map_value ${fd}+0\nr0 = *(u64 *)(r1 +0)\nexit`),
      SLEEPABLE,
    );
    expect(p.run(prog).retval).toBe(6);
    const writer = assemble(`r1 = map_value ${fd}+0\n*(u64 *)(r1 +0) = 1\nr0 = 0\nexit`);
    expect(p.load(ProgType.SYSCALL, writer, SLEEPABLE)).toBe(-E.EACCES);
    p.task.closeAll();
  });
});
