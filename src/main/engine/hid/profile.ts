/** What of the HID core differs from kernel to kernel. One row per difference, never an `if` on a version elsewhere. */
export interface HidProfile {
  /** Kernel version the row stands for, such as `6.12.117`. */
  readonly kernel: string;
  /**
   * A report with fewer bytes than declared (hid_report_raw_event): `drop` = refused with -EINVAL and
   * "Event data for report %d was too short", hidraw does not see it; `zero-pad` = missing bytes read as 0 and hidraw gets
   * the bytes that came.
   */
  readonly shortReports: 'drop' | 'zero-pad';
}

/** Stable kernels that carry the fix which drops short reports, as measured on 6.12.117. */
export const HID_6_12: HidProfile = { kernel: '6.12.117', shortReports: 'drop' };

/** Kernels before that fix. */
export const HID_6_3: HidProfile = { kernel: '6.3', shortReports: 'zero-pad' };
