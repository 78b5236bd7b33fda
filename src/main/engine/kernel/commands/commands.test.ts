import { describe, expect, it } from 'vitest';
import { AttachType, BpfCmd, Errno, MapFlag, MapType, ProgFlag, ProgType } from '../../abi/index.ts';
import { BtfBuilder } from '../../btf/index.ts';
import { assemble, encodeInsns } from '../../isa/index.ts';
import { programDigest } from '../programs/tag.ts';
import { TestProcess, attr, testKernel, u32Bytes, u64Bytes, type AttrEntry } from '../testing/harness.ts';

const E = Errno;
const SYSCALL = { flags: ProgFlag.SLEEPABLE };
const RETURN_0 = assemble('r0 = 0\nexit');
const RETURN_42 = assemble('r0 = 42\nexit');

function root(profile = '6.12'): TestProcess {
  return new TestProcess(testKernel(profile));
}

const shared = root();

describe('the attribute', () => {
  it('may be longer than the kernel knows, as long as the rest is zero', () => {
    const good = attr(200, [0, MapType.ARRAY], [4, 4], [8, 4], [12, 1]);
    const fd = shared.bpf(BpfCmd.MAP_CREATE, good);
    expect(fd).toBeGreaterThan(2);
    shared.task.close(fd);
    good[199] = 1;
    expect(shared.bpf(BpfCmd.MAP_CREATE, good)).toBe(-E.E2BIG);
    expect(shared.bpf(BpfCmd.MAP_CREATE, new Uint8Array(4097))).toBe(-E.E2BIG);
  });

  it('must be zero behind the last field of the command', () => {
    const bytes = attr(100, [0, MapType.ARRAY], [4, 4], [8, 4], [12, 1]);
    bytes[90] = 1;
    expect(shared.bpf(BpfCmd.MAP_CREATE, bytes)).toBe(-E.EINVAL);
  });

  it('may be shorter than the command: what is missing is zero', () => {
    const fd = shared.bpf(BpfCmd.MAP_CREATE, attr(16, [0, MapType.ARRAY], [4, 4], [8, 4], [12, 1]));
    expect(fd).toBeGreaterThan(2);
    shared.task.close(fd);
  });

  it('of zeros gives what Linux answers to every command of a program and of a process', () => {
    const zero = (cmd: number): number => shared.bpf(cmd, new Uint8Array(144));
    expect(zero(BpfCmd.PROG_LOAD)).toBe(-E.E2BIG);
    expect(zero(BpfCmd.MAP_GET_FD_BY_ID)).toBe(-E.ENOENT);
    expect(zero(BpfCmd.BTF_LOAD)).toBe(-E.EINVAL);
    expect(zero(BpfCmd.MAP_CREATE)).toBe(-E.EINVAL);
    // Descriptor 0 is the standard input: open, but nothing of BPF's.
    expect(zero(BpfCmd.MAP_LOOKUP_ELEM)).toBe(-E.EINVAL);
    expect(zero(BpfCmd.OBJ_GET_INFO_BY_FD)).toBe(-E.EINVAL);
    expect(shared.bpf(BpfCmd.OBJ_GET_INFO_BY_FD, attr(16, [0, 99]))).toBe(-E.EBADFD);
    expect(zero(BpfCmd.TOKEN_CREATE)).toBe(-E.EINVAL);
    expect(zero(BpfCmd.PROG_STREAM_READ_BY_FD)).toBe(-E.EINVAL);
    expect(zero(99)).toBe(-E.EINVAL);
    expect(zero(-1)).toBe(-E.EINVAL);
  });

  it('has the size of each kernel: map_token_fd exists since 6.9', () => {
    const bytes = attr(80, [0, MapType.ARRAY], [4, 4], [8, 4], [12, 1], [76, 5]);
    expect(root('6.1').bpf(BpfCmd.MAP_CREATE, bytes)).toBe(-E.EINVAL);
    expect(shared.bpf(BpfCmd.MAP_CREATE, bytes)).toBeGreaterThan(2);
  });
});

