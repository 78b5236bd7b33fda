import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesEqual } from '../../engine/base/index.ts';
import { Btf } from '../../engine/btf/index.ts';
import { parseRecording } from '../../engine/recording/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { type RealDevice } from '../../host/bridge/index.ts';
import { type UhidTwin } from '../../host/real-kernel/index.ts';
import { bootLab, type LabGuest, labMissing } from '../../host/real-kernel/testing/lab.ts';
import { openStore, type Store } from '../../host/store/index.ts';
import { openObject } from '../commands.ts';
import { planOf } from '../handlers/kernel.ts';
import { Job } from '../jobs.ts';
import { importSession } from '../sessions/session-import.ts';
import { SessionLibrary } from '../sessions/session-library.ts';
import { type SessionData } from '../sessions/session-data.ts';
import { HostKernel } from './host-kernel.ts';
import { openHostTwin, replayOnHost } from './host-replay.ts';
import { RealMachine } from './machine.ts';

const SAMPLES = join(REPOSITORY, 'resources/samples');
const file = (sample: string, name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(SAMPLES, sample, name)));
const object = (sample: string): ReturnType<typeof openObject> =>
  openObject('driver.bpf.o', file(sample, 'driver.bpf.o'));

describe.skipIf(labMissing() !== undefined)(
  'the app with the lab’s kernel in the place of the machine’s',
  () => {
    let guest: LabGuest;
    let host: HostKernel;
    let store: Store;
    beforeAll(async () => {
      guest = await bootLab();
      const btf = Btf.parse(guest.kernelBtf());
      // The guest serves all tests.
      const open = (): RealMachine =>
        Object.assign(new RealMachine(guest.kernel, guest.devices.player, btf), { stop: () => undefined });
      host = new HostKernel(open);
      store = openStore(join(mkdtempSync(join(tmpdir(), 'hidsmith-lab-store-')), 'test.db'));
    });
    afterAll(async () => {
      store.close();
      await guest.stop();
    });

    async function imported(sample: string): Promise<SessionData> {
      const source = { name: sample, bytes: file(sample, 'recording.hid') };
      const { sessionId } = await importSession(store, source, new Job('import', () => undefined));
      return new SessionLibrary(store).data(sessionId);
    }

    it('attaches a driver to a plugged-in device until it is detached', () => {
      const recording = parseRecording(file('mouse-swap-buttons', 'recording.hid'));
      const { name, bus, vendor, product, descriptor } = recording.devices[0]!;
      const device = guest.devices.createUhid({ name, bus, vendor, product, descriptor });
      const target = { deviceId: 'real:x', name, hidId: device.hidId, descriptor };
      const swapped = parseRecording(file('mouse-swap-buttons', 'expected.hid')).events;
      const changed = Array.from({ length: swapped.length }, (_, i) => i).find(
        (i) => !bytesEqual(swapped.bytes(i), recording.events.deviceBytes(i)),
      );
      const pressed = recording.events.deviceBytes(changed!);
      const heard = (): Uint8Array[] => {
        device.closeHidraw();
        device.settle();
        device.openHidraw();
        device.input(pressed);
        return device.readReports();
      };
      const [plain] = heard();
      const { view, programs } = host.attach(object('mouse-swap-buttons'), target);
      expect(view).toMatchObject({ ok: true, kernel: guest.kernel.release });
      expect(view.links).toHaveLength(1);
      expect(programs.length).toBeGreaterThan(0);
      expect(host.view('jit')?.attachment).toEqual(view);
      const [driven] = heard();
      expect(plain).toEqual(pressed);
      expect(driven).toEqual(swapped.bytes(changed!));
      host.detach();
      expect(heard()[0]).toEqual(plain);
      host.attach(object('mouse-swap-buttons'), target);
      device.destroy();
      expect(host.view('jit')?.log.join()).toContain('unplugged');
      expect(host.attachment).toBeUndefined();
      host.detach();
    });

    it('counts the runs of programs, and attaches the driver anew when the device is plugged in again', () => {
      const recording = parseRecording(file('mouse-swap-buttons', 'recording.hid'));
      const { name, bus, vendor, product, descriptor } = recording.devices[0]!;
      const identity = { name, bus, vendor, product, descriptor };
      const report = recording.events.deviceBytes(0);
      const plugIn = (): { twin: UhidTwin; device: RealDevice } => {
        const twin = guest.devices.createUhid(identity);
        const path = twin.hidrawPath ?? '';
        return { twin, device: { ...identity, path, hidId: twin.hidId, phys: '', uniq: '', usages: [] } };
      };
      /** Sends as many reports and returns how many runs the kernel counted for them. */
      const runsOf = (twin: UhidTwin, reports: number): number => {
        const runs = (): number =>
          host.view('jit')?.runs?.reduce((sum, program) => sum + program.runs, 0) ?? -1;
        const before = runs();
        for (let i = 0; i < reports; i++) twin.input(report);
        return runs() - before;
      };
      const first = plugIn();
      const { hidId, path } = first.device;
      const target = { deviceId: `real:${path}`, name, hidId, descriptor, device: first.device };
      expect(host.attach(object('mouse-swap-buttons'), target).view.ok).toBe(true);
      expect(runsOf(first.twin, 7)).toBe(7);
      first.twin.destroy();
      host.follow([]);
      expect(host.attachment).toBeUndefined();
      expect(host.view('jit')?.log.at(-1)).toContain('unplugged');
      const second = plugIn();
      expect(second.device.hidId).not.toBe(hidId);
      host.follow([second.device]);
      expect(host.attachment?.view).toMatchObject({ ok: true, deviceId: `real:${second.device.path}` });
      expect(host.view('jit')?.log.at(-1)).toContain('attached anew');
      expect(runsOf(second.twin, 5)).toBe(5);
      // Taken off by the user, it stays off.
      host.detach();
      second.twin.destroy();
      const third = plugIn();
      host.follow([third.device]);
      expect(host.attachment).toBeUndefined();
      third.twin.destroy();
    });

    it('shows a probe() that does not want the device as a refusal', () => {
      const { name, bus, descriptor } = parseRecording(file('mouse-swap-buttons', 'recording.hid'))
        .devices[0]!;
      const device = guest.devices.createUhid({ name, bus, vendor: 1, product: 1, descriptor });
      const { view } = host.attach(object('pen-fix'), {
        deviceId: 'real:x',
        name,
        hidId: device.hidId,
        descriptor,
      });
      device.destroy();
      expect(view).toMatchObject({ ok: false, failure: { stage: 'probe' }, probe: { ran: true } });
    });

    it.each(['mouse-swap-buttons', 'pen-fix'])('keeps a replay of %s as a session', async (sample) => {
      const data = await imported(sample);
      const [plan] = planOf(data.session.sessionId, data);
      const { view, twin, close } = openHostTwin(host.open, object(sample), plan!);
      expect(view).toMatchObject({ ok: true, kernel: guest.kernel.release });
      const { index } = data.devices[0]!.stored;
      const target = { twin: twin!, kernel: view.kernel, device: index };
      const job = new Job('replay', () => undefined);
      const project = store.projects.create({
        name: sample,
        summary: '',
        mainFile: 'driver.bpf.c',
        files: [],
      });
      const options = { projectId: project.projectId, name: 'Replay' };
      const session = await replayOnHost(store, data, target, options, job);
      close();
      const replayed = new SessionLibrary(store).data(session.sessionId);
      const expected = parseRecording(file(sample, 'expected.hid'));
      const after: Uint8Array[] = [];
      for (let at = 0; at < replayed.reader.count;) {
        const chunk = replayed.reader.chunkOf(at)!;
        for (let i = 0; i < chunk.count; i++) after.push(...chunk.report(i).after);
        at = chunk.first + chunk.count;
      }
      expect(after).toEqual(
        Array.from({ length: expected.events.length }, (_, i) => expected.events.bytes(i)),
      );
      expect(replayed.devices[0]?.fixed.bytes).toEqual(expected.devices[0]?.descriptor);
    });

    it('does not play a keyboard', async () => {
      const data = await imported('keypad-remap');
      const [plan] = planOf(data.session.sessionId, data);
      const { view, twin } = openHostTwin(host.open, object('keypad-remap'), plan!);
      expect(twin).toBeUndefined();
      expect(view.failure?.message).toContain('keyboard');
      expect(guest.devices.names()).toEqual([]);
    });
  },
);
