import { signExtend } from '../bits.ts';
import { codeOf, EV } from './codes.ts';
import { QUIRK_NOINVERT, QUIRK_NOTOUCH, QUIRK_X_INVERT, QUIRK_Y_INVERT } from './quirks.ts';
import { type InputDevice } from './input-device.ts';
import {
  BUFFERED_BYTE,
  NULL_STATE,
  RELATIVE,
  VARIABLE,
  isArrayValue,
  type FieldState,
  type ReportState,
  type UsageState,
} from './state.ts';
import * as U from './usages.ts';

const BTN_TOUCH = codeOf('BTN_TOUCH');
const BTN_TOOL_RUBBER = codeOf('BTN_TOOL_RUBBER');
const MSC_SCAN = codeOf('MSC_SCAN');
const ABS_VOLUME = codeOf('ABS_VOLUME');
const ABS_X = codeOf('ABS_X');
const ABS_Y = codeOf('ABS_Y');
const KEY_VOLUMEUP = codeOf('KEY_VOLUMEUP');
const KEY_VOLUMEDOWN = codeOf('KEY_VOLUMEDOWN');
const REL_WHEEL = codeOf('REL_WHEEL');
const REL_HWHEEL = codeOf('REL_HWHEEL');
const REL_WHEEL_HI_RES = codeOf('REL_WHEEL_HI_RES');
const REL_HWHEEL_HI_RES = codeOf('REL_HWHEEL_HI_RES');

/** Hat positions 0 (centre) … 8 as x and y. */
const HAT: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, -1],
  [1, -1],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
];

function hat(usage: UsageState, device: InputDevice, value: number): void {
  let direction = usage.hatDirection;
  if (direction === 0) {
    const positions = (usage.hatMaximum - usage.hatMinimum + 1) | 0;
    direction = positions === 0 ? 0 : Math.trunc((((value - usage.hatMinimum) | 0) * 8) / positions) + 1;
  }
  const [x, y] = HAT[direction] ?? [0, 0];
  device.event(usage.type, usage.code, x);
  device.event(usage.type, usage.code + 1, y);
}

/** hidinput_handle_scroll(): a click of the wheel is 120 units of the high-resolution axis. */
function scroll(usage: UsageState, device: InputDevice, value: number): void {
  if (value === 0) return;
  const code = usage.code === REL_WHEEL_HI_RES ? REL_WHEEL : REL_HWHEEL;
  const fine = Math.trunc(Math.imul(value, 120) / usage.multiplier);
  // hid_usage keeps it in an s16.
  usage.wheelAccumulated = signExtend(usage.wheelAccumulated + fine, 16);
  const clicks = Math.trunc(usage.wheelAccumulated / 120);
  usage.wheelAccumulated -= clicks * 120;
  device.event(EV.REL, code, clicks);
  device.event(EV.REL, usage.code, fine);
}

/** hid_report_release_tool(). */
function releaseTool(report: ReportState, device: InputDevice, tool: number): void {
  if (device.keys[tool] !== 1) return;
  device.event(EV.KEY, BTN_TOUCH, 0);
  device.event(EV.KEY, tool, 0);
  device.sync();
  report.tool = 0;
}

/** hid_report_set_tool(). */
function setTool(report: ReportState, device: InputDevice, tool: number): void {
  if (report.tool !== tool) releaseTool(report, device, report.tool);
  device.event(EV.KEY, tool, 1);
  report.tool = tool;
}

/**
 * Pen states: the tool in use is known only from several usages together, and readers want one tool at a time. True if the usage is done with.
 */
function pen(
  report: ReportState,
  usage: UsageState,
  device: InputDevice,
  value: number,
  quirks: number,
): boolean {
  const isOn = value !== 0;
  switch (usage.hid) {
    case U.DG_ERASER:
      report.toolActive ||= isOn;
      if (isOn) setTool(report, device, BTN_TOOL_RUBBER);
      else if (report.tool !== BTN_TOOL_RUBBER) return true;
      else if (quirks & QUIRK_NOINVERT && device.keys[BTN_TOUCH] !== 1) {
        releaseTool(report, device, BTN_TOOL_RUBBER);
        return true;
      }
      return false;
    case U.DG_INVERT:
      report.toolActive ||= isOn;
      if (isOn) setTool(report, device, BTN_TOOL_RUBBER);
      else if (!report.toolActive) releaseTool(report, device, BTN_TOOL_RUBBER);
      return true;
    case U.DG_INRANGE:
      report.toolActive ||= isOn;
      if (report.toolActive) {
        if (report.tool === 0) report.tool = usage.code;
        setTool(report, device, report.tool);
      } else {
        releaseTool(report, device, usage.code);
      }
      report.toolActive = false;
      return true;
    case U.DG_TIPSWITCH:
      report.toolActive ||= isOn;
      return report.tool === BTN_TOOL_RUBBER;
    default:
      return false;
  }
}