describe('BPF_MAP_CREATE', () => {
  const create = (...entries: readonly AttrEntry[]): number => {
    const fd = shared.bpf(BpfCmd.MAP_CREATE, attr(80, ...entries));
    if (fd > 0) shared.task.close(fd);
    return fd > 0 ? 1 : fd;
  };
  const array: readonly AttrEntry[] = [
    [0, MapType.ARRAY],
    [4, 4],
    [8, 8],
    [12, 2],
  ];

  it('checks sizes, entries and flags of arrays and hashes', () => {
    expect(create(...array)).toBe(1);
    expect(create(...array, [12, 0])).toBe(-E.EINVAL);
    expect(create(...array, [4, 8])).toBe(-E.EINVAL);
    expect(create(...array, [8, 0])).toBe(-E.EINVAL);
    expect(create(...array, [16, 1 << 30])).toBe(-E.EINVAL);
    expect(create(...array, [0, 999])).toBe(-E.EINVAL);
    expect(create(...array, [0, MapType.UNSPEC])).toBe(-E.EINVAL);
    expect(create(...array, [16, MapFlag.RDONLY | MapFlag.WRONLY])).toBe(-E.EINVAL);
    expect(create(...array, [16, MapFlag.RDONLY_PROG | MapFlag.WRONLY_PROG])).toBe(-E.EINVAL);
    expect(create(...array, [0, MapType.HASH], [4, 0])).toBe(-E.EINVAL);
    expect(create(...array, [0, MapType.HASH], [16, MapFlag.NO_COMMON_LRU])).toBe(-E.EINVAL);
    expect(create(...array, [0, MapType.LRU_HASH], [16, MapFlag.NO_PREALLOC])).toBe(-E.ENOTSUPP);
    expect(create(...array, [0, MapType.HASH], [8, 5 << 20])).toBe(-E.E2BIG);
    expect(create(...array, [0, MapType.PERCPU_ARRAY], [8, 40000])).toBe(-E.E2BIG);
    expect(create(...array, [0, MapType.PERCPU_ARRAY], [16, MapFlag.MMAPABLE])).toBe(-E.EINVAL);
    expect(create(...array, [64, 1n])).toBe(-E.EINVAL);
    expect(create(...array, [44, 1])).toBe(-E.EOPNOTSUPP);
    expect(create(...array, [44, 99])).toBe(-E.EINVAL);
    expect(create(...array, [16, MapFlag.NUMA_NODE], [24, 3])).toBe(-E.EINVAL);
  });

  it('checks queues, ring buffers, tries and bloom filters', () => {
    expect(create([0, MapType.QUEUE], [8, 8], [12, 3])).toBe(1);
    expect(create([0, MapType.QUEUE], [4, 4], [8, 8], [12, 3])).toBe(-E.EINVAL);
    expect(create([0, MapType.RINGBUF], [12, 4096])).toBe(1);
    expect(create([0, MapType.RINGBUF], [12, 5000])).toBe(-E.EINVAL);
    expect(create([0, MapType.RINGBUF], [12, 2048])).toBe(-E.EINVAL);
    expect(create([0, MapType.LPM_TRIE], [4, 8], [8, 8], [12, 3], [16, 1])).toBe(1);
    expect(create([0, MapType.LPM_TRIE], [4, 8], [8, 8], [12, 3])).toBe(-E.EINVAL);
    expect(create([0, MapType.BLOOM_FILTER], [8, 8], [12, 3], [64, 3n])).toBe(1);
    expect(create([0, MapType.BLOOM_FILTER], [8, 8], [12, 3], [64, 16n])).toBe(-E.EINVAL);
    expect(create([0, MapType.STRUCT_OPS], [4, 4], [8, 8], [12, 1])).toBe(-E.EINVAL);
    expect(create([0, MapType.ARENA], [12, 1], [16, MapFlag.MMAPABLE])).toBe(1);
  });

  it('takes names of letters, digits, dot and underscore with a NUL', () => {
    const named = (name: string): number => {
      const bytes = attr(80, ...array);
      for (let i = 0; i < Math.min(name.length, 16); i++) bytes[28 + i] = name.charCodeAt(i);
      const fd = shared.bpf(BpfCmd.MAP_CREATE, bytes);
      if (fd > 0) shared.task.close(fd);
      return fd > 0 ? 1 : fd;
    };
    expect(named('driver.bss_1')).toBe(1);
    expect(named('fifteen_letters')).toBe(1);
    expect(named('sixteen_letters_')).toBe(-E.EINVAL);
    expect(named('bad-name')).toBe(-E.EINVAL);
  });

  it('wants BTF of the right sizes', () => {
    const builder = new BtfBuilder();
    const int = builder.int('int', 4);
    const bytes = builder.finish();
    const btf = shared.bpf(BpfCmd.BTF_LOAD, attr(28, [0, shared.memory.put(bytes)], [16, bytes.length]));
    expect(btf).toBeGreaterThan(2);
    const typed = (...entries: readonly AttrEntry[]): number =>
      create(...array, [8, 4], [48, btf], [52, int], [56, int], ...entries);
    expect(typed()).toBe(1);
    expect(typed([8, 8])).toBe(-E.EINVAL);
    expect(typed([56, 0])).toBe(-E.EINVAL);
    expect(typed([56, 99])).toBe(-E.EINVAL);
    expect(typed([48, 77])).toBe(-E.EBADF);
    expect(typed([60, 5])).toBe(-E.EINVAL);
    shared.task.close(btf);
  });

  it('is for the privileged', () => {
    const nobody = new TestProcess(shared.kernel, 'none');
    const some = new TestProcess(shared.kernel, 'bpf');
    expect(nobody.createMap(MapType.ARRAY, 4, 4, 1)).toBe(-E.EPERM);
    expect(nobody.createMap(MapType.ARRAY, 4, 4, 0)).toBe(-E.EINVAL);
    expect(some.createMap(MapType.LRU_HASH, 4, 4, 1)).toBeGreaterThan(2);
    expect(some.createMap(MapType.SOCKMAP, 4, 4, 1)).toBe(-E.EPERM);
    some.task.closeAll();
  });
});

