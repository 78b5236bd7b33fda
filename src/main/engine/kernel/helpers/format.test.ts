import { describe, expect, it } from 'vitest';
import { Errno } from '../../abi/index.ts';
import { toCString } from '../../base/index.ts';
import { formatKernel } from './format.ts';

const memory = {
  kernelString: (address: bigint): string | undefined => (address === 1n ? 'text' : undefined),
  userString: (): string | undefined => undefined,
  bytes: (address: bigint): Uint8Array | undefined =>
    address === 2n ? Uint8Array.of(10, 0, 0, 1) : undefined,
};
const format = (text: string, ...args: bigint[]): string | number =>
  formatKernel(toCString(text), args, memory);

describe('formats of bpf_trace_printk() and bpf_snprintf()', () => {
  it('print numbers in 32 and 64 bits, signed and not, padded', () => {
    expect(format('%d %u %x', 0xffff_ffffn, 0xffff_ffffn, 0xffff_ffffn)).toBe('-1 4294967295 ffffffff');
    expect(format('%lld %llu %llX', -1n, 0xffff_ffff_ffff_ffffn, 0xabn)).toBe('-1 18446744073709551615 AB');
    expect(format('%5d|%-5d|%05d|%02x', 42n, 42n, 42n, 5n)).toBe('   42|42   |00042|05');
    expect(format('100%% of %i', 3n)).toBe('100% of 3');
  });

  it('print strings, characters, pointers and addresses', () => {
    expect(format('<%s> <%s>', 1n, 9n)).toBe('<text> <>');
    expect(format('%c%c', 0x48n, 0x69n)).toBe('Hi');
    expect(format('%px', 0xffff_8880_0000_1000n)).toBe('ffff888000001000');
    expect(format('%p', 5n)).toMatch(/^[0-9a-f]{16}$/);
    expect(format('%pI4 %pi4', 2n, 2n)).toBe('10.0.0.1 010.000.000.001');
  });

  it('are refused where the kernel refuses them', () => {
    expect(format('%d %d', 1n)).toBe(-Errno.EINVAL);
    expect(format('%f', 1n)).toBe(-Errno.EINVAL);
    expect(format('%hd', 1n)).toBe(-Errno.EINVAL);
    expect(format('%sx', 1n)).toBe(-Errno.EINVAL);
    expect(format('%')).toBe(-Errno.EINVAL);
    expect(format('bell \u0007')).toBe(-Errno.EINVAL);
    expect(formatKernel(Uint8Array.of(0x61), [], memory)).toBe(-Errno.EINVAL);
    expect(format('é %d', 1n)).toBe('é 1');
  });
});
