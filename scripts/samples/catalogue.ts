import { dialMap } from './dial.ts';
import { keypadRemap } from './keypad.ts';
import { type SampleModel } from './model.ts';
import { mouseSwapButtons } from './mouse.ts';
import { penFix } from './pen.ts';

/** The samples with a device, in the order in which they are offered. */
export const SAMPLES: readonly SampleModel[] = [mouseSwapButtons, penFix, keypadRemap, dialMap];

/** Objects without a device, for the skeleton screen. */
export const OBJECTS = [
  {
    id: 'syscall-adder',
    title: 'System call program that adds',
    summary:
      'A SEC("syscall") program: BPF_PROG_RUN hands it two numbers and gets their sum back in the same context; a counter lives in .bss.',
  },
  {
    id: 'socket-count',
    title: 'Socket filter that counts',
    summary: 'Counts packets and bytes by size class in an array map: a plain object for a light skeleton.',
  },
] as const;

/** What a new project may start from. */
export const TEMPLATES = [
  {
    id: 'device-event',
    title: 'Change reports',
    summary: 'An empty hid_device_event: sees every report of the device and may change, shorten or drop it.',
  },
  {
    id: 'rdesc-fixup',
    title: 'Change the report descriptor',
    summary:
      'An empty hid_rdesc_fixup: sees the report descriptor when the device is probed and may replace it.',
  },
  {
    id: 'probe',
    title: 'Choose devices with probe()',
    summary:
      'A system call program that looks at the descriptor and udev properties before the driver is attached.',
  },
] as const;
