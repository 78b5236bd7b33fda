import { usageIdOf, usagePageOf } from '../usages.ts';
import { codeOf, EV } from './codes.ts';
import { mapUsage, type DriverMapping, type Mapping } from './mapping.ts';
import { CONFIDENCE_CLASSES, QUIRK, type MultitouchClass } from './multitouch-devices.ts';
import { type Application, type ContactPart } from './multitouch-state.ts';
import { axisResolution } from './resolution.ts';
import { INPUT_MT_POINTER } from './slots.ts';
import { VARIABLE, type FieldState, type HidInput, type UsageState } from './state.ts';
import * as U from './usages.ts';

const TOOL_FINGER = 0;
const TOOL_PALM = 2;
const TOOL_DIAL = 0x0a;
const POSITION_X = codeOf('ABS_MT_POSITION_X');
const POSITION_Y = codeOf('ABS_MT_POSITION_Y');
const TOOL_X = codeOf('ABS_MT_TOOL_X');
const TOOL_Y = codeOf('ABS_MT_TOOL_Y');
const TOOL_TYPE = codeOf('ABS_MT_TOOL_TYPE');
const DISTANCE = codeOf('ABS_MT_DISTANCE');
const ORIENTATION = codeOf('ABS_MT_ORIENTATION');
const PRESSURE = codeOf('ABS_MT_PRESSURE');
const TOUCH_MAJOR = codeOf('ABS_MT_TOUCH_MAJOR');
const TOUCH_MINOR = codeOf('ABS_MT_TOUCH_MINOR');
const BTN_TOUCH = codeOf('BTN_TOUCH');
const BTN_MOUSE = codeOf('BTN_MOUSE');
const BTN_0 = codeOf('BTN_0');
const MSC_TIMESTAMP = codeOf('MSC_TIMESTAMP');
const PROP_DIRECT = codeOf('INPUT_PROP_DIRECT');

/** One usage of a touch report, on its way to an input code. */
export interface TouchUsage {
  readonly field: FieldState;
  readonly usage: UsageState;
  readonly input: HidInput;
  readonly app: Application;
  readonly mtClass: MultitouchClass;
  say(message: string): void;
}

/** Hot keys that some Asus devices declare on their touch pad. */
export function asusKey(field: FieldState, usage: UsageState, input: HidInput): Mapping {
  const keys = new Map([
    [0x10, 'KEY_BRIGHTNESSDOWN'],
    [0x20, 'KEY_BRIGHTNESSUP'],
    [0x35, 'KEY_DISPLAY_OFF'],
    [0x6b, 'KEY_F21'],
    [0x6c, 'KEY_SLEEP'],
  ]);
  input.device.ev[EV.REP] = 1;
  field.flags &= ~VARIABLE;
  const name = keys.get(usageIdOf(usage.hid));
  return name === undefined ? 'ignore' : { type: EV.KEY, code: codeOf(name), clear: true };
}

function setAbs({ input, field }: TouchUsage, code: number, ratio: number): void {
  const { logicalMinimum: minimum, logicalMaximum: maximum } = field.field;
  const fuzz = ratio === 0 ? 0 : Math.trunc(((maximum - minimum) | 0) / ratio);
  input.device.setAbs(code, minimum, maximum, fuzz, 0);
  input.device.setResolution(code, axisResolution(field.field, code));
}

/** mt_store_field(): a part that is known already begins the next contact, if the last one is complete. */
function store({ app, field, usage }: TouchUsage, part: ContactPart): void {
  let contact = app.contacts.at(-1);
  if (contact === undefined) {
    contact = {};
    app.contacts.push(contact);
  } else if (contact[part] !== undefined) {
    if (contact.id === undefined || contact.x === undefined || contact.y === undefined) return;
    contact = {};
    app.contacts.push(contact);
  }
  contact[part] = { field, index: usage.index };
}

/** mt_touch_input_mapping(). 'owned' = mapped by the driver itself, undefined = hid-input maps it, but declares nothing (mt_input_mapped). */
export function touchMapping(touch: TouchUsage): DriverMapping {
  const { field, usage, app } = touch;
  if (usagePageOf(usage.hid) === U.PAGE.BUTTON) {
    if (field.field.application === U.DG_TOUCHSCREEN) {
      app.flags |= INPUT_MT_POINTER;
      app.isTouchpad = true;
    }
    app.buttons += 1;
  }
  switch (usagePageOf(usage.hid)) {
    case U.PAGE.DESKTOP:
      if (usage.hid === U.GD_X || usage.hid === U.GD_Y) return position(touch);
      return undefined;
    case U.PAGE.DIGITIZER:
      return contactUsage(touch);
    case U.PAGE.BUTTON:
      return button(touch);
    case U.PAGE.MICROSOFT:
      return 'ignore';
    default:
      return undefined;
  }
}

