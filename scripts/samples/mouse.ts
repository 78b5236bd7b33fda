import { byte, clamp, Dice, PollClock, word, type SampleModel, type SentReport } from './model.ts';

// Report 1: buttons (5 bits), X and Y (16 bits, relative), wheel, pan. Report 2: battery in per cent, on a vendor page.
const DESCRIPTOR = [
  [0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x01, 0x09, 0x01, 0xa1, 0x00],
  [0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x05, 0x81, 0x02],
  [0x75, 0x03, 0x95, 0x01, 0x81, 0x03],
  [
    0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x16, 0x01, 0x80, 0x26, 0xff, 0x7f, 0x75, 0x10, 0x95, 0x02, 0x81,
    0x06,
  ],
  [0x09, 0x38, 0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x01, 0x81, 0x06],
  [0x05, 0x0c, 0x0a, 0x38, 0x02, 0x81, 0x06, 0xc0, 0xc0],
  [
    0x06, 0x01, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x02, 0x09, 0x02, 0x15, 0x00, 0x25, 0x64, 0x81, 0x02,
    0xc0,
  ],
].flat();

const LEFT = 1;
const RIGHT = 2;
const MIDDLE = 4;
const BACK = 8;
const FORWARD = 16;

/** What the firmware sends for a button that the hand presses. */
const FIRMWARE: Readonly<Record<number, number>> = {
  [LEFT]: RIGHT,
  [RIGHT]: LEFT,
  [MIDDLE]: MIDDLE,
  [BACK]: FORWARD,
  [FORWARD]: BACK,
};

class Hand {
  readonly reports: SentReport[] = [];
  readonly #dice = new Dice(0x101);
  readonly #clock = new PollClock(8000, this.#dice);
  #buttons = 0;
  #battery = 87;
  #untilBattery = 160;
  /** What the sensor has not reported yet: parts of a count. */
  #rest = { x: 0, y: 0 };

  #send(x: number, y: number, wheel = 0, pan = 0): void {
    this.reports.push({
      time: this.#clock.tick(),
      bytes: [1, this.#buttons, ...word(x), ...word(y), byte(wheel), byte(pan)],
    });
    if (--this.#untilBattery === 0) {
      this.reports.push({ time: this.#clock.tick(), bytes: [2, this.#battery--] });
      this.#untilBattery = 160;
    }
  }

  /** A reach of (x, y) counts: speed rises and falls smoothly (minimum jerk), with the tremor of a hand. */
  move(x: number, y: number): void {
    const distance = Math.hypot(x, y);
    const polls = Math.round(8 + 5 * Math.log2(1 + distance / 12));
    const bow = this.#dice.around(0.12);
    for (let i = 0; i < polls; i++) {
      const t = (i + 0.5) / polls;
      const speed = (30 * t ** 2 * (1 - t) ** 2) / polls;
      const turn = bow * Math.cos(Math.PI * t);
      const shake = Math.min(1.5, distance / 80);
      this.#rest.x += (x - y * turn) * speed + this.#dice.around(shake);
      this.#rest.y += (y + x * turn) * speed + this.#dice.around(shake);
      const dx = Math.trunc(this.#rest.x);
      const dy = Math.trunc(this.#rest.y);
      this.#rest.x -= dx;
      this.#rest.y -= dy;
      if (dx !== 0 || dy !== 0) this.#send(dx, dy);
      else this.#clock.rest(8);
    }
  }

  press(button: number): void {
    this.#buttons |= FIRMWARE[button] ?? 0;
    this.#send(0, 0);
  }

  release(button: number): void {
    this.#buttons &= ~(FIRMWARE[button] ?? 0);
    this.#send(0, 0);
  }

  click(button: number): void {
    this.press(button);
    this.rest(this.#dice.whole(60, 110));
    this.release(button);
  }

  scroll(notches: number): void {
    for (let i = 0; i < Math.abs(notches); i++) {
      this.#send(0, 0, Math.sign(notches));
      this.rest(clamp(90 - i * 8, 30, 90));
    }
  }

  pan(notches: number): void {
    for (let i = 0; i < Math.abs(notches); i++) {
      this.#send(0, 0, 0, Math.sign(notches));
      this.rest(60);
    }
  }

  rest(milliseconds: number): void {
    this.#clock.rest(milliseconds);
  }
}

function atWork(): SentReport[] {
  const hand = new Hand();
  const dice = new Dice(0x102);
  hand.move(420, -180);
  hand.rest(140);
  hand.click(LEFT);
  for (let round = 0; round < 6; round++) {
    hand.rest(dice.whole(250, 600));
    hand.move(dice.whole(-500, 500), dice.whole(-300, 300));
    hand.rest(90);
    hand.click(round % 3 === 2 ? RIGHT : LEFT);
    hand.rest(180);
    hand.scroll(round % 2 === 0 ? -dice.whole(4, 9) : dice.whole(3, 7));
  }
  // select by dragging, copy with a right click
  hand.press(LEFT);
  hand.move(260, 14);
  hand.release(LEFT);
  hand.move(30, 22);
  hand.click(RIGHT);
  hand.move(18, 64);
  hand.click(LEFT);
  // through the browser's history with the thumb, both at once by accident
  for (const button of [BACK, BACK, FORWARD]) {
    hand.rest(700);
    hand.click(button);
  }
  hand.press(BACK);
  hand.press(FORWARD);
  hand.release(BACK);
  hand.release(FORWARD);
  hand.pan(4);
  hand.pan(-6);
  // a double click, the middle button, and both main buttons held while the mouse moves
  hand.click(LEFT);
  hand.rest(70);
  hand.click(LEFT);
  hand.click(MIDDLE);
  hand.press(LEFT);
  hand.press(RIGHT);
  hand.move(-140, 90);
  hand.release(LEFT);
  hand.move(-60, -30);
  hand.release(RIGHT);
  for (let round = 0; round < 8; round++) {
    hand.rest(dice.whole(120, 400));
    hand.move(dice.whole(-700, 700), dice.whole(-400, 400));
    if (dice.chance(0.4)) {
      hand.click(LEFT);
    } else {
      const button = dice.chance(0.7) ? LEFT : MIDDLE;
      hand.press(button);
      hand.move(dice.whole(-300, 300), dice.whole(-160, 160));
      hand.release(button);
    }
  }
  return hand.reports;
}

/** What a right-handed user wants: what the hand pressed is what the host sees. */
function driver(): (bytes: readonly number[]) => number[] {
  const wanted = new Map(Object.entries(FIRMWARE).map(([pressed, sent]) => [sent, Number(pressed)]));
  return (bytes) => {
    const [id = 0, buttons = 0, ...rest] = bytes;
    if (id !== 1) return [...bytes];
    let pressed = 0;
    for (let bit = 1; bit < 0x100; bit <<= 1) if ((buttons & bit) !== 0) pressed |= wanted.get(bit) ?? bit;
    return [id, pressed, ...rest];
  };
}

/** A mouse whose buttons are mirrored. */
export const mouseSwapButtons: SampleModel = {
  id: 'mouse-swap-buttons',
  title: 'Mouse with swapped buttons',
  summary:
    'A mouse whose firmware exchanges left and right, and Back and Forward. The driver puts the bits back in hid_device_event and leaves the battery report alone.',
  device: {
    bus: 'usb',
    vendor: 0x6b1d,
    product: 0x0101,
    name: 'Larkfield Drift Mouse',
    phys: 'usb-0000:00:14.0-3/input0',
  },
  descriptor: DESCRIPTOR,
  descriptorAfter: DESCRIPTOR,
  reports: atWork(),
  driver,
};
