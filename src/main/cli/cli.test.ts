import { cpSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, sharedPath } from '../engine/testing/shared.ts';
import { findCompiler } from '../host/compiler/index.ts';
import { COMMANDS } from './commands.ts';
import { type Output } from './command.ts';
import { runCommand } from './run.ts';

/** Collects what a command prints. */
class Collected implements Output {
  out = '';
  err = '';
  line(text: string): void {
    this.out += `${text}\n`;
  }
  write(data: string | Uint8Array): void {
    this.out += typeof data === 'string' ? data : new TextDecoder().decode(data);
  }
  json(value: unknown): void {
    this.line(
      JSON.stringify(value, (_key, item: unknown) => {
        if (typeof item === 'bigint') return Number(item);
        return item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item;
      }),
    );
  }
  flush(): void {
    // nothing is held back
  }
  note(text: string): void {
    this.err += `${text}\n`;
  }
}

async function hidsmith(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  const output = new Collected();
  const status = await runCommand(COMMANDS, words, output);
  return { status, out: output.out, err: output.err };
}

const sample = (name: string, file: string): string => join(REPOSITORY, 'resources/samples', name, file);
const folder = (): string => mkdtempSync(join(tmpdir(), 'hidsmith-cli-'));
const events = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => /^[ER]:/.test(line))
    .map((line) => line.trim());
const SAMPLES = ['mouse-swap-buttons', 'pen-fix', 'keypad-remap', 'dial-map'];

