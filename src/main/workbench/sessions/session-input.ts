import { type InputPacket, type InputPreview } from '../../engine/hid/index.ts';
import { type StoredReport } from '../../host/store/index.ts';
import { type InputEventsView, type InputPacketView } from '../../../preload/contract/index.ts';
import { packetViews, previewsOf } from '../views/input-view.ts';
import { type SessionData, type SessionDevice } from './session-data.ts';

/**
 * Reports before the one that is shown that its events are worked out from. Events tell what changed: a key that was pressed
 * longer ago, and in no report since, counts as not pressed.
 */
const LOOK_BACK = 1000;

interface Side {
  readonly preview: InputPreview | string;
  packets: InputPacket[];
}

interface Sides {
  readonly before: Side;
  readonly after: Side;
}

/** The input events that the system would give for the reports of a session, before and after its driver. */
export class SessionInput {
  readonly #data: SessionData;
  readonly #kernel: string | undefined;
  #sides = new Map<number, Sides>();
  /** The report that comes next. */
  #next = 0;

  /** `kernel`: the version that the session's driver ran in. */
  constructor(data: SessionData, kernel?: string) {
    this.#data = data;
    this.#kernel = kernel;
  }

  /** Events of one report. `withAfter`: those of what the driver made of it, too. */
  at(index: number, withAfter: boolean): InputEventsView {
    if (index < this.#next || index - this.#next > LOOK_BACK) {
      this.#sides = new Map();
      this.#next = Math.max(0, index - LOOK_BACK);
    }
    let device = 0;
    for (const report of this.#data.reader.read(this.#next, index + 1 - this.#next)) {
      this.#take(report);
      device = report.device;
    }
    this.#next = index + 1;
    const sides = this.#sides.get(device);
    if (sides === undefined) return { driver: '', before: [] };
    const { preview, packets } = sides.before;
    if (typeof preview === 'string') return { driver: '', before: [], problem: preview };
    return {
      driver: preview.driver,
      before: packetViews(preview, packets),
      ...(withAfter ? { after: packetsOf(sides.after) } : {}),
    };
  }

  #take({ device, before, after, timeMicroseconds }: StoredReport): void {
    const sides = this.#sidesOf(device);
    if (sides === undefined) return;
    const feed = (side: Side, reports: readonly Uint8Array[]): void => {
      const { preview } = side;
      if (typeof preview === 'string') return;
      side.packets = reports.flatMap((report) => [...preview.report(report, timeMicroseconds)]);
    };
    feed(sides.before, [before]);
    feed(sides.after, after);
  }

  #sidesOf(index: number): Sides | undefined {
    const known = this.#sides.get(index);
    const device = this.#data.device(index);
    if (known !== undefined || device === undefined) return known;
    const sides = sidesOf(device, this.#kernel);
    this.#sides.set(index, sides);
    return sides;
  }
}

function packetsOf({ preview, packets }: Side): InputPacketView[] {
  return typeof preview === 'string' ? [] : packetViews(preview, packets);
}

function sidesOf({ stored, original, fixed }: SessionDevice, kernel: string | undefined): Sides {
  const { before, after } = previewsOf(stored, original.bytes, fixed.bytes, kernel);
  return { before: { preview: before, packets: [] }, after: { preview: after(), packets: [] } };
}
