// Writes docs/verifier: one page for each kind of refusal that the verifier's explanations know, and their list. Source:
// src/main/engine/verifier/explain-rules.ts. Pages without a rule are removed.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './toolchain.mjs';
import { verifierPages } from './lib/verifier-pages.ts';

const folder = join(ROOT, 'docs/verifier');
mkdirSync(folder, { recursive: true });
const pages = verifierPages();
for (const name of readdirSync(folder))
  if (!pages.has(name) && name !== 'corpus.md') rmSync(join(folder, name));
for (const [name, text] of pages) writeFileSync(join(folder, name), text);
