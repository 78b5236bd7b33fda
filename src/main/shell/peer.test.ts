import { describe, expect, it } from 'vitest';
import { type ServerMessage } from '../../preload/contract/index.ts';
import { createPeer } from './peer.ts';
import { createFakeWorkbench } from './testing/fake-workbench.ts';

function connected(): {
  workbench: ReturnType<typeof createFakeWorkbench>;
  sent: ServerMessage[];
  peer: ReturnType<typeof createPeer>;
} {
  const workbench = createFakeWorkbench();
  const sent: ServerMessage[] = [];
  return { workbench, sent, peer: createPeer(workbench, (message) => sent.push(message)) };
}
const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

describe('a peer', () => {
  it('answers calls by their id, results and errors alike', async () => {
    const { sent, peer } = connected();
    peer.receive({ kind: 'call', id: 1, method: 'echo', params: { bytes: Uint8Array.of(1), big: 5n } });
    peer.receive({ kind: 'call', id: 2, method: 'refuse', params: {} });
    peer.receive({ kind: 'call', id: 3, method: 'break', params: {} });
    await settled();
    expect(sent).toEqual([
      { kind: 'result', id: 1, value: { bytes: Uint8Array.of(1), big: 5n } },
      {
        kind: 'error',
        id: 2,
        error: { code: 'refused', message: 'the kernel said no', detail: ['one', 'two'] },
      },
      {
        kind: 'error',
        id: 3,
        error: {
          code: 'internal',
          message: 'an error inside Hidsmith: undefined is not a function',
          detail: expect.any(Array) as string[],
        },
      },
    ]);
  });

  it.each([
    undefined,
    null,
    7,
    'call',
    [],
    {},
    { kind: 'call' },
    { kind: 'call', id: 'x', method: 'echo' },
    { kind: 'call', id: 1.5, method: 'echo' },
    { kind: 'call', id: 1, method: 9 },
    { kind: 'ping', id: 1, method: 'echo' },
  ])('does not take %j for a message', (message) => {
    const { workbench, peer } = connected();
    expect(peer.receive(message)).toBe(false);
    expect(workbench.calls).toEqual([]);
  });

  it('passes events on until it is closed', () => {
    const { workbench, sent, peer } = connected();
    workbench.emit('data.changed', { what: 'sessions' });
    peer.close();
    workbench.emit('data.changed', { what: 'projects' });
    expect(sent).toEqual([{ kind: 'event', event: 'data.changed', value: { what: 'sessions' } }]);
  });

  it("ends its own client's jobs, and no other's, when the connection ends", async () => {
    const { workbench, sent, peer } = connected();
    const other = createPeer(workbench, () => undefined);
    peer.receive({ kind: 'call', id: 1, method: 'job', params: { jobId: 'mine' } });
    other.receive({ kind: 'call', id: 1, method: 'job', params: { jobId: 'theirs' } });
    peer.receive({ kind: 'call', id: 2, method: 'job', params: { jobId: 'ended' } });
    peer.receive({ kind: 'call', id: 3, method: 'job.cancel', params: { jobId: 'ended' } });
    await settled();
    expect(sent.map((message) => message.kind)).toEqual(['result', 'error']);
    workbench.calls.length = 0;
    peer.close();
    await settled();
    expect(workbench.calls).toEqual([{ method: 'job.cancel', params: { jobId: 'mine' } }]);
    expect(sent).toHaveLength(2);
    expect(peer.receive({ kind: 'call', id: 4, method: 'echo', params: {} })).toBe(false);
  });
});
