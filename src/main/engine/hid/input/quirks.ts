/** HID_QUIRK_* bits of linux/hid.h that input mapping uses. */
export const QUIRK_NOTOUCH = 0x02;
export const QUIRK_BADPAD = 0x20;
export const QUIRK_MULTI_INPUT = 0x40;
export const QUIRK_SKIP_OUTPUT_REPORTS = 0x00010000;
export const QUIRK_INCREMENT_USAGE_ON_DUPLICATE = 0x00100000;
export const QUIRK_NOINVERT = 0x00200000;
export const QUIRK_INPUT_PER_APP = 0x00000800;
export const QUIRK_X_INVERT = 0x00001000;
export const QUIRK_Y_INVERT = 0x00002000;
export const QUIRK_NO_INPUT_SYNC = 0x80000000;
