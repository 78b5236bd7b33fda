import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HostError } from '../errors/index.ts';
import { fileLine, makeFifos } from './line.ts';
import { NODE_MACHINES } from './numbers.ts';
import { RealKernel } from './real-kernel.ts';

export interface LocalKernelOptions {
  /** The application's resources; the agents lie in `agent/`. */
  readonly resources: string;
  readonly platform?: NodeJS.Platform;
  readonly architecture?: string;
}

/**
 * The kernel of this machine, behind an agent that runs as a child process with this user's rights. Throws a
 * HostError `unsupported` where there is no Linux or no agent for its processor.
 */
export function startLocalKernel(options: LocalKernelOptions): RealKernel {
  const agent = agentPath(options);
  const fifos = makeFifos();
  const child = spawn(agent, [], { stdio: [fifos.theirs.requests, fifos.theirs.replies, 'ignore'] });
  fifos.handOver();
  fifos.remove();
  // The agent ends when the line does; nobody has to wait for it.
  child.unref();
  child.on('error', () => undefined);
  const line = fileLine(fifos.ours.requests, fifos.ours.replies);
  try {
    return new RealKernel(line);
  } catch (error) {
    line.close();
    if (child.pid !== undefined) throw error;
    throw new HostError(
      'io',
      `${agent} cannot be run: is it executable, and may this folder hold programs?`,
      [],
      error,
    );
  }
}

/** The prebuilt agent for a machine. */
export function agentPath(options: LocalKernelOptions): string {
  const platform = options.platform ?? process.platform;
  const architecture = options.architecture ?? process.arch;
  if (platform !== 'linux') {
    throw new HostError('unsupported', `the real kernel can be used on Linux only, this is ${platform}`);
  }
  const machine = NODE_MACHINES[architecture];
  if (machine === undefined) {
    const known = Object.keys(NODE_MACHINES).join(', ');
    throw new HostError('unsupported', `there is no agent for ${architecture}, only for ${known}`);
  }
  const path = join(options.resources, 'agent', `agent-${machine}`);
  if (!existsSync(path)) {
    throw new HostError('not-found', `${path} is missing: reinstall hidsmith, or run npm run generate`);
  }
  return path;
}
