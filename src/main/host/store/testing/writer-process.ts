// A process of its own that the tests kill: writes batches for ever and prints the count after every commit.
import { openStore } from '../index.ts';

const [path = '', mode = 'discard'] = process.argv.slice(2);
const store = openStore(path);
const writer = store.sessions.begin({
  name: `a session to ${mode}`,
  kind: 'recording',
  devices: [],
  ifInterrupted: mode === 'keep' ? 'keep' : 'discard',
});
for (let at = 0; ; at += 1000) {
  const batch = Array.from({ length: 1000 }, (_, i) => ({
    timeMicroseconds: (at + i) * 1000,
    device: 0,
    before: Uint8Array.of((at + i) & 0xff, ((at + i) >> 8) & 0xff),
    after: [],
    verdict: 'pass' as const,
  }));
  writer.append(batch);
  writer.commit();
  process.stdout.write(`${writer.count}\n`);
}
