import { clamp, Dice, PollClock, signedWord, word, type SampleModel, type SentReport } from './model.ts';

// Report 5: button, 6 constant bits, a vendor's bit (crosstalk of the touch ring), dial (16 bits, relative).
const DESCRIPTOR = [
  [0x05, 0x01, 0x09, 0x0e, 0xa1, 0x01, 0x85, 0x05, 0x05, 0x0d, 0x09, 0x21, 0xa1, 0x00],
  [0x05, 0x09, 0x09, 0x01, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02],
  [0x95, 0x06, 0x81, 0x03, 0x06, 0x00, 0xff, 0x09, 0x10, 0x95, 0x01, 0x81, 0x02],
  [
    0x05, 0x01, 0x09, 0x37, 0x16, 0x01, 0x80, 0x26, 0xff, 0x7f, 0x75, 0x10, 0x95, 0x01, 0x81, 0x06, 0xc0,
    0xc0,
  ],
].flat();

const CROSSTALK = 0x80;

class Dial {
  readonly reports: SentReport[] = [];
  readonly #dice = new Dice(0x404);
  readonly #clock = new PollClock(11250, this.#dice);
  #button = 0;

  #send(steps: number): void {
    this.reports.push({ time: this.#clock.tick(), bytes: [5, this.#button, ...word(steps)] });
    if (this.#dice.chance(0.05)) {
      const nonsense = this.#dice.whole(-40, 40);
      this.reports.push({
        time: this.#clock.tick(),
        bytes: [5, this.#button | CROSSTALK, ...word(nonsense)],
      });
    }
  }

  /** A twist: speed in steps a report rises and falls; the hardware counts clockwise as negative. */
  turn(clockwise: boolean, polls: number, speed: number): void {
    let part = 0;
    for (let i = 0; i < polls; i++) {
      part += Math.max(0.3, speed * Math.sin((Math.PI * (i + 0.5)) / polls) + this.#dice.around(0.4));
      const steps = Math.trunc(part);
      part -= steps;
      if (steps !== 0) this.#send(clockwise ? -steps : steps);
      else this.#clock.rest(11);
    }
    this.stop();
  }

  /** At rest the dial says so once. */
  stop(): void {
    this.#send(0);
    this.#clock.rest(this.#dice.whole(120, 400));
  }

  click(): void {
    this.#button = 1;
    this.#send(0);
    this.#clock.rest(90);
    this.#button = 0;
    this.#send(0);
    this.#clock.rest(200);
  }

  /** Turns while the button is down. */
  drag(clockwise: boolean, polls: number): void {
    this.#button = 1;
    this.#send(0);
    this.turn(clockwise, polls, 2);
    this.#button = 0;
    this.#send(0);
  }

  /** Back and forth without a stop in between. */
  wiggle(times: number): void {
    for (let i = 0; i < times; i++) {
      for (let step = 0; step < 4; step++) this.#send((i % 2 === 0 ? -1 : 1) * this.#dice.whole(1, 2));
    }
    this.stop();
  }
}

function scrolling(): SentReport[] {
  const dial = new Dial();
  const dice = new Dice(0x405);
  dial.turn(true, 14, 1.4);
  dial.turn(true, 46, 2.5);
  dial.turn(false, 30, 2);
  dial.click();
  for (let round = 0; round < 8; round++)
    dial.turn(dice.chance(0.6), dice.whole(10, 60), 1 + dice.next() * 3);
  dial.wiggle(7);
  dial.click();
  dial.drag(true, 24);
  dial.drag(false, 18);
  // a spin so fast that the driver's limit of 127 steps is reached
  dial.turn(true, 40, 60);
  dial.turn(false, 36, 45);
  dial.click();
  for (let round = 0; round < 5; round++) dial.turn(round % 2 === 0, dice.whole(16, 34), 1.6);
  return dial.reports;
}

/**
 * Crosstalk never happened. Clockwise is positive. The first six reports of a turn count once, the next six twice, and so on
 * up to five times, never more than 127 steps a report; a report without steps, or a turn the other way, starts anew.
 */
function driver(): (bytes: readonly number[]) => number[] | undefined {
  let way = 0;
  let reports = 0;
  return ([id = 0, buttons = 0, low = 0, high = 0]) => {
    if ((buttons & CROSSTALK) !== 0) return undefined;
    const turned = -signedWord(low, high);
    if (Math.sign(turned) !== way) reports = 0;
    way = Math.sign(turned);
    const factor = Math.min(5, 1 + Math.floor(reports / 6));
    if (way !== 0) reports++;
    const steps = clamp(turned * factor, -127, 127);
    return [id, buttons, ...word(steps)];
  };
}

/** A dial that counts the wrong way and is too slow. */
export const dialMap: SampleModel = {
  id: 'dial-map',
  title: 'Dial with acceleration',
  summary:
    'A Bluetooth dial that counts the wrong way round, sends crosstalk and is slow. Two tables form a chain: the one with BPF_F_BEFORE cleans the reports, the other accelerates with its state in a hash map.',
  device: {
    bus: 'bluetooth',
    vendor: 0x6b1d,
    product: 0x0404,
    name: 'Larkfield Orbit Dial',
    phys: '5c:e0:c5:00:11:22',
  },
  descriptor: DESCRIPTOR,
  descriptorAfter: DESCRIPTOR,
  reports: scrolling(),
  driver,
};
