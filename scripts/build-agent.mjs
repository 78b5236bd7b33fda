// Builds the agent of the real kernel (resources/agent/agent.c) for every machine it serves. Needs clang-19 and lld-19.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGENT_MACHINES, buildAgent } from './lib/agent.ts';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../resources/agent');
for (const machine of AGENT_MACHINES) buildAgent(machine, folder, join(folder, `agent-${machine}`));
