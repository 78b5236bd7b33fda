import { INPUT_MT_DIRECT, INPUT_MT_POINTER } from './slots.ts';
import { type FieldState, type ReportState } from './state.ts';
import * as U from './usages.ts';

/** Where in the report a property of a contact stands. */
export interface Place {
  readonly field: FieldState;
  readonly index: number;
}
export type ContactPart =
  'x' | 'y' | 'cx' | 'cy' | 'p' | 'w' | 'h' | 'a' | 'id' | 'tip' | 'inRange' | 'confidence';
/** One contact's places in the report (struct mt_usages). */
export type Contact = Partial<Record<ContactPart, Place>>;

export function read(place: Place | undefined, missing: number): number {
  return place === undefined ? missing : (place.field.value[place.index] as number);
}

/** A state read through a pointer to bool: only the low byte counts. */
export function readFlag(place: Place | undefined, missing: boolean): boolean {
  return place === undefined ? missing : ((place.field.value[place.index] as number) & 0xff) !== 0;
}

/** Reports of one application collection (struct mt_application). */
export interface Application {
  readonly application: number;
  readonly reportId: number;
  readonly contacts: Contact[];
  quirks: number;
  scanTime: Place | undefined;
  scanTimeMaximum: number;
  contactCount: Place | undefined;
  leftButton: number;
  flags: number;
  /** A touchpad, or a touch screen with buttons, which counts as one: it makes the device's input mode (inputmode_value). */
  isTouchpad: boolean;
  readonly pendingPalms: Set<number>;
  received: number;
  expected: number;
  buttons: number;
  lastReportMicroseconds: number;
  timestamp: number;
  previousScanTime: number;
}

/** mt_allocate_application(). */
export function newApplication(report: ReportState, quirks: number): Application {
  let flags = 0;
  if (report.application === U.DG_TOUCHSCREEN) flags = INPUT_MT_DIRECT;
  if (report.application === U.DG_TOUCHPAD) flags = INPUT_MT_POINTER;
  return {
    application: report.application,
    reportId: report.id,
    contacts: [],
    quirks: quirks,
    scanTime: undefined,
    scanTimeMaximum: 0,
    contactCount: undefined,
    leftButton: 0,
    flags,
    isTouchpad: report.application === U.DG_TOUCHPAD,
    pendingPalms: new Set(),
    received: 0,
    expected: 0,
    buttons: 0,
    lastReportMicroseconds: Number.NEGATIVE_INFINITY,
    timestamp: 0,
    previousScanTime: 0,
  };
}