function position(touch: TouchUsage): 'owned' {
  const { field, usage, input, mtClass } = touch;
  const isX = usage.hid === U.GD_X;
  const isCentre = usage.index > 0 && field.usages[usage.index - 1]?.hid === usage.hid;
  const code = isCentre ? (isX ? TOOL_X : TOOL_Y) : isX ? POSITION_X : POSITION_Y;
  store(touch, isCentre ? (isX ? 'cx' : 'cy') : isX ? 'x' : 'y');
  setAbs(touch, code, mtClass.move);
  if (isX && field.field.application === U.GD_SYSTEM_MULTIAXIS) {
    input.device.properties[PROP_DIRECT] = 1;
    input.device.setAbs(TOOL_TYPE, TOOL_DIAL, TOOL_DIAL, 0, 0);
  }
  return 'owned';
}

function contactUsage(touch: TouchUsage): DriverMapping {
  const { field, usage, input, app, mtClass } = touch;
  const { device } = input;
  const { application, logicalMaximum } = field.field;
  switch (usage.hid) {
    case U.DG_INRANGE:
      if (app.quirks & QUIRK.HOVERING) device.setAbs(DISTANCE, 0, 1, 0, 0);
      store(touch, 'inRange');
      break;
    case U.DG_CONFIDENCE:
      if (
        CONFIDENCE_CLASSES.has(mtClass.name) &&
        (application === U.DG_TOUCHPAD || application === U.DG_TOUCHSCREEN)
      ) {
        app.quirks |= QUIRK.CONFIDENCE;
      }
      if (app.quirks & QUIRK.CONFIDENCE) device.setAbs(TOOL_TYPE, TOOL_FINGER, TOOL_PALM, 0, 0);
      store(touch, 'confidence');
      break;
    case U.DG_TIPSWITCH:
      if (application !== U.GD_SYSTEM_MULTIAXIS) device.setCapability(EV.KEY, BTN_TOUCH);
      store(touch, 'tip');
      break;
    case U.DG_CONTACTID:
      store(touch, 'id');
      break;
    case U.DG_WIDTH:
      if (!(app.quirks & QUIRK.NO_AREA)) setAbs(touch, TOUCH_MAJOR, mtClass.width);
      store(touch, 'w');
      break;
    case U.DG_HEIGHT:
      if (!(app.quirks & QUIRK.NO_AREA)) {
        setAbs(touch, TOUCH_MINOR, mtClass.height);
        if (!device.has(EV.ABS, ORIENTATION)) device.setAbs(ORIENTATION, 0, 1, 0, 0);
      }
      store(touch, 'h');
      break;
    case U.DG_TIPPRESSURE:
      setAbs(touch, PRESSURE, mtClass.pressure);
      store(touch, 'p');
      break;
    case U.DG_SCANTIME:
      device.setCapability(EV.MSC, MSC_TIMESTAMP);
      app.scanTime = { field, index: usage.index };
      app.scanTimeMaximum = logicalMaximum;
      break;
    case U.DG_CONTACTCOUNT:
      app.contactCount = { field, index: usage.index };
      break;
    case U.DG_AZIMUTH: {
      const quarter = Math.trunc(logicalMaximum / 4);
      const fuzz = mtClass.move === 0 ? 0 : Math.trunc(logicalMaximum / mtClass.move);
      device.setAbs(ORIENTATION, -quarter, quarter, fuzz, 0);
      store(touch, 'a');
      break;
    }
    case U.DG_CONTACTMAX:
    case U.DG_TOUCH:
      return 'ignore';
    default:
      return undefined;
  }
  return 'owned';
}

function button(touch: TouchUsage): DriverMapping {
  const { field, usage, input, app } = touch;
  const id = usageIdOf(usage.hid);
  const { application } = field.field;
  let code = BTN_MOUSE + usageIdOf(usage.hid - 1);
  // On precision touch pads the outer buttons have usages 2 and 3.
  if (app.quirks & QUIRK.WIN8_PTP_BUTTONS && application === U.DG_TOUCHPAD && id > 1) code -= 1;
  if (application === U.GD_SYSTEM_MULTIAXIS) code = BTN_0 + usageIdOf(usage.hid - 1);
  if (!mapUsage(usage, input, EV.KEY, code, (message) => touch.say(message))) return 'ignore';
  input.device.setCapability(EV.KEY, code);
  return 'owned';
}
