import { signExtend } from '../bits.ts';
import { type Collection } from '../types.ts';
import { usageIdOf, usagePageOf } from '../usages.ts';
import { codeOf, EV, MAX_CODE } from './codes.ts';
import { QUIRK_NOINVERT, QUIRK_NOTOUCH } from './quirks.ts';
import { RELATIVE, type FieldState, type HidInput, type ReportState, type UsageState } from './state.ts';
import {
  CAMERA_KEYS,
  CONSUMER_KEYS,
  HP2_KEYS,
  HP_KEYS,
  KEYBOARD_KEYS,
  KEY_UNKNOWN,
  LED_CODES,
  SIMULATION_AXES,
  SYSTEM_CONTROL_KEYS,
  TELEPHONY_KEYS,
} from './usage-map.ts';
import * as U from './usages.ts';

const { PAGE } = U;

const BTN_MISC = codeOf('BTN_MISC');
const BTN_MOUSE = codeOf('BTN_MOUSE');
const BTN_JOYSTICK = codeOf('BTN_JOYSTICK');
const BTN_GAMEPAD = codeOf('BTN_GAMEPAD');
const BTN_TRIGGER_HAPPY = codeOf('BTN_TRIGGER_HAPPY');
const BTN_TOUCH = codeOf('BTN_TOUCH');
const BTN_TOOL_RUBBER = codeOf('BTN_TOOL_RUBBER');
const KEY_MACRO1 = codeOf('KEY_MACRO1');
const ABS_VOLUME = codeOf('ABS_VOLUME');
const ABS_MISC = codeOf('ABS_MISC');
const ABS_HAT0X = codeOf('ABS_HAT0X');
const MSC_SERIAL = codeOf('MSC_SERIAL');
const REL_MISC = codeOf('REL_MISC');
const REL_WHEEL = codeOf('REL_WHEEL');
const REL_HWHEEL = codeOf('REL_HWHEEL');
const REL_WHEEL_HI_RES = codeOf('REL_WHEEL_HI_RES');
const REL_HWHEEL_HI_RES = codeOf('REL_HWHEEL_HI_RES');
const LED_MISC = codeOf('LED_MISC');
const PROP_POINTER = codeOf('INPUT_PROP_POINTER');
const PROP_DIRECT = codeOf('INPUT_PROP_DIRECT');
const COLLECTION_NAMED_ARRAY = 4;

/** What a usage is mapped to: `map` with a code, `clear` = even if another usage has that code already. */
export type Mapping =
  { readonly type: number; readonly code: number; readonly clear: boolean } | 'ignore' | 'power';

/** What the mapping needs to know of and may change on the device. */
export interface MappingContext {
  quirks: number;
  readonly collections: readonly Collection[];
  /** Kernel log. */
  say(message: string): void;
  /** The driver's input_mapping. */
  driverMapping?: ((field: FieldState, usage: UsageState, input: HidInput) => DriverMapping) | undefined;
  /** The driver's input_mapped: true = nothing of the mapping is declared on the node. */
  driverOwns?: ((report: ReportState) => boolean) | undefined;
}

/** What a driver says of a usage: a mapping, 'owned' = it has done all itself, undefined = hid-input decides. */
export type DriverMapping = Mapping | 'owned' | undefined;

const key = (code: number): Mapping => ({ type: EV.KEY, code, clear: true });
const sharedKey = (code: number): Mapping => ({ type: EV.KEY, code, clear: false });
const abs = (code: number): Mapping => ({ type: EV.ABS, code, clear: false });
const rel = (code: number): Mapping => ({ type: EV.REL, code, clear: false });
const led = (code: number): Mapping => ({ type: EV.LED, code, clear: false });

function keyOf(table: ReadonlyMap<number, number>, id: number): Mapping {
  const code = table.get(id);
  return code === undefined ? 'ignore' : key(code);
}

/** Usages nobody knows: a button, an axis or a lamp without meaning. */
function unknown(state: FieldState): Mapping {
  if (state.field.size === 1) return state.report.type === 'output' ? led(LED_MISC) : sharedKey(BTN_MISC);
  return state.flags & RELATIVE ? rel(REL_MISC) : abs(ABS_MISC);
}

function button(state: FieldState, usage: UsageState, collections: readonly Collection[]): Mapping {
  const number = usageIdOf(usage.hid - 1);
  const { application, physical } = state.field;
  switch (application) {
    case U.GD_MOUSE:
    case U.GD_POINTER:
      return sharedKey(BTN_MOUSE + number);
    case U.GD_JOYSTICK:
      return sharedKey(number + (number <= 0xf ? BTN_JOYSTICK : BTN_TRIGGER_HAPPY - 0x10));
    case U.GD_GAMEPAD:
      return sharedKey(number + (number <= 0xf ? BTN_GAMEPAD : BTN_TRIGGER_HAPPY - 0x10));
    case U.CP_CONSUMER_CONTROL: {
      const collection = collections[state.collection];
      const isMacro =
        collection?.type === COLLECTION_NAMED_ARRAY && collection.usage === U.CP_PROGRAMMABLEBUTTONS;
      if (isMacro) return sharedKey(number + (number <= 0x1d ? KEY_MACRO1 : BTN_TRIGGER_HAPPY - 0x1e));
      break;
    }
  }
  switch (physical) {
    case U.GD_MOUSE:
    case U.GD_POINTER:
      return sharedKey(BTN_MOUSE + number);
    case U.GD_JOYSTICK:
      return sharedKey(BTN_JOYSTICK + number);
    case U.GD_GAMEPAD:
      return sharedKey(BTN_GAMEPAD + number);
    default:
      return sharedKey(BTN_MISC + number);
  }
}