/** Pressure alone stands for a touch on devices without a tip switch. */
function touchByPressure(state: FieldState, device: InputDevice, value: number): void {
  const { logicalMinimum: minimum, logicalMaximum: maximum } = state.field;
  if (value <= minimum + (((maximum - minimum) | 0) >> 3)) return;
  device.event(EV.KEY, BTN_TOUCH, 1);
  state.report.toolActive = true;
}

function volume(device: InputDevice, value: number): void {
  const direction = value > 0 ? KEY_VOLUMEUP : KEY_VOLUMEDOWN;
  for (let i = 0; i < Math.abs(value); i++) {
    device.event(EV.KEY, direction, 1);
    device.sync();
    device.event(EV.KEY, direction, 0);
    device.sync();
  }
}

/** Makes input events of one value (hidinput_hid_event). */
export function usageEvent(state: FieldState, usage: UsageState, given: number, quirks: number): void {
  const { field, report } = state;
  const device = state.input?.device;
  if (usage.type === 0 || usage.type === EV.PWR || device === undefined) return;
  if (usage.hatMinimum < usage.hatMaximum || usage.hatDirection !== 0) {
    hat(usage, device, given);
    return;
  }
  let value = given;
  const { logicalMinimum: minimum, logicalMaximum: maximum } = field;
  if (state.flags & VARIABLE && minimum < maximum) {
    if (state.flags & NULL_STATE && (value < minimum || value > maximum)) return;
    value = Math.min(maximum, Math.max(minimum, value));
  }
  if (pen(report, usage, device, value, quirks)) return;
  if (usage.hid === U.DG_TIPPRESSURE && quirks & QUIRK_NOTOUCH) touchByPressure(state, device, value);
  if (usage.hid === U.PID_SIMULTANEOUS_EFFECTS || usage.hid === U.PID_POOL) return;
  if (usage.type === EV.KEY && usage.code === 0) return;
  if (usage.type === EV.REL && (usage.code === REL_WHEEL_HI_RES || usage.code === REL_HWHEEL_HI_RES)) {
    scroll(usage, device, value);
    return;
  }
  if (usage.type === EV.ABS) {
    if (state.flags & RELATIVE && usage.code === ABS_VOLUME) {
      volume(device, value);
      return;
    }
    const inverted =
      (quirks & QUIRK_X_INVERT && usage.code === ABS_X) || (quirks & QUIRK_Y_INVERT && usage.code === ABS_Y);
    if (inverted) value = maximum - value;
  }
  const isState = !(state.flags & (RELATIVE | BUFFERED_BYTE)) && (state.flags & VARIABLE) !== 0;
  if (isState && value === state.value[usage.index]) return;
  send(state, usage, device, value);
}

function send(state: FieldState, usage: UsageState, device: InputDevice, value: number): void {
  // The scan code goes with a change of the key only.
  if (usage.type === EV.KEY && (device.keys[usage.code] === 1 ? 0 : 1) === value) {
    device.event(EV.MSC, MSC_SCAN, usage.hid | 0);
  }
  device.event(usage.type, usage.code, value);
  if (state.flags & RELATIVE && usage.type === EV.KEY && value !== 0) {
    device.sync();
    device.event(usage.type, usage.code, 0);
  }
}

/** hid_input_array_field(): what went out of the array is released, what came in is pressed, place by place. */
export function arrayEvents(
  state: FieldState,
  emit: (state: FieldState, usage: UsageState, value: number) => void,
): void {
  if (state.ignored) return;
  const { count, logicalMinimum: minimum } = state.field;
  const { value: before, newValue: now } = state;
  const inArray = (values: Int32Array, wanted: number): boolean => {
    for (let i = 0; i < count; i++) if (values[i] === wanted) return true;
    return false;
  };
  for (let n = 0; n < count; n++) {
    const old = before[n] as number;
    const current = now[n] as number;
    if (isArrayValue(state, old) && !inArray(now, old)) {
      emit(state, state.usages[old - minimum] as UsageState, 0);
    }
    if (isArrayValue(state, current) && !inArray(before, current)) {
      emit(state, state.usages[current - minimum] as UsageState, 1);
    }
  }
  before.set(now.subarray(0, count));
}
