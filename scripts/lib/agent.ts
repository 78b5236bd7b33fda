import { findClang, runClang } from './clang.ts';

/** The machines that an agent is shipped for. */
export const AGENT_MACHINES = ['x86_64', 'aarch64'] as const;

const FLAGS = [
  '-Os',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-ffreestanding',
  '-nostdlib',
  '-nostdinc',
  '-static',
  '-fno-pic',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fuse-ld=lld-19',
  '-Wl,--build-id=none,-s,-z,noexecstack',
];

/** Builds agent.c of `folder` for a machine: no libc, no path of this machine in it, the same bytes every time. */
export function buildAgent(machine: (typeof AGENT_MACHINES)[number], folder: string, out: string): void {
  const where = [`-ffile-prefix-map=${folder}/=`, '-fdebug-compilation-dir=.'];
  runClang(findClang(), [
    `--target=${machine}-linux-gnu`,
    ...FLAGS,
    ...where,
    `${folder}/agent.c`,
    '-o',
    out,
  ]);
}