describe('element commands', () => {
  it('answer for descriptors of no map', () => {
    const process = root();
    const prog = process.load(ProgType.SYSCALL, RETURN_0, SYSCALL);
    expect(process.lookup(99, u32Bytes(0), 4)).toBe(-E.EBADF);
    expect(process.lookup(prog, u32Bytes(0), 4)).toBe(-E.EINVAL);
  });

  it('know flags, ranges and missing keys of arrays', () => {
    const process = root();
    const fd = process.createMap(MapType.ARRAY, 4, 8, 2);
    expect(process.update(fd, u32Bytes(1), u64Bytes(7n))).toBe(0);
    expect(process.lookup(fd, u32Bytes(1), 8)).toEqual(u64Bytes(7n));
    expect(process.update(fd, u32Bytes(2), u64Bytes(7n))).toBe(-E.E2BIG);
    expect(process.lookup(fd, u32Bytes(2), 8)).toBe(-E.ENOENT);
    expect(process.update(fd, u32Bytes(1), u64Bytes(7n), 1n)).toBe(-E.EEXIST);
    expect(process.update(fd, u32Bytes(1), u64Bytes(7n), 3n)).toBe(-E.EINVAL);
    expect(process.update(fd, u32Bytes(1), u64Bytes(7n), 4n)).toBe(-E.EINVAL);
    expect(process.delete(fd, u32Bytes(1))).toBe(-E.EINVAL);
    expect(process.nextKey(fd, undefined, 4)).toEqual(u32Bytes(0));
    expect(process.nextKey(fd, u32Bytes(0), 4)).toEqual(u32Bytes(1));
    expect(process.nextKey(fd, u32Bytes(1), 4)).toBe(-E.ENOENT);
    expect(process.nextKey(fd, u32Bytes(77), 4)).toEqual(u32Bytes(0));
  });

  it('know existing, missing and too many keys of hashes', () => {
    const process = root();
    const fd = process.createMap(MapType.HASH, 4, 8, 2);
    expect(process.update(fd, u32Bytes(1), u64Bytes(1n), 2n)).toBe(-E.ENOENT);
    expect(process.update(fd, u32Bytes(1), u64Bytes(1n), 1n)).toBe(0);
    expect(process.update(fd, u32Bytes(1), u64Bytes(1n), 1n)).toBe(-E.EEXIST);
    expect(process.update(fd, u32Bytes(2), u64Bytes(2n))).toBe(0);
    expect(process.update(fd, u32Bytes(3), u64Bytes(3n))).toBe(-E.E2BIG);
    expect(process.delete(fd, u32Bytes(9))).toBe(-E.ENOENT);
    expect(process.delete(fd, u32Bytes(1))).toBe(0);
    expect(process.lookup(fd, u32Bytes(1), 8)).toBe(-E.ENOENT);
    expect(process.nextKey(fd, undefined, 4)).toEqual(u32Bytes(2));
  });

  it('give EFAULT for pointers to nowhere, and EINVAL for fields behind the key of a deletion', () => {
    const process = root();
    const fd = process.createMap(MapType.HASH, 4, 8, 2);
    expect(process.bpf(BpfCmd.MAP_UPDATE_ELEM, attr(32, [0, fd], [8, 1n], [16, 1n]))).toBe(-E.EFAULT);
    const key = process.memory.put(u32Bytes(1));
    expect(process.bpf(BpfCmd.MAP_UPDATE_ELEM, attr(32, [0, fd], [8, key], [16, 1n]))).toBe(-E.EFAULT);
    expect(process.bpf(BpfCmd.MAP_DELETE_ELEM, attr(32, [0, fd], [8, key], [16, key]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.MAP_LOOKUP_ELEM, attr(32, [0, fd], [8, key], [16, key], [24, 1n]))).toBe(
      -E.EINVAL,
    );
  });

  it('look up and delete in one', () => {
    const process = root();
    const fd = process.createMap(MapType.HASH, 4, 8, 2);
    process.update(fd, u32Bytes(1), u64Bytes(5n));
    const out = process.memory.allocate(8);
    const command = attr(32, [0, fd], [8, process.memory.put(u32Bytes(1))], [16, out]);
    expect(process.bpf(BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM, command)).toBe(0);
    expect(process.memory.read(out, 8)).toEqual(u64Bytes(5n));
    expect(process.bpf(BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM, command)).toBe(-E.ENOENT);
    const array = process.createMap(MapType.ARRAY, 4, 8, 2);
    expect(
      process.bpf(
        BpfCmd.MAP_LOOKUP_AND_DELETE_ELEM,
        attr(32, [0, array], [8, command.length === 0 ? 0n : out], [16, out]),
      ),
    ).toBe(-E.ENOTSUPP);
  });

  it('keep to what the descriptor may do', () => {
    const process = root();
    const readOnly = process.createMap(MapType.ARRAY, 4, 8, 1, MapFlag.RDONLY);
    expect(process.update(readOnly, u32Bytes(0), u64Bytes(1n))).toBe(-E.EPERM);
    expect(process.lookup(readOnly, u32Bytes(0), 8)).toEqual(u64Bytes(0n));
    const writeOnly = process.createMap(MapType.ARRAY, 4, 8, 1, MapFlag.WRONLY);
    expect(process.update(writeOnly, u32Bytes(0), u64Bytes(1n))).toBe(0);
    expect(process.lookup(writeOnly, u32Bytes(0), 8)).toBe(-E.EPERM);
  });

  it('leave a frozen map alone, and freeze only once', () => {
    const process = root();
    const fd = process.createMap(MapType.ARRAY, 4, 8, 1, MapFlag.MMAPABLE);
    const freeze = (): number => process.bpf(BpfCmd.MAP_FREEZE, attr(4, [0, fd]));
    const address = process.task.mmap(fd, 4096, { writable: true });
    expect(address).toBeGreaterThan(0n);
    expect(freeze()).toBe(-E.EBUSY);
    expect(process.task.munmap(address)).toBe(0);
    expect(freeze()).toBe(0);
    expect(freeze()).toBe(-E.EPERM);
    expect(process.update(fd, u32Bytes(0), u64Bytes(1n))).toBe(-E.EPERM);
    expect(process.lookup(fd, u32Bytes(0), 8)).toEqual(u64Bytes(0n));
    expect(process.task.mmap(fd, 4096, { writable: true })).toBe(BigInt(-E.EPERM));
  });

  it('do batches, and say how far they came', () => {
    const process = root();
    const fd = process.createMap(MapType.HASH, 4, 8, 3);
    const keys = process.memory.put(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0));
    const values = process.memory.put(new Uint8Array(32).fill(9));
    const batch = (cmd: number, count: number, ...more: readonly AttrEntry[]): [number, number] => {
      const bytes = attr(56, [16, keys], [24, values], [32, count], [36, fd], ...more);
      const rc = process.bpf(cmd, bytes);
      return [rc, new DataView(bytes.buffer).getUint32(32, true)];
    };
    expect(batch(BpfCmd.MAP_UPDATE_BATCH, 4)).toEqual([-E.E2BIG, 3]);
    const out = process.memory.allocate(8);
    // Whole buckets only: key 3 lies alone in bucket 0, 1 and 2 share bucket 2 (jhash, seed 0).
    expect(batch(BpfCmd.MAP_LOOKUP_BATCH, 2, [8, out])).toEqual([0, 1]);
    expect(batch(BpfCmd.MAP_LOOKUP_BATCH, 2, [0, out], [8, out])).toEqual([-E.ENOENT, 2]);
    expect(batch(BpfCmd.MAP_DELETE_BATCH, 2)).toEqual([0, 2]);
    expect(batch(BpfCmd.MAP_LOOKUP_AND_DELETE_BATCH, 9, [8, out])).toEqual([-E.ENOENT, 1]);
    expect(batch(BpfCmd.MAP_DELETE_BATCH, 1, [40, 1n])).toEqual([-E.EINVAL, 1]);
    expect(process.nextKey(fd, undefined, 4)).toBe(-E.ENOENT);
  });
});