function desktop(state: FieldState, usage: UsageState, input: HidInput): Mapping {
  const { hid } = usage;
  const low = hid & 0xf;
  const isRelative = (state.flags & RELATIVE) !== 0;
  const { application } = state.field;
  switch (hid & 0xf0) {
    case 0x80: {
      const code = SYSTEM_CONTROL_KEYS.get(low);
      return code === undefined ? unknown(state) : key(code);
    }
    case 0xa0:
      if (low === 0x9) return key(codeOf('KEY_MICMUTE'));
      return low === 0xa ? key(codeOf('KEY_ACCESSIBILITY')) : 'ignore';
    case 0xb0:
      return low === 0x5 ? key(codeOf('KEY_SWITCHVIDEOMODE')) : 'ignore';
  }
  if ((hid & 0xf0) === 0x90) return directionPad(state, usage, input);
  // Some vendors declare 255 usages for System Control and mean none of them.
  if (application === U.GD_SYSTEM_CONTROL) return 'ignore';
  switch (hid) {
    case U.GD_WHEEL:
      if (!isRelative) return abs(low);
      input.device.bits(EV.REL)[REL_WHEEL] = 1;
      return rel(REL_WHEEL_HI_RES);
    case U.GD_SLIDER:
    case U.GD_DIAL:
      return isRelative ? rel(low) : abs(low);
    case U.GD_HATSWITCH:
      // hid_usage keeps them in s16.
      usage.hatMinimum = signExtend(state.field.logicalMinimum, 16);
      usage.hatMaximum = signExtend(state.field.logicalMaximum, 16);
      return abs(ABS_HAT0X);
    case U.GD_START:
      return key(codeOf('BTN_START'));
    case U.GD_SELECT:
      return key(codeOf('BTN_SELECT'));
    case U.GD_RFKILL_BTN:
      if (application !== U.GD_WIRELESS_RADIO_CTLS) return unknown(state);
      state.flags |= RELATIVE;
      return key(codeOf('KEY_RFKILL'));
  }
  if (hid === U.GD_Z && !isRelative && isPen(state)) {
    return { type: EV.ABS, code: codeOf('ABS_DISTANCE'), clear: true };
  }
  if (hid >= U.GD_X && hid <= U.GD_RZ)
    return isRelative ? rel(low) : { type: EV.ABS, code: low, clear: true };
  return unknown(state);
}

/** True for fields of a stylus or pen, whose Z is the distance to the tablet. */
function isPen({ field }: FieldState): boolean {
  const { application, physical, logical } = field;
  return (
    application === U.DG_PEN ||
    application === U.DG_DIGITIZER ||
    physical === U.DG_PEN ||
    physical === U.DG_STYLUS ||
    logical === U.DG_STYLUS
  );
}

function directionPad(state: FieldState, usage: UsageState, input: HidInput): Mapping {
  const directions = new Map([
    [U.GD_UP, 1],
    [U.GD_DOWN, 5],
    [U.GD_RIGHT, 3],
    [U.GD_LEFT, 7],
  ]);
  if (usage.hid === U.GD_DO_NOT_DISTURB) return key(codeOf('KEY_DO_NOT_DISTURB'));
  const direction = directions.get(usage.hid);
  if (direction === undefined) return unknown(state);
  usage.hatDirection = direction;
  if (state.dpad === 0) return abs(ABS_HAT0X);
  mapUsage(usage, input, EV.ABS, state.dpad, () => undefined);
  return 'ignore';
}

function inRange(state: FieldState): Mapping {
  const { physical, application } = state.field;
  if (physical === U.DG_PUCK) return sharedKey(codeOf('BTN_TOOL_MOUSE'));
  if (physical === U.DG_FINGER) return sharedKey(codeOf('BTN_TOOL_FINGER'));
  if (physical !== 0) return sharedKey(codeOf('BTN_TOOL_PEN'));
  const isTouch = application === U.DG_TOUCHSCREEN || application === U.DG_TOUCHPAD;
  return key(codeOf(isTouch ? 'BTN_TOOL_FINGER' : 'BTN_TOOL_PEN'));
}

