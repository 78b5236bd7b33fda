import { type SampleModel, type SentReport } from './model.ts';

const BUS = { usb: 3, bluetooth: 5 } as const;

const hex = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join(' ');

function stamp(time: number): string {
  const seconds = String(Math.floor(time / 1e6)).padStart(6, '0');
  return `${seconds}.${String(time % 1e6).padStart(6, '0')}`;
}

/** hid-recorder text of the sample's device with this descriptor and these reports, under a comment. */
export function hidText(
  comment: string,
  { device }: SampleModel,
  descriptor: readonly number[],
  reports: readonly SentReport[],
): string {
  const id = (value: number): string => value.toString(16).padStart(4, '0');
  return [
    `# ${comment}`,
    'D: 0',
    `R: ${descriptor.length} ${hex(descriptor)}`,
    `N: ${device.name}`,
    `P: ${device.phys}`,
    `I: ${BUS[device.bus]} ${id(device.vendor)} ${id(device.product)}`,
    ...reports.map(({ time, bytes }) => `E: ${stamp(time)} ${bytes.length} ${hex(bytes)}`),
    '',
  ].join('\n');
}

/** What hidraw shows: the reports that the model of the driver lets through, each with its input's time. */
export function afterDriver(model: SampleModel): SentReport[] {
  const driver = model.driver();
  return model.reports.flatMap(({ time, bytes }) => {
    const out = driver(bytes);
    return out === undefined ? [] : [{ time, bytes: out }];
  });
}