describe('BPF_PROG_LOAD', () => {
  it('checks size, type, flags, name, licence pointer and attach type before anything else', () => {
    const process = root();
    const load = (...extra: readonly AttrEntry[]): number =>
      process.load(ProgType.SYSCALL, RETURN_0, { flags: ProgFlag.SLEEPABLE, extra });
    expect(load()).toBeGreaterThan(2);
    expect(load([4, 0])).toBe(-E.E2BIG);
    expect(load([4, 1_000_001])).toBe(-E.E2BIG);
    expect(load([44, 1 << 20])).toBe(-E.EINVAL);
    expect(load([0, 33])).toBe(-E.EINVAL);
    expect(load([0, ProgType.UNSPEC])).toBe(-E.EINVAL);
    expect(load([8, 8n])).toBe(-E.EFAULT);
    expect(load([16, 8n])).toBe(-E.EFAULT);
    expect(load([68, AttachType.TRACE_FENTRY])).toBe(-E.EINVAL);
    expect(load([108, 5])).toBe(-E.EINVAL);
    expect(load([112, 55])).toBe(-E.EINVAL);
    expect(load([48, 0x2d])).toBe(-E.EINVAL);
    expect(load([24, 1])).toBeGreaterThan(2);
    expect(load([28, 64])).toBe(-E.EINVAL);
    expect(load([24, 99])).toBe(-E.EINVAL);
    expect(load([88, 1], [76, 8], [72, 99])).toBe(-E.EBADF);
  });

  it('needs CAP_BPF, and CAP_PERFMON for tracing', () => {
    const nobody = new TestProcess(shared.kernel, 'none');
    const some = new TestProcess(shared.kernel, 'bpf');
    expect(nobody.load(ProgType.SOCKET_FILTER, RETURN_0)).toBe(-E.EPERM);
    expect(some.load(ProgType.SOCKET_FILTER, RETURN_0)).toBeGreaterThan(2);
    expect(some.load(ProgType.KPROBE, RETURN_0)).toBe(-E.EPERM);
    expect(some.load(ProgType.XDP, RETURN_0)).toBe(-E.EPERM);
    some.task.closeAll();
  });

  it('writes its log, and says ENOSPC where the log does not fit although the program is good', () => {
    const process = root();
    const log = process.memory.allocate(256);
    const load = (size: number): [number, number] => {
      const code = process.memory.put(encodeInsns(RETURN_0));
      const bytes = attr(
        148,
        [0, ProgType.SOCKET_FILTER],
        [4, 2],
        [8, code],
        [16, process.memory.putString('GPL')],
        [24, 1],
        [28, size],
        [32, log],
      );
      const rc = process.bpf(BpfCmd.PROG_LOAD, bytes);
      return [rc, new DataView(bytes.buffer).getUint32(140, true)];
    };
    const [fd, trueSize] = load(256);
    expect(fd).toBeGreaterThan(2);
    const text = process.memory.readString(log);
    expect(text).toMatch(/^processed 2 insns \(limit 1000000\).*\n$/);
    expect(trueSize).toBe(text.length + 1);
    expect(load(32)).toEqual([-E.ENOSPC, trueSize]);
    expect(process.memory.readString(log)).toBe(text.slice(-31));
    expect(process.kernel.objectCounts.progs).toBe(1);
  });

  it('keeps an exclusive map for the program with its hash (6.18)', () => {
    const process = root('6.18');
    const insns = (fd: number): ReturnType<typeof assemble> => assemble(`r1 = map_fd ${fd}\nr0 = 0\nexit`);
    const create = (hash: Uint8Array): number =>
      process.bpf(
        BpfCmd.MAP_CREATE,
        attr(
          92,
          [0, MapType.ARRAY],
          [4, 4],
          [8, 4],
          [12, 1],
          [80, process.memory.put(hash)],
          [88, hash.length],
        ),
      );
    const mine = create(programDigest(insns(0)));
    const other = create(new Uint8Array(32));
    expect(create(new Uint8Array(20))).toBe(-E.EINVAL);
    expect(process.load(ProgType.SYSCALL, insns(mine), SYSCALL)).toBeGreaterThan(2);
    expect(process.load(ProgType.SYSCALL, insns(other), SYSCALL)).toBe(-E.EACCES);
    expect(process.load(ProgType.SYSCALL, RETURN_0, { ...SYSCALL })).toBeGreaterThan(2);
  });

  it('gives the tag that the kernel gives', () => {
    const process = root();
    const fd = process.load(ProgType.SOCKET_FILTER, RETURN_0);
    // "r0 = 0; exit" is a04f5eef06a7f555 on every kernel before 6.18 (bpftool prog).
    expect(process.task.progByFd(fd).tag).toBe('a04f5eef06a7f555');
  });
});

