import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserMemory } from '../../engine/abi/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { openFile, OpenFlag, readOnce, readWhole, writeOnce } from './files.ts';
import { agentPath, HostError, type RealKernel, startLocalKernel } from './index.ts';
import { takeChanges } from './ranges.ts';

const resources = join(REPOSITORY, 'resources');

function agentRuns(): boolean {
  try {
    return spawnSync(agentPath({ resources }), [], { input: '' }).status === 0;
  } catch {
    return false;
  }
}

/** True for a process that is there and has not ended; one that nobody waits for stays in /proc as a zombie. */
function runs(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Starts an agent, prints its process id and waits to be killed. */
const OWNER = `
const { readWhole, startLocalKernel } = await import(process.argv[1]);
const kernel = startLocalKernel({ resources: process.argv[2] });
const status = new TextDecoder().decode(readWhole(kernel, '/proc/self/status'));
process.stdout.write(/^Pid:\\t(\\d+)/m.exec(status)[1]);
setInterval(() => undefined, 1000);
`;

describe.skipIf(!agentRuns())(
  'the kernel of this machine behind the agent (needs Linux on x86-64 or arm64)',
  () => {
    let kernel: RealKernel;
    beforeAll(() => {
      kernel = startLocalKernel({ resources });
    });
    afterAll(() => kernel.stop());

    it("tells the kernel's release", () => {
      expect(kernel.release).toBe(release());
    });

    it('runs a program and keeps its outputs, status, folder and time limit apart', () => {
      expect(kernel.run(['sh', '-c', 'echo out; echo err >&2; pwd; exit 3'], { cwd: '/' })).toEqual({
        status: 3,
        stdout: 'out\n/\n',
        stderr: 'err\n',
      });
      expect(kernel.run(['sleep', '9'], { timeoutMs: 50 }).status).toBe(137);
      expect(kernel.run(['there-is-no-such-program']).status).toBe(127);
      expect(kernel.run(['/etc/passwd']).status).toBe(126);
      const { stdout } = kernel.run(['seq', '1', '60000']);
      expect(stdout.length).toBe(348_894);
    });

    it('gives errors of system calls as negative errno values', () => {
      expect(kernel.close(-1)).toBe(-9);
      expect(openFile(kernel, '/there/is/nothing', OpenFlag.RDONLY)).toBe(-2);
      expect(kernel.syscall(99_999, [])).toBe(-38);
    });

    it("faults where the caller has no memory, as in the caller's own process", () => {
      const fd = openFile(kernel, '/dev/zero', OpenFlag.RDONLY);
      const memory = new UserMemory();
      const at = memory.allocate(4096);
      const read = (address: bigint, size: number): number =>
        kernel.call('read', [fd, address, size], memory);
      expect(read(at, 4096)).toBe(4096);
      expect(read(at + 0x10000n, 1)).toBe(-14);
      expect(read(0n, 1)).toBe(-14);
      memory.allocate(0x20000);
      expect(read(at + 0x10000n, 1)).toBe(1);
      kernel.close(fd);
    });

    it('reads files of any size', () => {
      const status = new TextDecoder().decode(readWhole(kernel, '/proc/self/status') as Uint8Array);
      expect(status).toMatch(/^Name:\tagent/);
    });

    it('carries any bytes both ways, whatever the memory held before', () => {
      const memory = new UserMemory();
      const path = '/dev/shm';
      const name = `hidsmith-agent-${process.pid}`;
      const fd = kernel.call('openat', [-100, memory.putString(`${path}/${name}`), 0o1102, 0o600], memory);
      expect(fd).toBeGreaterThanOrEqual(0);
      try {
        fc.assert(
          fc.property(
            fc.array(fc.oneof(fc.uint8Array({ maxLength: 9000 }), fc.nat(9000)), {
              minLength: 1,
              maxLength: 4,
            }),
            (parts) => {
              const bytes = Buffer.concat(
                parts.map((part) => (typeof part === 'number' ? new Uint8Array(part) : part)),
              );
              // lseek to the beginning
              kernel.syscall(kernel.machine === 'x86_64' ? 8 : 62, [fd, 0, 0]);
              expect(writeOnce(kernel, fd, bytes)).toBe(bytes.length);
              kernel.syscall(kernel.machine === 'x86_64' ? 8 : 62, [fd, 0, 0]);
              expect(Buffer.from(readOnce(kernel, fd, bytes.length) as Uint8Array).equals(bytes)).toBe(true);
            },
          ),
          { numRuns: 60 },
        );
      } finally {
        kernel.close(fd);
        kernel.run(['rm', `${path}/${name}`]);
      }
    });

    it('says that the agent is gone when it is', () => {
      const other = startLocalKernel({ resources });
      const pid = Number(
        /^Pid:\t(\d+)/m.exec(
          new TextDecoder().decode(readWhole(other, '/proc/self/status') as Uint8Array),
        )?.[1],
      );
      process.kill(pid);
      const ask = (): number => {
        for (;;) other.close(-1);
      };
      expect(ask).toThrow(HostError);
      expect(ask).toThrow(/agent of the real kernel has ended/);
      other.stop();
    });

    it('ends with the process that started it, also if that is killed: what it has loaded and attached goes with it', async () => {
      const entry = pathToFileURL(join(import.meta.dirname, 'index.ts')).href;
      const child = spawn(process.execPath, ['--input-type=module', '-e', OWNER, entry, resources], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [words] = (await once(child.stdout, 'data')) as [Buffer];
      const agent = Number(words.toString());
      expect(runs(agent)).toBe(true);
      child.kill('SIGKILL');
      await once(child, 'close');
      await expect.poll(() => runs(agent), { timeout: 5000 }).toBe(false);
    });
  },
);

describe('the agent for a machine', () => {
  it('is there for x86-64 and arm64, and elsewhere the error says what there is', () => {
    expect(agentPath({ resources, platform: 'linux', architecture: 'arm64' })).toMatch(/agent-aarch64$/);
    expect(() => agentPath({ resources, platform: 'darwin' })).toThrow(/on Linux only, this is darwin/);
    expect(() => agentPath({ resources, platform: 'linux', architecture: 's390x' })).toThrow(
      /no agent for s390x/,
    );
    expect(() => agentPath({ resources: '/nowhere', platform: 'linux', architecture: 'x64' })).toThrow(
      /is missing/,
    );
  });
});

describe('the bytes that cross the line', () => {
  it('are those that differ: put over the old ones they give the new ones', () => {
    const sparse = fc.array(fc.tuple(fc.nat(20_000), fc.nat(255)), { maxLength: 200 });
    fc.assert(
      fc.property(sparse, sparse, (before, after) => {
        const known = new Uint8Array(20_001);
        for (const [at, value] of before) known[at] = value;
        const there = known.slice();
        const now = known.slice();
        for (const [at, value] of after) now[at] = value;
        const ranges = takeChanges(known, now, 7);
        for (const { offset, bytes } of ranges) there.set(bytes, offset - 7);
        expect(there).toEqual(now);
        expect(known).toEqual(now);
        expect(takeChanges(known, now, 0)).toEqual([]);
      }),
    );
  });
});
