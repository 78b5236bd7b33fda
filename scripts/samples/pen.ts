import { byte, clamp, Dice, PollClock, word, type SampleModel, type SentReport } from './model.ts';

const WIDTH = 25600;
const HEIGHT = 16000;
const FULL_PRESSURE = 8191;

// Report 7: tip, lower button, eraser, upside down, -, in range, -, -; X, Y, pressure (16 bits each), tilt X, tilt Y.
// Faults: 0x32 (In Range) and 0x44 (Barrel Switch) are exchanged, pressure ends at 4095, nothing has a size or unit.
const FAULTY = [
  [0x05, 0x0d, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x07, 0x09, 0x20, 0xa1, 0x00],
  [0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x04],
  [0x09, 0x42, 0x09, 0x32, 0x09, 0x45, 0x09, 0x3c, 0x81, 0x02],
  [0x95, 0x01, 0x81, 0x03, 0x09, 0x44, 0x81, 0x02, 0x95, 0x02, 0x81, 0x03],
  [0x75, 0x10, 0x95, 0x01, 0xa4, 0x05, 0x01],
  [0x09, 0x30, 0x26, 0x00, 0x64, 0x81, 0x02, 0x09, 0x31, 0x26, 0x80, 0x3e, 0x81, 0x02, 0xb4],
  [0x09, 0x30, 0x26, 0xff, 0x0f, 0x81, 0x02],
  [0x75, 0x08, 0x95, 0x02, 0x15, 0xc4, 0x25, 0x3c, 0x09, 0x3d, 0x09, 0x3e, 0x81, 0x02, 0xc0, 0xc0],
].flat();

const FIXED = [
  [0x05, 0x0d, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x07, 0x09, 0x20, 0xa1, 0x00],
  [0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x04],
  [0x09, 0x42, 0x09, 0x44, 0x09, 0x45, 0x09, 0x3c, 0x81, 0x02],
  [0x95, 0x01, 0x81, 0x01, 0x09, 0x32, 0x81, 0x02, 0x95, 0x02, 0x81, 0x01],
  [0x75, 0x10, 0x95, 0x01, 0xa4, 0x05, 0x01, 0x65, 0x11, 0x55, 0x0e],
  [0x09, 0x30, 0x26, 0x00, 0x64, 0x46, 0x00, 0x0a, 0x81, 0x02],
  [0x09, 0x31, 0x26, 0x80, 0x3e, 0x46, 0x40, 0x06, 0x81, 0x02, 0xb4],
  [0x09, 0x30, 0x26, 0xff, 0x1f, 0x81, 0x02],
  [0x75, 0x08, 0x95, 0x02, 0x15, 0xc4, 0x25, 0x3c, 0x35, 0xc4, 0x45, 0x3c, 0x65, 0x14],
  [0x09, 0x3d, 0x09, 0x3e, 0x81, 0x02, 0xc0, 0xc0],
].flat();

const TIP = 0x01;
const BUTTON = 0x02;
const ERASER = 0x04;
const UPSIDE_DOWN = 0x08;
const IN_RANGE = 0x20;

/** A pen in a hand: it has a place, a height that shows as pressure, and leans with the movement. */
class Pen {
  readonly reports: SentReport[] = [];
  readonly #dice = new Dice(0x202);
  readonly #clock = new PollClock(5000, this.#dice);
  #x = WIDTH * 0.2;
  #y = HEIGHT * 0.3;
  #lean = { x: 22, y: 34 };
  #bits = 0;

