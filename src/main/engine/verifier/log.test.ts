import { describe, expect, it } from 'vitest';
import { VerifierLog, type LogRoom } from './log.ts';

function textOf(log: VerifierLog): string {
  return new TextDecoder().decode(log.bytes);
}

function logOf(size: number, when: LogRoom['when']): VerifierLog {
  return new VerifierLog(1, { size, when });
}

describe('the log', () => {
  it('takes back what was written since a place, and remembers how long it was', () => {
    const log = new VerifierLog(1);
    log.write('0: (b7) r0 = 0\n');
    const place = log.end;
    log.write('1: (95) exit\n');
    log.reset(place);
    expect(log.lines()).toEqual(['0: (b7) r0 = 0']);
    expect(log.peak).toBe(28);
    expect(log.lastMessage()).toBe('0: (b7) r0 = 0');
  });

  it('goes on in a line whose break was taken back; it stays written over when the rest is taken back', () => {
    const log = new VerifierLog(2);
    log.write('0: exit\n');
    const place = log.end;
    log.reopenLine();
    log.write(' ; R0=0\n');
    expect(log.lines()).toEqual(['0: exit ; R0=0']);
    log.reset(place);
    log.write('next\n');
    expect(log.lines()).toEqual(['0: exit next']);
  });

  it('counts bytes, not characters', () => {
    const log = new VerifierLog(1);
    log.write('; größer → kleiner\n');
    expect(log.end).toBe(23);
    expect(log.lines()).toEqual(['; größer → kleiner']);
  });

  it('knows its last message at level 0 too', () => {
    const log = new VerifierLog(0);
    log.write('R1 !');
    log.write('read_ok\n');
    expect(log.lastMessage()).toBe('R1 !read_ok');
    expect(log.lines()).toEqual([]);
  });
});

describe('a log without room for all', () => {
  it('keeps the newest bytes where the kernel rotates', () => {
    const log = logOf(8, 'rotates');
    for (const digit of '0123456789') log.write(digit);
    expect(textOf(log)).toBe('3456789');
    expect(log.peak).toBe(10);
  });

  it('has lost what was written over by text that is taken back', () => {
    const log = logOf(8, 'rotates');
    log.write('012345');
    const place = log.end;
    log.write('6789');
    log.reset(place);
    expect(textOf(log)).toBe('345');
    log.reset(1);
    expect(textOf(log)).toBe('');
    log.write('abc');
    expect(textOf(log)).toBe('abc');
    expect(log.peak).toBe(10);
  });

  it('keeps the oldest bytes and goes on counting where it is fixed', () => {
    const log = logOf(8, 'fixed');
    log.write('0123\n');
    const place = log.end;
    log.write('56789\n');
    expect(textOf(log)).toBe('0123\n56');
    expect(log.end).toBe(11);
    expect(log.lastMessage()).toBe('56789');
    log.reset(place);
    log.write('a');
    expect(textOf(log)).toBe('0123\na');
    expect(log.lastMessage()).toBe('a');
  });

  it('counts no further than there is room where it stops', () => {
    const log = logOf(8, 'stops');
    log.write('01234');
    log.write('56789');
    expect(log.end).toBe(7);
    log.reset(2);
    log.write('ab');
    expect(textOf(log)).toBe('01ab');
  });

  it('needs no more memory than twice the room, however much is written', () => {
    const log = logOf(1000, 'rotates');
    for (let i = 0; i < 100_000; i++) log.write(`line ${i}\n`);
    expect(log.bytes.buffer.byteLength).toBeLessThanOrEqual(8192);
    expect(log.lines().at(-1)).toBe('line 99999');
    expect(log.bytes).toHaveLength(999);
  });
});
