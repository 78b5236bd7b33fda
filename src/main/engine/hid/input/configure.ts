import { usagePageOf } from '../usages.ts';
import { codeOf, EV, MAX_CODE } from './codes.ts';
import { mappingOf, mapUsage, type MappingContext } from './mapping.ts';
import { QUIRK_BADPAD, QUIRK_INCREMENT_USAGE_ON_DUPLICATE } from './quirks.ts';
import { axisResolution } from './resolution.ts';
import { CONSTANT, RELATIVE, type FieldState, type HidInput, type UsageState } from './state.ts';
import * as U from './usages.ts';

const ABS_VOLUME = codeOf('ABS_VOLUME');
const ABS_X = codeOf('ABS_X');
const ABS_Y = codeOf('ABS_Y');
const ABS_MT_POSITION_X = codeOf('ABS_MT_POSITION_X');
const MSC_SCAN = codeOf('MSC_SCAN');

/** Usages whose events must come in this order, whatever the descriptor's (hid-input.c, hidinput_usages_priorities). */
const PRIORITIES = [U.DG_ERASER, U.DG_INVERT, U.DG_TIPSWITCH, U.DG_TIPPRESSURE, U.DG_INRANGE];

function clear(usage: UsageState): void {
  usage.type = 0;
  usage.code = 0;
}

/** Maps one usage of a field to an input code and declares it on the node (hidinput_configure_usage). */
export function configureUsage(
  state: FieldState,
  usage: UsageState,
  input: HidInput,
  context: MappingContext,
): void {
  state.input = input;
  const isForeignOutput = state.report.type === 'output' && usagePageOf(usage.hid) !== U.PAGE.LED;
  if (state.flags & CONSTANT || state.field.count < 1 || isForeignOutput) {
    clear(usage);
    return;
  }
  const rank = PRIORITIES.indexOf(usage.hid);
  const priority = rank < 0 ? 0 : (PRIORITIES.length - rank) * 0x100;
  state.priorities[usage.index] = priority + (0xff - state.slot) * 0x10000;

  const fromDriver = context.driverMapping?.(state, usage, input);
  if (fromDriver === 'owned') return;
  const mapping = fromDriver ?? mappingOf(state, usage, input, context);
  if (mapping === 'ignore') clear(usage);
  else if (mapping === 'power') usage.type = EV.PWR;
  else if (mapUsage(usage, input, mapping.type, mapping.code, (message) => context.say(message))) {
    if (mapping.clear) input.device.bits(mapping.type)[mapping.code] = 0;
    if (context.driverOwns?.(state.report) !== true) declare(state, usage, input, context);
  }
}

/** The end of hidinput_configure_usage(): bits, ranges, hats. */
function declare(state: FieldState, usage: UsageState, input: HidInput, context: MappingContext): void {
  const { device } = input;
  const bits = device.bits(usage.type);
  device.ev[usage.type] = 1;
  while (usage.code < bits.length && bits[usage.code] === 1) {
    if (!(context.quirks & QUIRK_INCREMENT_USAGE_ON_DUPLICATE)) {
      clear(usage);
      return;
    }
    usage.code += 1;
  }
  if (usage.code >= bits.length) {
    clear(usage);
    return;
  }
  bits[usage.code] = 1;
  if (usage.type === EV.ABS) declareAxis(state, usage, input, context);
  if (usage.type === EV.KEY) device.setCapability(EV.MSC, MSC_SCAN);
}

function declareAxis(state: FieldState, usage: UsageState, input: HidInput, context: MappingContext): void {
  const { device } = input;
  const { field } = state;
  let minimum = field.logicalMinimum;
  let maximum = field.logicalMaximum;
  if (context.quirks & QUIRK_BADPAD && (usage.code === ABS_X || usage.code === ABS_Y)) {
    minimum = 0;
    maximum = 255;
  }
  const isStick = field.application === U.GD_GAMEPAD || field.application === U.GD_JOYSTICK;
  const extent = (maximum - minimum) | 0;
  device.setAbs(usage.code, minimum, maximum, isStick ? extent >> 8 : 0, isStick ? extent >> 4 : 0);
  device.setResolution(usage.code, axisResolution(field, usage.code));
  if (usage.code === ABS_MT_POSITION_X && device.eventsPerPacketHint === 0) device.eventsPerPacketHint = 60;
  if (usage.hatMinimum < usage.hatMaximum || usage.hatDirection !== 0) {
    for (let code = usage.code; code < usage.code + 2 && code <= (MAX_CODE[EV.ABS] ?? 0); code++) {
      device.setAbs(code, -1, 1, 0, 0);
    }
    if (usage.hatDirection !== 0 && state.dpad === 0) state.dpad = usage.code;
  }
  if (state.flags & RELATIVE && usage.code === ABS_VOLUME) {
    const keys = device.bits(EV.KEY);
    keys[codeOf('KEY_VOLUMEUP')] = 1;
    keys[codeOf('KEY_VOLUMEDOWN')] = 1;
  }
}

/** Marks the fields of each finger: those of a collection with a Contact ID (hidinput_configure_usages). */
export function tagSlots(fields: readonly FieldState[]): void {
  let first = 0;
  let slotCollection = -1;
  let previous = -1;
  let slot = 0;
  fields.forEach((field, index) => {
    if (field.usages.length < 1) return;
    if (previous !== field.collection) {
      previous = field.collection;
      first = index;
    }
    if (slotCollection === field.collection) {
      field.slot = slot;
      return;
    }
    if (!field.usages.some((usage) => usage.hid === U.DG_CONTACTID)) return;
    slotCollection = field.collection;
    slot += 1;
    for (let k = first; k <= index; k++) (fields[k] as FieldState).slot = slot;
  });
}
