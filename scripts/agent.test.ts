import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../src/main/engine/testing/shared.ts';
import { AGENT_MACHINES, buildAgent } from './lib/agent.ts';

const folder = join(REPOSITORY, 'resources/agent');
const missing = ['clang-19', 'ld.lld-19'].some((tool) => spawnSync(tool, ['--version']).status !== 0);

test.each(AGENT_MACHINES)(
  'the agent for %s is small and holds no path of the machine it was built on',
  (machine) => {
    const agent = readFileSync(join(folder, `agent-${machine}`));
    expect(agent.length).toBeLessThan(8192);
    expect(agent.toString('latin1')).not.toMatch(/\/(work|root|tmp)\//);
  },
);

test.skipIf(missing).each(AGENT_MACHINES)(
  'building the agent for %s again gives the same bytes (needs clang-19, lld-19)',
  (machine) => {
    const work = mkdtempSync(join(tmpdir(), 'agent-'));
    try {
      buildAgent(machine, folder, join(work, 'agent'));
      const built = readFileSync(join(work, 'agent'));
      expect(built.equals(readFileSync(join(folder, `agent-${machine}`)))).toBe(true);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
);
