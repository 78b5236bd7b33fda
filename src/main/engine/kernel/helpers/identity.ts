import { Errno } from '../../abi/index.ts';
import { toCString } from '../../base/index.ts';
import type { Kernel } from '../kernel.ts';
import { nothing, result, same, taskContextOf } from './common.ts';
import type { HelperTable } from './index.ts';

/** CONFIG_HZ of the simulated kernels. */
const HZ = 250n;
const NS_PER_SECOND = 1_000_000_000n;
/** jiffies begin five minutes before they wrap (INITIAL_JIFFIES); jiffies64 counts from there. */
const INITIAL_JIFFIES = 0xffff_ffffn - 300n * HZ + 1n;
/** TAI is 37 seconds ahead of UTC; virtual time has no date, so this is added to the time since boot. */
const TAI_OFFSET = 37n * NS_PER_SECOND;
const JIFFY = NS_PER_SECOND / HZ;

/** Who, where and when: time is virtual, numbers are repeatable. */
export function identityHelpers(kernel: Kernel): HelperTable {
  return [
    [5, (): bigint => kernel.clock.now()],
    [125, (): bigint => kernel.clock.now()],
    [160, (): bigint => (kernel.clock.now() / JIFFY) * JIFFY],
    [208, (): bigint => kernel.clock.now() + TAI_OFFSET],
    [118, (): bigint => INITIAL_JIFFIES + kernel.clock.now() / JIFFY],
    [7, (): bigint => BigInt(kernel.random())],
    [8, (): bigint => BigInt(kernel.currentCpu)],
    [42, nothing],
    [
      14,
      (call): bigint => {
        const pid = BigInt(taskContextOf(call)?.task.pid ?? 0);
        return (pid << 32n) | pid;
      },
    ],
    [
      15,
      (call): bigint => {
        const uid = BigInt(taskContextOf(call)?.task.uid ?? 0);
        return (uid << 32n) | uid;
      },
    ],
    [
      16,
      (call, to, size): bigint => {
        const room = Number(BigInt.asUintN(32, size));
        call.memory.write(to, toCString(taskContextOf(call)?.task.name ?? 'swapper/0', room));
        return 0n;
      },
    ],
    [
      120,
      (call, _device, _inode, to, size): bigint => {
        call.memory.write(to, new Uint8Array(Number(BigInt.asUintN(32, size))));
        return result(-Errno.EINVAL);
      },
    ],
    [
      153,
      (_call, address, cpu): bigint => {
        const wanted = Number(BigInt.asUintN(32, cpu));
        if (wanted >= kernel.cpus) return 0n;
        return address + BigInt(wanted * (kernel.perCpuStrides.get(address) ?? 0));
      },
    ],
    [154, same],
  ];
}
