import { Dice, type SampleModel, type SentReport } from './model.ts';

// The boot keyboard's form: modifiers, a constant byte, six keys; one output byte of lamps.
const DESCRIPTOR = [
  [0x05, 0x01, 0x09, 0x07, 0xa1, 0x01],
  [0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02],
  [0x75, 0x08, 0x95, 0x01, 0x81, 0x01],
  [
    0x05, 0x08, 0x19, 0x01, 0x29, 0x03, 0x75, 0x01, 0x95, 0x03, 0x91, 0x02, 0x75, 0x05, 0x95, 0x01, 0x91,
    0x01,
  ],
  [
    0x05, 0x07, 0x19, 0x00, 0x2a, 0xff, 0x00, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x06, 0x81,
    0x00, 0xc0,
  ],
].flat();

const SCAN = 4000;
const GHOST = 0x87;

/** The character on each key, and the usage that the firmware sends for it. */
const KEYS: Readonly<Record<string, number>> = {
  '1': 0x1e,
  '2': 0x1f,
  '3': 0x20,
  '4': 0x21,
  '5': 0x22,
  '6': 0x23,
  '7': 0x24,
  '8': 0x25,
  '9': 0x26,
  '0': 0x27,
  '\n': 0x28,
  '\b': 0x2a,
  '-': 0x2d,
  '+': 0x2e,
  '.': 0x37,
  '/': 0x38,
};

/** The usage that a real keypad has for the same character: HID Usage Tables, chapter 10. */
const WANTED: Readonly<Record<string, number>> = {
  '1': 0x59,
  '2': 0x5a,
  '3': 0x5b,
  '4': 0x5c,
  '5': 0x5d,
  '6': 0x5e,
  '7': 0x5f,
  '8': 0x60,
  '9': 0x61,
  '0': 0x62,
  '\n': 0x58,
  '-': 0x56,
  '+': 0x57,
  '.': 0x63,
  '/': 0x54,
};

class Keypad {
  readonly reports: SentReport[] = [];
  readonly #dice = new Dice(0x303);
  /** Scans of the matrix since the start. */
  #scan = 0;
  #down: number[] = [];

