import { Errno } from '../../abi/index.ts';
import { fail } from '../errors.ts';
import { BpfMap } from './map.ts';

/** BPF_MAP_TYPE_USER_RINGBUF: samples from user space, which a program drains. */
export class UserRingbufMap extends BpfMap {
  readonly #samples: Uint8Array[] = [];
  #used = 0;

  /** What user_ring_buffer__submit() does: false if the ring is full. */
  submit(sample: Uint8Array): boolean {
    const room = ((sample.length + 7) & ~7) + 8;
    if (this.#used + room > this.maxEntries) return false;
    this.#samples.push(sample.slice());
    this.#used += room;
    return true;
  }

  /** The next sample, taken out. */
  take(): Uint8Array | undefined {
    const sample = this.#samples.shift();
    if (sample !== undefined) {
      const room = ((sample.length + 7) & ~7) + 8;
      this.#used -= room;
      this.kernel.onUndo(() => {
        this.#samples.unshift(sample);
        this.#used += room;
      });
    }
    return sample;
  }

  override update(): number {
    return -Errno.ENOTSUPP;
  }

  override delete(): number {
    return -Errno.ENOTSUPP;
  }

  override sysLookup(): Uint8Array {
    fail(Errno.ENOTSUPP, 'ring buffers are written through mmap');
  }

  protected freeElements(): void {
    this.#samples.length = 0;
  }
}