function digitizer(state: FieldState, usage: UsageState, input: HidInput, context: MappingContext): Mapping {
  const { device } = input;
  const kind = state.field.application & 0xff;
  if (kind === 0x01) device.properties[PROP_POINTER] = 1;
  else if (kind === 0x02) device.properties[PROP_DIRECT] = 1;
  const keys = device.bits(EV.KEY);
  switch (usage.hid & 0xff) {
    case 0x00:
      return 'ignore';
    case 0x30:
      if (keys[BTN_TOUCH] !== 1) {
        context.quirks |= QUIRK_NOTOUCH;
        device.setCapability(EV.KEY, BTN_TOUCH);
      }
      return { type: EV.ABS, code: codeOf('ABS_PRESSURE'), clear: true };
    case 0x32:
      return inRange(state);
    case 0x3b:
      return 'power';
    case 0x3c:
      context.quirks &= ~QUIRK_NOINVERT;
      return key(BTN_TOOL_RUBBER);
    case 0x3d:
      return { type: EV.ABS, code: codeOf('ABS_TILT_X'), clear: true };
    case 0x3e:
      return { type: EV.ABS, code: codeOf('ABS_TILT_Y'), clear: true };
    case 0x33:
    case 0x42:
    case 0x43:
      context.quirks &= ~QUIRK_NOTOUCH;
      return key(BTN_TOUCH);
    case 0x44:
      return key(codeOf('BTN_STYLUS'));
    case 0x45:
      if (keys[BTN_TOOL_RUBBER] !== 1) {
        context.quirks |= QUIRK_NOINVERT;
        keys[BTN_TOOL_RUBBER] = 1;
      }
      return key(BTN_TOUCH);
    case 0x46:
    case 0x5a:
      return key(codeOf('BTN_STYLUS2'));
    case 0x5b:
    case 0x6e:
      return { type: EV.MSC, code: MSC_SERIAL, clear: false };
    default:
      return unknown(state);
  }
}

function consumer(usage: UsageState, input: HidInput): Mapping {
  const id = usageIdOf(usage.hid);
  if (id === 0) return 'ignore';
  if (id === 0xe0) return { type: EV.ABS, code: ABS_VOLUME, clear: true };
  if (id === 0x238) {
    input.device.bits(EV.REL)[REL_HWHEEL] = 1;
    return rel(REL_HWHEEL_HI_RES);
  }
  return key(CONSUMER_KEYS.get(id) ?? KEY_UNKNOWN);
}

/** hidinput_configure_usage(): the big switch over usage pages. */
export function mappingOf(
  state: FieldState,
  usage: UsageState,
  input: HidInput,
  context: MappingContext,
): Mapping {
  const id = usageIdOf(usage.hid);
  const { device } = input;
  switch (usagePageOf(usage.hid)) {
    case PAGE.KEYBOARD:
      device.ev[EV.REP] = 1;
      if (id >= 256) return sharedKey(KEY_UNKNOWN);
      return KEYBOARD_KEYS[id] === 0 ? 'ignore' : key(KEYBOARD_KEYS[id] as number);
    case PAGE.BUTTON:
      return button(state, usage, context.collections);
    case PAGE.SIMULATION: {
      const axis = SIMULATION_AXES.get(id);
      return axis === undefined ? 'ignore' : abs(axis);
    }
    case PAGE.DESKTOP:
      return desktop(state, usage, input);
    case PAGE.LED: {
      const code = LED_CODES.get(id);
      return code === undefined ? 'ignore' : led(code);
    }
    case PAGE.DIGITIZER:
      return digitizer(state, usage, input, context);
    case PAGE.TELEPHONY:
      return keyOf(TELEPHONY_KEYS, id);
    case PAGE.CONSUMER:
      return consumer(usage, input);
    case PAGE.DEVICE_CONTROLS:
      return usage.hid === U.DC_BATTERYSTRENGTH ? 'power' : unknown(state);
    case PAGE.BATTERY:
      return usage.hid === U.BAT_ABSOLUTE_CHARGE || usage.hid === U.BAT_CHARGING ? 'power' : unknown(state);
    case PAGE.CAMERA:
      return keyOf(CAMERA_KEYS, id);
    case PAGE.HP:
      device.ev[EV.REP] = 1;
      return keyOf(HP_KEYS, id);
    case PAGE.HP2:
      device.ev[EV.REP] = 1;
      return keyOf(HP2_KEYS, id);
    case PAGE.CUSTOM:
      device.ev[EV.REP] = 1;
      return 'ignore';
    case PAGE.UNDEFINED:
    case PAGE.MICROSOFT:
    case PAGE.LOGITECH:
    case PAGE.LOGITECH2:
    case PAGE.LOGITECH3:
      return 'ignore';
    case PAGE.PID:
      return id === 0xa4 ? key(codeOf('BTN_DEAD')) : 'ignore';
    default:
      return unknown(state);
  }
}

/** hid_map_usage(): false, with a message, if the code is beyond its type. */
export function mapUsage(
  usage: UsageState,
  input: HidInput,
  type: number,
  code: number,
  say: (message: string) => void,
): boolean {
  if (code > (MAX_CODE[type] ?? -1)) {
    say(`${input.device.name}: Invalid code ${code} type ${type}`);
    return false;
  }
  usage.type = type;
  usage.code = code;
  return true;
}
