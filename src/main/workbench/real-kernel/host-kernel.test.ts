import { mkdtempSync } from 'node:fs';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type MethodName, type Params, type Result } from '../../../preload/contract/index.ts';
import { EngineError } from '../../engine/base/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { HostError } from '../../host/real-kernel/index.ts';
import { createWorkbench, openObject, type Workbench } from '../index.ts';
import { Resources } from '../resources.ts';
import { verifyOnHost } from './host-attachment.ts';
import { HostKernel } from './host-kernel.ts';
import { openHostTwin } from './host-replay.ts';
import { openLocalMachine } from './machine.ts';

const RESOURCES = join(REPOSITORY, 'resources');
const SAMPLES = join(RESOURCES, 'samples');
const KERNEL = 'host';

/** What this machine's kernel can do, and why not. */
function state(): { usable: boolean; hidBpf: boolean } {
  try {
    const machine = openLocalMachine(new Resources(RESOURCES));
    try {
      return { usable: true, hidBpf: machine.btf.findByName('hid_bpf_ops') !== undefined };
    } finally {
      machine.stop();
    }
  } catch {
    return { usable: false, hidBpf: false };
  }
}
const machine = state();

/** Agents that run as children of this process. One that was told to end takes a moment to do so. */
function agents(): number {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return (
          /agent-/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) &&
          readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nPPid:\t${process.pid}\n`) &&
          !readFileSync(`/proc/${pid}/status`, 'utf8').includes('State:\tZ')
        );
      } catch {
        return false;
      }
    }).length;
}

const open: Workbench[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A workbench with a fake mouse, whose kernel is that of this machine. */
async function bench(templateId: string): Promise<{
  call: <M extends MethodName>(method: M, params: Params<M>) => Promise<Result<M>>;
  projectId: string;
  sessionId: string;
}> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'hidsmith-host-'));
  const fakeDevices = join(dataFolder, 'devices.json');
  const recording = join(SAMPLES, 'mouse-swap-buttons/recording.hid');
  writeFileSync(fakeDevices, JSON.stringify({ devices: [{ recording }] }));
  const raw = createWorkbench({ dataFolder, resources: RESOURCES, shell: 'web', version: '0', fakeDevices });
  open.push(raw);
  const call = <M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> =>
    raw.call(method, params) as Promise<never>;
  await call('settings.set', { settings: { kernel: KERNEL } });
  const { summary, sessionIds } = await call('project.create', { templateId, name: 'Project' });
  return { call, projectId: summary.projectId, sessionId: sessionIds[0] ?? '' };
}

describe.skipIf(process.platform !== 'linux')('the kernel of this machine in the app', () => {
  it('is offered after the simulated ones, with its release', async () => {
    const { call } = await bench('mouse-swap-buttons');
    const { kernels } = await call('app.info', {});
    expect(kernels.at(-1)).toEqual({ version: 'host', label: `this machine’s Linux ${release()}` });
    expect(await call('kernel.state', {})).toMatchObject({ version: 'host', simulated: false });
  });

  it.skipIf(!machine.usable)('gives its own verifier’s verdicts', async () => {
    const { call, projectId } = await bench('syscall-adder');
    const verdicts = await call('project.verify', { projectId });
    expect(verdicts).toMatchObject([{ accepted: true, errno: 0 }]);
    await expect.poll(agents).toBe(0);
  });

  it.skipIf(!machine.usable || machine.hidBpf)(
    'refuses to attach and to replay where it has no HID-BPF, says what to do, and leaves nothing open',
    async () => {
      const { call, projectId, sessionId } = await bench('mouse-swap-buttons');
      const device = (await call('device.list', {})).find(({ kind }) => kind === 'real');
      const failure = {
        stage: 'machine',
        errno: -95,
        message: expect.stringMatching(/has no HID-BPF: it takes Linux 6\.11.*CONFIG_HID_BPF/) as string,
      };
      const attach = await call('kernel.attach', { jobId: 'attach', projectId, deviceId: device!.deviceId });
      expect(attach).toMatchObject({ ok: false, kernel: release(), links: [], failure });
      await expect.poll(agents).toBe(0);
      expect((await call('kernel.state', {})).attachment).toEqual(attach);
      const replay = await call('kernel.replay', { jobId: 'r', projectId, sessionId });
      expect(replay).toMatchObject({ attach: { ok: false, failure } });
      expect(replay.session).toBeUndefined();
      await expect.poll(agents).toBe(0);
      await call('kernel.detach', {});
      expect((await call('kernel.state', {})).attachment).toBeUndefined();
    },
  );

  it('runs no skeleton, and says so', async () => {
    const { call, projectId } = await bench('syscall-adder');
    await expect(call('skeleton.run', { projectId })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('simulated kernels') as string,
    });
  });
});

describe('a machine whose kernel cannot be used', () => {
  const object = openObject(
    'driver.bpf.o',
    new Uint8Array(readFileSync(join(SAMPLES, 'pen-fix/driver.bpf.o'))),
  );
  const target = { deviceId: 'real:/dev/hidraw0', name: 'Pen', hidId: 1, descriptor: new Uint8Array() };
  const refuse = (error: Error) => (): never => {
    throw error;
  };
  const noRight = refuse(new HostError('io', 'this user may not load programs'));

  it.each([
    ['without the right', noRight, -1, 'this user may not load programs'],
    ['without types', refuse(new EngineError('unsupported', 'shows no types')), -95, 'shows no types'],
  ])('refuses %s in the verdicts and the attach', (_, openMachine, errno, message) => {
    const verdicts = verifyOnHost(openMachine, object.spec);
    expect(verdicts.map(({ program }) => program)).toEqual(object.spec.programs.map(({ name }) => name));
    for (const verdict of verdicts) expect(verdict).toMatchObject({ accepted: false, errno, log: [message] });
    const failure = { stage: 'machine', errno, message };
    expect(new HostKernel(openMachine).attach(object, target).view).toMatchObject({ ok: false, failure });
    const plan = { ...target, phys: '', uniq: '', bus: 3, vendor: 1, product: 1 };
    expect(openHostTwin(openMachine, object, plan)).toMatchObject({ twin: undefined, view: { failure } });
  });

  it('does not take a bug for a refusal', () => {
    const bug = refuse(new TypeError('x is not a function'));
    expect(() => verifyOnHost(bug, object.spec)).toThrow(TypeError);
    expect(() => new HostKernel(bug).attach(object, target)).toThrow(TypeError);
  });
});
