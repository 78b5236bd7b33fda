/** Usages (page in the high half) that the kernel's input code knows by name (linux/hid.h). */
export const GD_POINTER = 0x00010001;
export const GD_MOUSE = 0x00010002;
export const GD_JOYSTICK = 0x00010004;
export const GD_GAMEPAD = 0x00010005;
export const GD_KEYBOARD = 0x00010006;
export const GD_KEYPAD = 0x00010007;
export const GD_MULTIAXIS = 0x00010008;
export const GD_WIRELESS_RADIO_CTLS = 0x0001000c;
export const GD_SYSTEM_MULTIAXIS = 0x0001000e;
export const GD_X = 0x00010030;
export const GD_Y = 0x00010031;
export const GD_Z = 0x00010032;
export const GD_RZ = 0x00010035;
export const GD_SLIDER = 0x00010036;
export const GD_DIAL = 0x00010037;
export const GD_WHEEL = 0x00010038;
export const GD_HATSWITCH = 0x00010039;
export const GD_START = 0x0001003d;
export const GD_SELECT = 0x0001003e;
export const GD_RESOLUTION_MULTIPLIER = 0x00010048;
export const GD_SYSTEM_CONTROL = 0x00010080;
export const GD_UP = 0x00010090;
export const GD_DOWN = 0x00010091;
export const GD_RIGHT = 0x00010092;
export const GD_LEFT = 0x00010093;
export const GD_DO_NOT_DISTURB = 0x0001009b;
export const GD_RFKILL_BTN = 0x000100c6;

export const DC_BATTERYSTRENGTH = 0x00060020;
export const CP_CONSUMER_CONTROL = 0x000c0001;
export const CP_PROGRAMMABLEBUTTONS = 0x000c0003;

export const DG_DIGITIZER = 0x000d0001;
export const DG_PEN = 0x000d0002;
export const DG_TOUCHSCREEN = 0x000d0004;
export const DG_TOUCHPAD = 0x000d0005;
export const DG_WHITEBOARD = 0x000d0006;
export const DG_STYLUS = 0x000d0020;
export const DG_PUCK = 0x000d0021;
export const DG_FINGER = 0x000d0022;
export const DG_TIPPRESSURE = 0x000d0030;
export const DG_INRANGE = 0x000d0032;
export const DG_TOUCH = 0x000d0033;
export const DG_INVERT = 0x000d003c;
export const DG_AZIMUTH = 0x000d003f;
export const DG_TIPSWITCH = 0x000d0042;
export const DG_ERASER = 0x000d0045;
export const DG_CONFIDENCE = 0x000d0047;
export const DG_WIDTH = 0x000d0048;
export const DG_HEIGHT = 0x000d0049;
export const DG_CONTACTID = 0x000d0051;
export const DG_INPUTMODE = 0x000d0052;
export const DG_CONTACTCOUNT = 0x000d0054;
export const DG_CONTACTMAX = 0x000d0055;
export const DG_SCANTIME = 0x000d0056;
export const DG_SURFACESWITCH = 0x000d0057;
export const DG_BUTTONSWITCH = 0x000d0058;
export const DG_BUTTONTYPE = 0x000d0059;
export const DG_LATENCYMODE = 0x000d0060;

export const PID_SIMULTANEOUS_EFFECTS = 0x000f0083;
export const PID_POOL = 0x000f007f;
export const BAT_ABSOLUTE_CHARGE = 0x00850065;
export const BAT_CHARGING = 0x00850044;
export const VD_ASUS_CUSTOM_MEDIA_KEYS = 0xff310076;
export const WIN8_BLOB = 0xff0000c5;

/** Usage pages, as the high half of a usage. */
export const PAGE = {
  UNDEFINED: 0x0000,
  DESKTOP: 0x0001,
  SIMULATION: 0x0002,
  DEVICE_CONTROLS: 0x0006,
  KEYBOARD: 0x0007,
  LED: 0x0008,
  BUTTON: 0x0009,
  TELEPHONY: 0x000b,
  CONSUMER: 0x000c,
  DIGITIZER: 0x000d,
  PID: 0x000f,
  BATTERY: 0x0085,
  CAMERA: 0x0090,
  CUSTOM: 0x00ff,
  MICROSOFT: 0xff00,
  HP2: 0xff01,
  LOGITECH2: 0xff09,
  LOGITECH3: 0xff43,
  HP: 0xff7f,
  LOGITECH: 0xffbc,
} as const;

/** IS_INPUT_APPLICATION(): collections for which the kernel makes input nodes. */
export function isInputApplication(usage: number): boolean {
  return (
    (usage >= 0x00010000 && usage <= GD_MULTIAXIS) ||
    (usage >= DG_DIGITIZER && usage <= DG_WHITEBOARD) ||
    usage === GD_SYSTEM_CONTROL ||
    usage === CP_CONSUMER_CONTROL ||
    usage === GD_WIRELESS_RADIO_CTLS
  );
}