describe('BPF_PROG_RUN of SYSCALL programs', () => {
  it('refuses what has no meaning for them', () => {
    const process = root();
    const fd = process.load(ProgType.SYSCALL, RETURN_42, SYSCALL);
    const context = process.memory.put(new Uint8Array(8));
    const run = (...entries: readonly AttrEntry[]): number =>
      process.bpf(BpfCmd.PROG_TEST_RUN, attr(80, [0, fd], ...entries));
    expect(run()).toBe(0);
    expect(run([40, 8], [48, context])).toBe(0);
    expect(run([40, 8])).toBe(-E.EINVAL);
    expect(run([48, context])).toBe(-E.EINVAL);
    expect(run([32, 1])).toBe(-E.EINVAL);
    expect(run([36, 1])).toBe(-E.EINVAL);
    expect(run([64, 1])).toBe(-E.EINVAL);
    expect(run([72, 1])).toBe(-E.EINVAL);
    expect(run([16, context])).toBe(-E.EINVAL);
    expect(run([24, context])).toBe(-E.EINVAL);
    expect(run([44, 8], [56, context])).toBe(-E.EINVAL);
    expect(run([76, 1])).toBe(-E.EINVAL);
    expect(run([40, 65536], [48, context])).toBe(-E.EINVAL);
    expect(run([40, 65535], [48, context])).toBe(-E.EFAULT);
    expect(process.run(fd)).toMatchObject({ rc: 0, retval: 42 });
  });

  it('is not for programs without a test run', () => {
    const process = root();
    const fd = process.load(ProgType.KPROBE, RETURN_0);
    expect(process.bpf(BpfCmd.PROG_TEST_RUN, attr(80, [0, fd]))).toBe(-E.ENOTSUPP);
    expect(process.bpf(BpfCmd.PROG_TEST_RUN, attr(80, [0, 77]))).toBe(-E.EBADF);
  });
});