describe('the command line', () => {
  it('lists its commands, and says what is wrong with a command line in one line', async () => {
    expect((await hidsmith('help')).out).toContain('replay');
    expect(await hidsmith('frobnicate')).toEqual({
      status: 2,
      out: '',
      err: "hidsmith: there is no command 'frobnicate'; 'hidsmith help' lists them\n",
    });
    for (const words of [
      ['replay', sample('pen-fix', 'driver.bpf.o')],
      ['disasm'],
      ['inspect', '/no/such/file.o'],
      ['decode', '--frob', 'x'],
      ['replay', 'x', '--device', 'y', '--recording', 'z'],
    ]) {
      const { status, out, err } = await hidsmith(...words);
      expect([status, out, err.trim().split('\n').length]).toEqual([2, '', 1]);
    }
  });

  it('inspects an object as text and as JSON', async () => {
    const path = sample('dial-map', 'driver.bpf.o');
    const text = await hidsmith('inspect', path);
    expect(text.status).toBe(0);
    expect(text.out).toContain('struct_ops clean: hid_bpf_ops { hid_device_event = clean_dial } flags 0x8');
    const json = JSON.parse((await hidsmith('inspect', path, '--json')).out) as {
      maps: { name: string }[];
      matches: unknown;
    };
    expect(json.maps.map(({ name }) => name)).toContain('dials');
    expect(json.matches).toEqual([{ bus: 'bluetooth', group: 'generic', vendor: 27421, product: 1028 }]);
  });

  it('disassembles one program, with source lines where it is given the source', async () => {
    const { status, out } = await hidsmith('disasm', sample('mouse-swap-buttons', 'driver.bpf.o'));
    expect(status).toBe(0);
    expect(out).toMatch(/call hid_bpf_get_data/);
    expect(out).toMatch(/ {4}0: r\d = /);
  });

  it.each(SAMPLES)(
    'replays %s to exactly what its model of the device says, with both engines',
    async (name) => {
      for (const engine of ['interpreter', 'jit']) {
        const out = join(folder(), 'out.hid');
        const { status, err } = await hidsmith(
          'replay',
          sample(name, 'driver.bpf.o'),
          '--recording',
          sample(name, 'recording.hid'),
          '--out',
          out,
          '--engine',
          engine,
        );
        expect([status, err]).toEqual([0, '']);
        expect(events(readFileSync(out, 'utf8'))).toEqual(
          events(readFileSync(sample(name, 'expected.hid'), 'utf8')),
        );
      }
    },
  );

  it('test runs golden sessions: a line each, shards, --update, and status 1 where one differs', async () => {
    const drivers = join(REPOSITORY, 'src/main/workbench/testing/drivers');
    const one = await hidsmith('test', join(drivers, 'chain-order'));
    expect([one.status, one.out]).toEqual([0, 'ok chain-order/order\n1 passed, 0 failed\n']);
    const shards = await Promise.all(
      [1, 2].map((i) => hidsmith('test', join(drivers, 'ring-buffers'), '--shard', `${i}/2`)),
    );
    expect(shards.map(({ out }) => out.split('\n')[0])).toEqual([
      'ok ring-buffers/full',
      'ok ring-buffers/records',
    ]);
    const copy = join(folder(), 'mouse');
    cpSync(sample('mouse-swap-buttons', ''), copy, { recursive: true });
    const expected = join(copy, 'expected.hid');
    const text = readFileSync(expected, 'utf8');
    writeFileSync(expected, text.replace(/^E: .*$/m, 'E: 000000.000000 1 00'));
    const failed = await hidsmith('test', copy);
    expect([failed.status, failed.out]).toEqual([
      1,
      expect.stringMatching(/^FAILED mouse\/recording: line 2: /),
    ]);
    expect((await hidsmith('test', copy, '--update')).out).toContain('updated mouse/recording');
    expect(JSON.parse((await hidsmith('test', copy, '--json')).out)).toMatchObject({ passed: 1, failed: 0 });
    for (const words of [[join(copy, 'nowhere')], [copy, '--shard', '3/2'], [folder()]])
      expect(await hidsmith('test', ...words)).toMatchObject({ status: 2, out: '' });
  });

  it('replays fmod_ret programs on 6.6, attached one by one in their order; 6.12 refuses them before it loads', async () => {
    const recording = join(folder(), 'mouse.hid');
    const descriptor =
      '05 01 09 02 a1 01 09 01 a1 00 05 09 19 01 29 03 15 00 25 01 75 01 95 03 81 02 75 05 95 01 81 03 05 01 09 30 09 31 09 38 15 81 25 7f 75 08 95 03 81 06 c0 c0';
    writeFileSync(
      recording,
      `R: 52 ${descriptor}\nN: mouse\nI: 3 1234 5678\nE: 000000.000000 4 01 00 00 00\nE: 000000.010000 4 0f 00 00 00\n`,
    );
    const object = join(REPOSITORY, 'src/main/workbench/testing/drivers/traced-chain/driver.bpf.o');
    const replay = (kernel: string): ReturnType<typeof hidsmith> =>
      hidsmith('replay', object, '--recording', recording, '--kernel', kernel, '--json');
    const { status, out } = await replay('6.6');
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ descriptorChanged: true, eventsIn: 2, eventsOut: 1, dropped: 1 });
    const refused = await replay('6.12');
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({ error: { stage: 'loader' } });
  });

  it('writes B: lines with the bytes before, also for dropped reports', async () => {
    const { out } = await hidsmith(
      'replay',
      sample('keypad-remap', 'driver.bpf.o'),
      '--recording',
      sample('keypad-remap', 'recording.hid'),
      '--before',
    );
    const count = (prefix: string): number =>
      out.split('\n').filter((line) => line.startsWith(prefix)).length;
    const json = JSON.parse(
      (
        await hidsmith(
          'replay',
          sample('keypad-remap', 'driver.bpf.o'),
          '--recording',
          sample('keypad-remap', 'recording.hid'),
          '--json',
        )
      ).out,
    ) as { eventsIn: number; eventsOut: number; dropped: number };
    expect(json.dropped).toBeGreaterThan(0);
    expect([count('B:'), count('E:')]).toEqual([json.eventsIn, json.eventsOut]);
  });

  it('runs a SYSCALL program and gives its context back', async () => {
    const { status, out } = await hidsmith(
      'run',
      sample('syscall-adder', 'driver.bpf.o'),
      '--prog',
      'add',
      '--ctx',
      '02000000030000000000000000000000',
      '--json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ rc: 0, errno: 0 });
  });

  it('exports a light skeleton with its raw parts', async () => {
    const raw = folder();
    const header = join(raw, 'adder.lskel.h');
    const { status } = await hidsmith(
      'skeleton',
      sample('syscall-adder', 'driver.bpf.o'),
      '--name',
      'adder',
      '-o',
      header,
      '--raw',
      raw,
      '--standalone',
    );
    expect(status).toBe(0);
    expect(readdirSync(raw).sort()).toEqual(['adder.lskel.h', 'data.bin', 'insns.bin']);
    expect(readFileSync(header, 'utf8')).toContain('adder__open_and_load');
  });

  it('says why a recording cannot be replayed', async () => {
    const path = join(folder(), 'bad.hid');
    writeFileSync(path, 'E: 000000.000000 2 01 02\n');
    const { status, err } = await hidsmith('replay', sample('pen-fix', 'driver.bpf.o'), '--recording', path);
    expect(status).toBe(2);
    expect(err).toContain('no device with a report descriptor');
  });

  it('answers truncated and random objects, recordings and descriptors with one line and status 2', async () => {
    const object = readFileSync(sample('pen-fix', 'driver.bpf.o'));
    const path = join(folder(), 'fuzz.o');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(object.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (at, bytes, cut) => {
          const copy = Uint8Array.from(cut ? object.subarray(0, at) : object);
          if (!cut) copy.set(bytes.subarray(0, copy.length - at), at);
          writeFileSync(path, copy);
          const { status, err } = await hidsmith('inspect', path);
          expect([0, 2]).toContain(status);
          if (status === 2) expect(err.trim().split('\n')).toHaveLength(1);
        },
      ),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        writeFileSync(path, bytes);
        const { status, err } = await hidsmith('decode', path);
        expect([0, 2]).toContain(status);
        if (status === 2) expect(err.trim().split('\n')).toHaveLength(1);
      }),
      { numRuns: 150 },
    );
  });

  it('shows no control characters of a file that it complains about', async () => {
    const path = join(folder(), 'garbage.stimuli');
    writeFileSync(path, `\u001b[2J\u0007${'x'.repeat(10_000)}\n`);
    const { status, err } = await hidsmith('script', sample('pen-fix', 'driver.bpf.o'), '--stimuli', path);
    expect(status).toBe(2);
    expect(err).toContain(String.raw`:1: there is no verb '\x1b[2J\x07xxx`);
    expect(err.length).toBeLessThan(3000);
  });
});