  #send(extra: readonly number[] = []): void {
    const keys = [...this.#down, ...extra].slice(0, 6);
    const padded = [...keys, ...Array<number>(6 - keys.length).fill(0)];
    const late = this.#scan === 0 ? 0 : this.#dice.whole(-60, 120);
    this.reports.push({ time: this.#scan * SCAN + late, bytes: [0, this.#scan & 0xff, ...padded] });
  }

  wait(milliseconds: number): void {
    this.#scan += Math.max(1, Math.round((milliseconds * 1000) / SCAN));
  }

  press(key: string): void {
    this.#down.push(KEYS[key] ?? 0);
    // three keys in a rectangle of the matrix make the fourth corner appear for one scan
    if (this.#down.length >= 3) {
      this.#send([GHOST]);
      this.#scan++;
    }
    this.#send();
    if (this.#dice.chance(0.06)) {
      this.#scan++;
      this.#send(); // the firmware repeats itself
    }
  }

  release(key: string): void {
    const usage = KEYS[key] ?? 0;
    this.#down = this.#down.filter((other) => other !== usage);
    this.#send();
    // every third key or so bounces: it comes back for one scan, sometimes twice
    for (let times = this.#dice.chance(0.35) ? this.#dice.whole(1, 2) : 0; times > 0; times--) {
      this.#scan++;
      this.#down.push(usage);
      this.#send();
      this.#scan++;
      this.#down = this.#down.filter((other) => other !== usage);
      this.#send();
    }
  }

  /** A report that broke off on the wire. */
  breakOff(): void {
    this.reports.push({ time: this.#scan * SCAN + 30, bytes: [0, this.#scan & 0xff, KEYS['7'] ?? 0] });
  }

  type(text: string, pace: number): void {
    for (const key of text) {
      this.press(key);
      this.wait(this.#dice.whole(55, 100));
      this.release(key);
      this.wait(this.#dice.whole(pace, pace * 2));
    }
  }
}

function bookkeeping(): SentReport[] {
  const keypad = new Keypad();
  const dice = new Dice(0x304);
  for (let line = 0; line < 16; line++) {
    const whole = String(dice.whole(1, 9999));
    const cents = String(dice.whole(0, 99)).padStart(2, '0');
    keypad.type(`${whole}.${cents}`, 45);
    if (line % 5 === 3) keypad.type('\b' + String(dice.whole(0, 9)), 120);
    keypad.type(line % 4 === 2 ? '-' : '+', 90);
    keypad.wait(dice.whole(200, 700));
    if (line === 6) keypad.breakOff();
    keypad.wait(20);
  }
  keypad.type('\n', 60);
  // two fingers overlap, then three keys at once with the ghost
  for (const [first, second, third] of ['456', '789', '153', '268'].map(
    (keys) => [...keys] as [string, string, string],
  )) {
    keypad.wait(300);
    keypad.press(first);
    keypad.wait(24);
    keypad.press(second);
    keypad.wait(16);
    keypad.press(third);
    keypad.wait(60);
    keypad.release(first);
    keypad.wait(28);
    keypad.release(third);
    keypad.wait(32);
    keypad.release(second);
  }
  // a fast repeat of one key, just slow enough not to be a bounce
  for (let i = 0; i < 12; i++) {
    keypad.wait(24);
    keypad.press('0');
    keypad.wait(36);
    keypad.release('0');
    keypad.wait(12);
  }
  keypad.type('12/3\n', 80);
  return keypad.reports;
}

/**
 * The rules in words: a report with the ghost never happened; neither did one in which a key returns within four scans of
 * its release, nor one that shows the same keys as the last report that did happen. What remains has keypad usages and a
 * zero where the scan counter was. A broken-off report changes nothing and the kernel throws it away.
 */
function driver(): (bytes: readonly number[]) => number[] | undefined {
  const translate = new Map(Object.entries(KEYS).map(([key, usage]) => [usage, WANTED[key] ?? usage]));
  const released = new Map<number, number>();
  let held: number[] = [];
  let last = '0,0,0,0,0,0';
  return (bytes) => {
    if (bytes.length < 8) return undefined;
    const now = bytes[1] ?? 0;
    const slots = bytes.slice(2);
    const keys = slots.filter((usage) => usage !== 0);
    if (keys.includes(GHOST)) return undefined;
    const bounced = keys.some((usage) => {
      const at = released.get(usage);
      return !held.includes(usage) && at !== undefined && (now - at + 256) % 256 < 4;
    });
    if (bounced || sameKeys(keys, last)) return undefined;
    for (const usage of held) if (!keys.includes(usage)) released.set(usage, now);
    held = keys;
    last = slots.join();
    return [0, 0, ...slots.map((usage) => translate.get(usage) ?? usage)];
  };
}

const sameKeys = (keys: readonly number[], last: string): boolean => {
  const padded = [...keys, ...Array<number>(6 - keys.length).fill(0)];
  return padded.join() === last;
};

/** A keypad that sends the wrong digits, bounces and shows ghosts. */
export const keypadRemap: SampleModel = {
  id: 'keypad-remap',
  title: 'Keypad that bounces and shows ghosts',
  summary:
    'A keypad that sends the digits of the main block, bounces when a key is let go and shows a ghost key when three are down. The driver translates the usages and drops the false reports by returning a negative errno.',
  device: {
    bus: 'usb',
    vendor: 0x6b1d,
    product: 0x0303,
    name: 'Larkfield Tally Keypad',
    phys: 'usb-0000:00:14.0-2/input0',
  },
  descriptor: DESCRIPTOR,
  descriptorAfter: DESCRIPTOR,
  reports: bookkeeping(),
  driver,
};