describe('ids, info and pins', () => {
  it('list objects by id and open them, for root only', () => {
    const process = root();
    const fd = process.createMap(MapType.ARRAY, 4, 8, 1);
    const next = (start: number): [number, number] => {
      const bytes = attr(12, [0, start]);
      const rc = process.bpf(BpfCmd.MAP_GET_NEXT_ID, bytes);
      return [rc, new DataView(bytes.buffer).getUint32(4, true)];
    };
    expect(next(0)).toEqual([0, 1]);
    expect(next(1)).toEqual([-E.ENOENT, 0]);
    expect(next(0x7fff_ffff)).toEqual([-E.EINVAL, 0]);
    const again = process.bpf(BpfCmd.MAP_GET_FD_BY_ID, attr(12, [0, 1]));
    expect(process.task.mapByFd(again)).toBe(process.task.mapByFd(fd));
    expect(process.bpf(BpfCmd.MAP_GET_FD_BY_ID, attr(12, [0, 1], [8, 1]))).toBe(-E.EINVAL);
    const some = new TestProcess(process.kernel, 'bpf');
    expect(some.bpf(BpfCmd.MAP_GET_FD_BY_ID, attr(12, [0, 1]))).toBe(-E.EPERM);
    expect(some.bpf(BpfCmd.MAP_GET_NEXT_ID, attr(12, [0, 0]))).toBe(-E.EPERM);
    expect(process.bpf(BpfCmd.BTF_GET_FD_BY_ID, attr(4, [0, 1]))).toBeGreaterThan(2);
    expect(process.bpf(BpfCmd.PROG_GET_FD_BY_ID, attr(4, [0, 1]))).toBe(-E.ENOENT);
    expect(process.bpf(BpfCmd.LINK_GET_FD_BY_ID, attr(4, [0, 0]))).toBe(-E.ENOENT);
  });

  it('describe a map, and refuse a longer struct that says something', () => {
    const info = (profile: string, length: number, poke = 0): [number, number] => {
      const process = root(profile);
      const fd = process.createMap(MapType.ARRAY, 4, 8, 3);
      const bytes = new Uint8Array(length);
      if (poke > 0) bytes[poke] = 1;
      const address = process.memory.put(bytes);
      const command = attr(16, [0, fd], [4, length], [8, address]);
      const rc = process.bpf(BpfCmd.OBJ_GET_INFO_BY_FD, command);
      const view = new DataView(process.memory.read(address, length)!.buffer);
      if (rc === 0) expect([view.getUint32(0, true), view.getUint32(16, true)]).toEqual([2, 3]);
      return [rc, new DataView(command.buffer).getUint32(4, true)];
    };
    expect(info('6.12', 88)).toEqual([0, 88]);
    expect(info('6.12', 20)).toEqual([0, 20]);
    expect(info('6.12', 104)).toEqual([0, 88]);
    expect(info('6.12', 104, 96)[0]).toBe(-E.E2BIG);
    expect(info('6.18', 104)).toEqual([0, 104]);
  });

  it('keep pinned objects alive in a tree', () => {
    const process = root();
    const fd = process.createMap(MapType.ARRAY, 4, 8, 1);
    const pin = (path: string, file = fd): number =>
      process.bpf(BpfCmd.OBJ_PIN, attr(16, [0, process.memory.putString(path)], [8, file]));
    const get = (path: string, flags = 0): number =>
      process.bpf(BpfCmd.OBJ_GET, attr(16, [0, process.memory.putString(path)], [12, flags]));
    expect(pin('/sys/fs/bpf/one')).toBe(0);
    expect(pin('/sys/fs/bpf/one')).toBe(-E.EEXIST);
    expect(pin('/sys/fs/bpf/none/one')).toBe(-E.ENOENT);
    expect(pin('/sys/fs/bpf/a.b')).toBe(-E.EPERM);
    expect(pin('/tmp/one')).toBe(-E.EPERM);
    expect(pin('/sys/fs/bpf/two', 99)).toBe(-E.EINVAL);
    expect(process.kernel.bpffs.mkdir('/sys/fs/bpf/hid')).toBe(0);
    expect(pin('/sys/fs/bpf/hid/one')).toBe(0);
    process.task.close(fd);
    const again = get('/sys/fs/bpf/one');
    expect(process.lookup(again, u32Bytes(0), 8)).toEqual(u64Bytes(0n));
    expect(get('/sys/fs/bpf/other')).toBe(-E.ENOENT);
    expect(get('/sys/fs/bpf/one', 3 << 3)).toBe(-E.EINVAL);
    expect(process.update(get('/sys/fs/bpf/one', MapFlag.RDONLY), u32Bytes(0), u64Bytes(0n))).toBe(-E.EPERM);
    process.task.closeAll();
    expect(process.kernel.objectCounts.maps).toBe(1);
    process.kernel.bpffs.clear();
    expect(process.kernel.objectCounts.maps).toBe(0);
  });
});