  #send(pressure: number): void {
    this.#lean.x = clamp(this.#lean.x + this.#dice.around(0.8), 8, 40);
    this.#lean.y = clamp(this.#lean.y + this.#dice.around(0.8), 15, 50);
    const [x, y] = [clamp(this.#x, 0, WIDTH), clamp(this.#y, 0, HEIGHT)].map(Math.round) as [number, number];
    // the firmware counts the tilt from the wrong side
    const tilt = [byte(-Math.round(this.#lean.x)), byte(-Math.round(this.#lean.y))];
    this.reports.push({
      time: this.#clock.tick(),
      bytes: [7, this.#bits, ...word(x), ...word(y), ...word(pressure), ...tilt],
    });
  }

  /** Comes near the tablet at a place given in parts of its size. */
  approach(x: number, y: number, upsideDown = false): void {
    this.#x = x * WIDTH;
    this.#y = y * HEIGHT;
    this.#bits = IN_RANGE | (upsideDown ? UPSIDE_DOWN : 0);
    this.hover(6, 0.004, 0.002);
  }

  /** Moves above the surface by parts of the tablet's size in so many reports. */
  hover(count: number, dx: number, dy: number): void {
    for (let i = 0; i < count; i++) {
      const t = (i + 0.5) / count;
      const speed = (6 * t * (1 - t)) / count;
      this.#x += dx * WIDTH * speed + this.#dice.around(3);
      this.#y += dy * HEIGHT * speed + this.#dice.around(3);
      this.#send(0);
    }
  }

  /** Draws along a curve from t = 0 to 1, offsets in parts of the tablet's size; the pressure rises and falls. */
  stroke(count: number, curve: (t: number) => [number, number], weight: number): void {
    const from = { x: this.#x, y: this.#y };
    const contact = (this.#bits & UPSIDE_DOWN) !== 0 ? ERASER : TIP;
    this.#bits |= contact;
    for (let i = 0; i < count; i++) {
      const t = (i + 1) / count;
      const [dx, dy] = curve(t);
      this.#x = from.x + dx * WIDTH + this.#dice.around(4);
      this.#y = from.y + dy * HEIGHT + this.#dice.around(4);
      const swell = Math.sin(Math.PI * Math.min(1, t * 1.02)) ** 0.5;
      this.#send(clamp(Math.round(weight * FULL_PRESSURE * swell + this.#dice.around(60)), 1, FULL_PRESSURE));
    }
    this.#bits &= ~contact;
    this.#send(0);
  }

  /** Presses or lets go of the pen's lower button. */
  button(down: boolean): void {
    this.#bits = down ? this.#bits | BUTTON : this.#bits & ~BUTTON;
    this.#send(0);
  }

  /** Leaves the tablet's range: the last report has nothing set and zeros. */
  leave(milliseconds: number): void {
    this.hover(4, 0.002, -0.006);
    this.#bits = 0;
    this.reports.push({ time: this.#clock.tick(), bytes: [7, 0, ...word(0), ...word(0), ...word(0), 0, 0] });
    this.#clock.rest(milliseconds);
  }
}

function aPage(): SentReport[] {
  const pen = new Pen();
  const dice = new Dice(0x203);
  // a line of cursive loops, letter by letter
  pen.approach(0.12, 0.3);
  for (let letter = 0; letter < 9; letter++) {
    const height = dice.chance(0.3) ? 0.075 : 0.034;
    pen.stroke(
      dice.whole(22, 34),
      (t) => [
        0.032 * t + 0.008 * Math.sin(2 * Math.PI * t),
        -height * Math.sin(2 * Math.PI * t) * (1 - 0.3 * t),
      ],
      0.32 + 0.08 * dice.next(),
    );
    pen.hover(dice.whole(5, 9), 0.012, dice.around(0.01));
  }
  pen.leave(650);
  // a context menu: the button held while hovering, and pressed again while the tip is down
  pen.approach(0.5, 0.45);
  pen.hover(14, 0.06, 0.05);
  pen.button(true);
  pen.hover(9, 0.004, 0.01);
  pen.button(false);
  pen.hover(16, 0.03, 0.06);
  pen.stroke(8, (t) => [0.001 * t, 0.0015 * t], 0.4);
  pen.button(true);
  pen.stroke(26, (t) => [0.11 * t, 0.03 * Math.sin(Math.PI * t)], 0.55);
  pen.button(false);
  pen.leave(900);
  // a circle with full pressure, then straight hatching
  pen.approach(0.7, 0.5);
  pen.stroke(90, (t) => [0.08 * (Math.cos(2 * Math.PI * t) - 1), 0.13 * Math.sin(2 * Math.PI * t)], 1);
  for (let line = 0; line < 7; line++) {
    pen.hover(8, 0.012, 0.05);
    pen.stroke(14, (t) => [0.05 * t, -0.06 * t], 0.25 + 0.05 * line);
  }
  pen.leave(1200);
  // turned round: the eraser goes over the hatching
  pen.approach(0.68, 0.46, true);
  for (let pass = 0; pass < 4; pass++)
    pen.stroke(24, (t) => [0.09 * Math.sin(Math.PI * t), 0.02 * t], 0.5 + dice.around(0.1));
  pen.leave(500);
  // the corners of the active area
  for (const [x, y] of [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ] as const) {
    pen.approach(x, y);
    pen.stroke(6, () => [0, 0], 0.7);
    pen.leave(250);
  }
  return pen.reports;
}

/** The reports keep their form; only the tilt is turned round. */
function driver(): (bytes: readonly number[]) => number[] {
  return (bytes) => bytes.map((value, at) => (at === 8 || at === 9 ? (256 - value) % 256 : value));
}

/** A tablet pen with a wrong descriptor and mirrored tilt. */
export const penFix: SampleModel = {
  id: 'pen-fix',
  title: 'Tablet pen with a wrong descriptor',
  summary:
    'A pen tablet that calls the barrel button In Range and claims half the pressure range; its tilt is mirrored. The driver replaces the descriptor in hid_rdesc_fixup, turns the tilt in hid_device_event, and its probe() takes only tablets with the faulty descriptor.',
  device: {
    bus: 'usb',
    vendor: 0x6b1d,
    product: 0x0202,
    name: 'Larkfield Slate 10',
    phys: 'usb-0000:00:14.0-1.4/input0',
  },
  descriptor: FAULTY,
  descriptorAfter: FIXED,
  reports: aPage(),
  driver,
};
