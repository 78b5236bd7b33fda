import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { REPOSITORY, sharedPath } from '../../../engine/testing/shared.ts';
import { HostError, messageOf } from '../../errors/index.ts';
import { fileLine, type FifoPair, makeFifos } from '../line.ts';
import { type ProgramResult, RealKernel } from '../real-kernel.ts';
import { UhidDevices } from '../uhid-devices.ts';

/*
 * A real kernel for tests: the lab's kernel (Linux with HID-BPF, uhid and hidraw; ../shared/lab/README.md) in QEMU, with
 * two agents, one behind its second serial line for the test's own calls and one behind the third that plays devices. HIDSMITH_LAB_KERNEL and HIDSMITH_LAB_INITRD name another kernel and another
 * initial file system; what lies in the latter must run /job/agent.sh as the lab's does.
 */
const KERNEL = process.env['HIDSMITH_LAB_KERNEL'] ?? sharedPath('lab/bzImage-6.12.117-hidbpf');
const INITRD = process.env['HIDSMITH_LAB_INITRD'];
const INITRD_SCRIPT = sharedPath('lab/build-initramfs.sh');
const AGENT = join(REPOSITORY, 'resources/agent/agent-x86_64');

export interface LabOptions {
  /** Seconds until the machine is ended, whatever it does. */
  readonly limit?: number;
  /** Megabytes. */
  readonly memory?: number;
  /** More arguments for QEMU, such as `-device usb-mouse`. */
  readonly qemu?: readonly string[];
}

/** A running machine. Stop it in the end. */
export interface LabGuest {
  readonly kernel: RealKernel;
  /** Makes HID devices in the guest through /dev/uhid and reads what its users see. */
  readonly devices: UhidDevices;
  /** A folder that the guest has, writable, as /out. */
  readonly outDir: string;
  /** The path in the guest of a file of this machine (read only). */
  toGuestPath(hostPath: string): string;
  /** Runs a script of this repository in the guest with this machine's Node, which sees the guest's devices. */
  runNode(script: string, args?: readonly string[], timeoutMs?: number): ProgramResult;
  /** The same as a command for a shell of the guest, where several programs run side by side. `/mnt` is its /out. */
  nodeCommand(script: string, args?: readonly string[]): string;
  /** BTF of the guest's kernel, /sys/kernel/btf/vmlinux. */
  kernelBtf(): Uint8Array;
  /** What the guest's console has said. */
  console(): string;
  stop(): Promise<void>;
}

function inPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why the lab cannot be booted here; undefined if it can. */
export function labMissing(): string | undefined {
  if (process.platform !== 'linux') return 'the lab needs Linux';
  if (KERNEL === undefined) {
    return 'there is no kernel: neither ../shared/lab nor HIDSMITH_LAB_KERNEL (a bzImage with HID-BPF, uhid, hidraw and 9p)';
  }
  if (!existsSync(KERNEL)) return `HIDSMITH_LAB_KERNEL: ${KERNEL} is missing`;
  if (!inPath('qemu-system-x86_64'))
    return 'qemu-system-x86_64 is missing (Debian: sudo apt install qemu-system-x86)';
  if (INITRD !== undefined)
    return existsSync(INITRD) ? undefined : `HIDSMITH_LAB_INITRD: ${INITRD} is missing`;
  if (INITRD_SCRIPT === undefined)
    return 'there is no initial file system: neither ../shared/lab nor HIDSMITH_LAB_INITRD';
  if (!existsSync('/usr/bin/busybox')) return 'busybox is missing (Debian: sudo apt install busybox-static)';
  if (!inPath('cpio')) return 'cpio is missing (Debian: sudo apt install cpio)';
  return undefined;
}

function initrd(folder: string): string {
  if (INITRD !== undefined) return INITRD;
  const path = join(folder, 'initrd.cpio.gz');
  execFileSync(INITRD_SCRIPT ?? '', [path], { stdio: 'pipe' });
  return path;
}

/** The guest's job: the agents at their lines. It ends with the first one's. */
const JOB = `/job/agent /out/.aside-devices </dev/ttyS2 >/dev/ttyS2 &
/job/agent /out/.aside-calls </dev/ttyS1 >/dev/ttyS1
`;

/** An ISA port of its own interrupt: this kernel's driver does not share them. */
const serialLine = (name: string, path: string, port: string): string[] => [
  ...['-chardev', `pipe,id=${name},path=${path}`],
  ...['-device', `isa-serial,chardev=${name},${port}`],
];