describe('links, tokens, statistics', () => {
  it('are refused for what this kernel has not', () => {
    const process = root();
    const filter = process.load(ProgType.SOCKET_FILTER, RETURN_0);
    const link = (prog: number, type: number, target = 0): number =>
      process.bpf(BpfCmd.LINK_CREATE, attr(48, [0, prog], [4, target], [8, type]));
    expect(link(99, AttachType.TRACE_FENTRY)).toBe(-E.EBADF);
    expect(link(filter, AttachType.TRACE_FENTRY)).toBe(-E.EINVAL);
    const xdp = process.load(ProgType.XDP, RETURN_0);
    expect(link(xdp, AttachType.XDP)).toBe(-E.EINVAL);
    const kprobe = process.load(ProgType.KPROBE, RETURN_0);
    expect(link(kprobe, AttachType.PERF_EVENT, 99)).toBe(-E.EBADF);
    expect(link(kprobe, AttachType.PERF_EVENT, filter)).toBe(-E.EBADF);
    const array = process.createMap(MapType.ARRAY, 4, 4, 1);
    expect(link(array, AttachType.STRUCT_OPS)).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.LINK_DETACH, attr(4, [0, array]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.ITER_CREATE, attr(8, [0, 0], [4, 1]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.TOKEN_CREATE, attr(8, [0, 1]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.TOKEN_CREATE, attr(8, [4, array]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.PROG_ATTACH, attr(20, [8, AttachType.STRUCT_OPS]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.PROG_QUERY, attr(64, [4, AttachType.TRACE_FENTRY]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.TASK_FD_QUERY, attr(48, [0, 1]))).toBe(-E.ENOENT);
    expect(process.bpf(BpfCmd.TASK_FD_QUERY, attr(48, [0, process.task.pid], [4, array]))).toBe(-E.ENOTSUPP);
  });

  it('attach raw tracepoint programs by name', () => {
    const process = root();
    const prog = process.load(ProgType.RAW_TRACEPOINT, RETURN_0);
    const open = (name: bigint): number =>
      process.bpf(BpfCmd.RAW_TRACEPOINT_OPEN, attr(16, [0, name], [8, prog]));
    expect(open(0n)).toBe(-E.EFAULT);
    expect(open(process.memory.putString('no_such_event'))).toBe(-E.ENOENT);
    const fd = open(process.memory.putString('sys_enter'));
    expect(fd).toBeGreaterThan(2);
    process.kernel.targets.fire('sys_enter', [0n, 321n]);
    expect(process.task.progByFd(prog).stats.runs).toBe(1);
    // close(2) is a system call too; after it nothing is attached.
    process.task.close(fd);
    process.kernel.targets.fire('sys_enter', [0n, 321n]);
    expect(process.task.progByFd(prog).stats.runs).toBe(2);
  });

  it('count runs only while somebody wants to know', () => {
    const process = root();
    const prog = process.load(ProgType.SYSCALL, RETURN_42, SYSCALL);
    process.run(prog);
    const stats = process.bpf(BpfCmd.ENABLE_STATS, attr(4, [0, 0]));
    process.run(prog);
    process.task.close(stats);
    process.run(prog);
    expect(process.task.progByFd(prog).stats).toMatchObject({ runs: 3, counted: 1 });
    expect(process.bpf(BpfCmd.ENABLE_STATS, attr(4, [0, 1]))).toBe(-E.EINVAL);
  });

  it('keep a bound map alive', () => {
    const process = root();
    const prog = process.load(ProgType.SYSCALL, RETURN_0, SYSCALL);
    const map = process.createMap(MapType.ARRAY, 4, 4, 1);
    expect(process.bpf(BpfCmd.PROG_BIND_MAP, attr(12, [0, prog], [4, map], [8, 1]))).toBe(-E.EINVAL);
    expect(process.bpf(BpfCmd.PROG_BIND_MAP, attr(12, [0, prog], [4, map]))).toBe(0);
    expect(process.bpf(BpfCmd.PROG_BIND_MAP, attr(12, [0, prog], [4, map]))).toBe(0);
    process.task.close(map);
    expect(process.kernel.objectCounts.maps).toBe(1);
    process.task.close(prog);
    expect(process.kernel.objectCounts).toEqual({ progs: 0, maps: 0, links: 0, btfs: 0 });
  });
});

describe('descriptors', () => {
  it('are the lowest free numbers, can be duplicated, and close once', () => {
    const process = root();
    const first = process.createMap(MapType.ARRAY, 4, 4, 1);
    const second = process.task.dup(first);
    expect([first, second]).toEqual([3, 4]);
    expect(process.task.close(first)).toBe(0);
    expect(process.task.close(first)).toBe(-E.EBADF);
    expect(process.lookup(second, u32Bytes(0), 4)).toEqual(u32Bytes(0));
    expect(process.createMap(MapType.ARRAY, 4, 4, 1)).toBe(3);
    expect(process.task.dup(99)).toBe(-E.EBADF);
    process.task.closeAll();
    expect(process.kernel.objectCounts.maps).toBe(0);
  });

  it('run out at 1024, and nothing stays behind', () => {
    const process = root();
    const first = process.createMap(MapType.ARRAY, 4, 4, 1);
    for (let fd = first + 1; fd < 1024; fd++) process.task.dup(first);
    expect(process.createMap(MapType.ARRAY, 4, 4, 1)).toBe(-E.EMFILE);
    expect(process.task.dup(first)).toBe(-E.EMFILE);
    expect(process.kernel.objectCounts.maps).toBe(1);
  });
});
