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
  /**
   * True where the group is found anew from the descriptor that a fixup made (__hid_device_probe, hid_set_group), so that another driver
   * may take the device; before, the group is that of the device's own descriptor for ever.
   */
  readonly rescansGroup: boolean;
}

/** Kernels that carry the fix which drops short reports, as measured on 6.12.117. */
export const HID_6_12: HidProfile = { kernel: '6.12.117', shortReports: 'drop', rescansGroup: false };

/** Kernels before that fix. */
export const HID_6_3: HidProfile = { kernel: '6.3', shortReports: 'zero-pad', rescansGroup: false };

/** Kernels that let a fixup change the group. */
export const HID_6_18: HidProfile = { kernel: '6.18', shortReports: 'drop', rescansGroup: true };

const PROFILES: readonly (readonly [since: number, profile: HidProfile])[] = [
  [6018, HID_6_18],
  [6012, HID_6_12],
  [0, HID_6_3],
];

/**
 * The profile for a version as the user writes it (`6.6`, `6.12.117`); what is no version gets the default. The fix came to the long-term
 * kernels late in their lives: a series that was alive then is taken with it, older ones as they were first released.
 */
export function hidProfile(kernel: string): HidProfile {
  const match = /^v?(\d{1,3})\.(\d{1,3})/.exec(kernel.trim());
  if (match === null) return HID_6_12;
  const code = Number(match[1]) * 1000 + Number(match[2]);
  return PROFILES.find(([since]) => code >= since)?.[1] ?? HID_6_12;
}
