// `npm run build`: builds out/ anew, also if nothing has changed.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, requireNode, ROOT } from './toolchain.mjs';

requireNode();
ensureInstalled();
rmSync(join(ROOT, 'out'), { recursive: true, force: true });
ensureBuilt();