function qemuArguments(folder: string, deviceFolder: string, options: LabOptions): string[] {
  const share = (path: string, tag: string, more: string): string[] => [
    '-virtfs',
    `local,path=${path},mount_tag=${tag},security_model=none,id=${tag}${more}`,
  ];
  return [
    ...[
      '-accel',
      'tcg,thread=multi',
      '-cpu',
      'max',
      '-M',
      'q35',
      '-smp',
      '1',
      '-m',
      `${options.memory ?? 1024}M`,
    ],
    ...['-display', 'none', '-no-reboot', '-nodefaults', '-kernel', KERNEL ?? '', '-initrd', initrd(folder)],
    ...['-append', 'console=ttyS0 quiet panic=-1 oops=panic tsc=reliable job=agent'],
    ...['-serial', `file:${join(folder, 'console.log')}`],
    ...serialLine('calls', join(folder, 'agent'), 'index=1,iobase=0x2f8,irq=3'),
    ...serialLine('devices', join(deviceFolder, 'agent'), 'index=2,iobase=0x3e8,irq=10'),
    ...share('/', 'host', ',readonly=on,multidevs=remap'),
    ...share(join(folder, 'job'), 'job', ',readonly=on'),
    ...share(join(folder, 'out'), 'out', ''),
    ...(options.qemu ?? []),
  ];
}

/** An emulated machine on a busy host gets its timers late, and some boots then end in a panic. */
const BOOTS = 3;

/** Boots the lab's kernel; takes 2 to 4 seconds. Throws a HostError with the console's last lines if it does not come up. */
export async function bootLab(options: LabOptions = {}): Promise<LabGuest> {
  const missing = labMissing();
  if (missing !== undefined) throw new HostError('unsupported', missing);
  for (let boot = 1; ; boot++) {
    try {
      return await bootOnce(options);
    } catch (error) {
      if (boot === BOOTS) throw error;
      process.stderr.write(`boot ${boot} of ${BOOTS}: ${messageOf(error)}\n`);
    }
  }
}

async function bootOnce(options: LabOptions): Promise<LabGuest> {
  const fifos = makeFifos();
  const deviceFifos = makeFifos();
  const { folder } = fifos;
  const outDir = join(folder, 'out');
  mkdirSync(join(folder, 'job'));
  mkdirSync(outDir);
  copyFileSync(AGENT, join(folder, 'job/agent'));
  writeFileSync(join(folder, 'job/agent.sh'), JOB);
  // A test that waits for an answer cannot look at its own clock: `timeout` can.
  const child = spawn(
    'timeout',
    [
      '--signal=KILL',
      String(options.limit ?? 600),
      'qemu-system-x86_64',
      ...qemuArguments(folder, deviceFifos.folder, options),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  child.stderr.on('data', (part: Buffer) => (complaint += part.toString()));
  const console = (): string => {
    const path = join(folder, 'console.log');
    return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r', '') : '';
  };
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  try {
    await ready(child, console);
    const kernel = connect(fifos, join(outDir, '.aside-calls'));
    const deviceKernel = connect(deviceFifos, join(outDir, '.aside-devices'));
    return {
      kernel,
      devices: new UhidDevices(deviceKernel, kernel),
      outDir,
      console,
      toGuestPath: (hostPath) => `/host${hostPath}`,
      runNode: (script, args = [], timeoutMs = 60_000) =>
        kernel.run(inGuest(kernel, script, args), { timeoutMs }),
      nodeCommand: (script, args = []) =>
        inGuest(kernel, script, args)
          .map((word) => `'${word}'`)
          .join(' '),
      kernelBtf() {
        // The shared folder is many times quicker than the agent's line.
        const { status, stderr } = kernel.run(['sh', '-c', 'cat /sys/kernel/btf/vmlinux >/out/vmlinux.btf']);
        if (status !== 0) throw new HostError('io', `the guest's kernel has no BTF: ${stderr.trim()}`);
        return new Uint8Array(readFileSync(join(outDir, 'vmlinux.btf')));
      },
      async stop() {
        deviceKernel.stop();
        kernel.stop();
        const patience = setTimeout(() => child.kill('SIGTERM'), 3000);
        await ended;
        clearTimeout(patience);
        fifos.remove();
        deviceFifos.remove();
      },
    };
  } catch (error) {
    child.kill('SIGTERM');
    await ended;
    const last = console().trimEnd().split('\n').slice(-5);
    fifos.remove();
    deviceFifos.remove();
    throw new HostError(
      'io',
      `the lab's kernel does not come up: ${[complaint.trim(), ...last].join(' | ')}`,
      [],
      error,
    );
  }
}

/** Node's command line in the guest: the machine's root is its root, with the guest's devices bound into it. */
function inGuest(kernel: RealKernel, script: string, args: readonly string[]): string[] {
  const bind = ['dev', 'proc', 'sys'].map((name) => `mount -o bind /${name} /host/${name}`);
  const all = [...bind, 'mount -o bind /out /host/mnt'].join(' && ');
  kernel.run(['sh', '-c', `grep -q ' /host/dev ' /proc/mounts || { ${all}; }`]);
  return ['chroot', '/host', process.execPath, join(REPOSITORY, script), ...args];
}

function connect(fifos: FifoPair, asidePath: string): RealKernel {
  fifos.handOver();
  const line = fileLine(fifos.ours.requests, fifos.ours.replies);
  return new RealKernel({ ...line, putAside: (bytes) => writeFileSync(asidePath, bytes) });
}

/** Waits until QEMU has its ends of the FIFOs and the kernel is up. */
async function ready(child: ChildProcess, console: () => string): Promise<void> {
  const POLL = 50;
  while (!console().includes('LAB-READY')) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('QEMU has ended');
    await new Promise((done) => setTimeout(done, POLL));
  }
}