describe('decode', () => {
  it('shows what the device sent, what came out, and what was dropped', async () => {
    const path = join(folder(), 'both.hid');
    writeFileSync(
      path,
      'R: 20 05 01 09 02 a1 01 75 08 95 01 15 81 25 7f 09 30 81 06 c0 00\nN: Dial\nI: 3 0001 0002\n' +
        'B: 000000.000000 1 01\nE: 000000.000000 1 ff\nB: 000000.010000 1 02\n# dropped\nE: 000000.020000 1 03\n',
    );
    const { status, out } = await hidsmith('decode', path);
    expect(status).toBe(0);
    expect(out.trimEnd().split('\n').slice(-9)).toEqual([
      '# X 1',
      'B: 000000.000000 1 01',
      '# X -1',
      'E: 000000.000000 1 ff',
      '# X 2',
      'B: 000000.010000 1 02',
      '# dropped',
      '# X 3',
      'E: 000000.020000 1 03',
    ]);
  });

  it('shows the input devices that Linux makes of it, and the events of each report', async () => {
    const recording = join(REPOSITORY, 'resources/samples/mouse-swap-buttons/recording.hid');
    const { status, out } = await hidsmith('decode', recording, '--input');
    expect(status).toBe(0);
    const lines = out.split('\n');
    const at = lines.indexOf('# driver: hid-generic');
    expect(lines[at + 1]).toBe('# input device: Larkfield Drift Mouse');
    expect(lines[at + 2]).toMatch(/^#   EV_KEY BTN_LEFT BTN_RIGHT/);
    expect(out).toContain('# input: Larkfield Drift Mouse: EV_MSC MSC_SCAN 589825, EV_KEY BTN_LEFT 1\n');
    const { out: text } = await hidsmith('decode', recording, '--input', '--json');
    const { devices } = JSON.parse(text) as { devices: { input: { driver: string } }[] };
    expect(devices[0]?.input.driver).toBe('hid-generic');
  });
});

const cases = sharedPath('data/hid-bpf/cases');
describe.skipIf(cases === undefined)(
  'replay against the real 6.12.117 kernel (needs ../shared/data/hid-bpf)',
  () => {
    it.each(cases === undefined ? [] : readdirSync(cases))(
      '%s gives the same descriptor and reports',
      async (name) => {
        const path = (file: string): string => join(cases!, name, file);
        const out = join(folder(), 'out.hid');
        const { status } = await hidsmith(
          'replay',
          path('driver.bpf.o'),
          '--recording',
          path('input.hid'),
          '--out',
          out,
        );
        expect(status).toBe(0);
        expect(events(readFileSync(out, 'utf8'))).toEqual(events(readFileSync(path('expected.hid'), 'utf8')));
      },
    );
  },
);

const compiler = await findCompiler();
describe.skipIf(!compiler.found)('building (needs clang)', () => {
  it('prints diagnostics as file:line:column and answers 1', async () => {
    const source = join(folder(), 'broken.bpf.c');
    writeFileSync(source, '#include "vmlinux.h"\nint broken(void) {\n  return missing;\n}\n');
    const { status, err } = await hidsmith('build', source);
    expect(status).toBe(1);
    expect(err).toContain(`${source}:3:10: error:`);
  });

  it('builds each sample to an object that replays like the prebuilt one', async () => {
    const out = join(folder(), 'pen.o');
    expect((await hidsmith('build', sample('pen-fix', 'driver.bpf.c'), '-o', out)).status).toBe(0);
    const recording = ['--recording', sample('pen-fix', 'recording.hid')];
    const [built, prebuilt] = [
      await hidsmith('replay', out, ...recording),
      await hidsmith('replay', sample('pen-fix', 'driver.bpf.o'), ...recording),
    ];
    expect(events(built.out)).toEqual(events(prebuilt.out));
  });
});
