import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { type SessionSummary } from '../../../preload/contract/index.ts';
import { REPOSITORY } from '../../engine/testing/shared.ts';
import { createWorkbench } from '../index.ts';

/** Records a fake device at 2,000 reports a second and prints after each batch how many reports are recorded. */
const RECORDER = `
const { createWorkbench } = await import(process.argv[1]);
const workbench = createWorkbench(JSON.parse(process.argv[2]));
workbench.onEvent((event, value) => {
  if (event === 'live.reports' && value.recorded !== undefined) process.stdout.write(value.recorded + '\\n');
});
const [device] = await workbench.call('device.list', {});
await workbench.call('live.open', { deviceId: device.deviceId });
await workbench.call('live.record', { name: 'Killed' });
`;

it('a recording survives the SIGKILL of the workbench that makes it', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'hidsmith-killed-'));
  const fakeDevices = join(dataFolder, 'devices.json');
  const recording = join(REPOSITORY, 'resources/samples/mouse-swap-buttons/recording.hid');
  writeFileSync(fakeDevices, JSON.stringify({ devices: [{ recording, rate: 2000 }] }));
  const options = {
    dataFolder,
    resources: join(REPOSITORY, 'resources'),
    shell: 'web' as const,
    version: '0',
    fakeDevices,
  };
  const entry = pathToFileURL(join(REPOSITORY, 'src/main/workbench/index.ts')).href;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', RECORDER, entry, JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
    if (Number(text.split('\n').at(-2) ?? 0) > 3000) child.kill('SIGKILL');
  });
  await new Promise((done) => child.once('close', done));
  expect(child.signalCode).toBe('SIGKILL');
  const said = Number(text.split('\n').at(-2));

  const workbench = createWorkbench(options);
  try {
    const sessions = (await workbench.call('session.list', {})) as readonly SessionSummary[];
    const kept = sessions.find(({ name }) => name.startsWith('Killed'));
    // At most the last moment is lost.
    expect(kept?.reports).toBeGreaterThanOrEqual(said - 1000);
  } finally {
    await workbench.close();
  }
}, 30_000);
