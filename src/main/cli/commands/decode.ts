import { existsSync } from 'node:fs';
import {
  type Decoded,
  decodeBytes,
  decodeHex,
  decodedInput,
  decodedText,
  within,
} from '../../workbench/index.ts';
import { type Command, UsageError } from '../command.ts';
import { readFile } from '../files.ts';

const HEX = /^(0x)?[0-9a-f]{2}([\s,]*(0x)?[0-9a-f]{2})*$/i;

function read(words: readonly string[]): Decoded {
  const [first] = words;
  if (first === undefined) throw new UsageError('FILE or HEX is missing');
  const text = words.join(' ');
  if (!existsSync(first) && HEX.test(text)) return decodeHex(text);
  if (words.length > 1) throw new UsageError(`'${words[1] ?? ''}' is one word too many`);
  return within(`'${first}'`, () => decodeBytes(readFile(first)));
}

function json(decoded: Decoded, withInput: boolean): unknown {
  const { recording } = decoded;
  return {
    format: recording.format,
    events: recording.events.length,
    problems: recording.problems,
    devices: decoded.devices.map(({ index, name, bus, vendor, product, parsed, findings }, at) => ({
      index,
      name,
      bus,
      vendor,
      product,
      accepted: parsed.accepted,
      errors: parsed.errors,
      items: parsed.items.map((item) => ({
        offset: item.offset,
        bytes: item.bytes,
        depth: item.depth,
        text: item.text,
      })),
      reports: (['input', 'output', 'feature'] as const).flatMap((type) =>
        [...parsed.reports[type].values()].map((report) => ({
          type,
          id: report.id,
          bytes: report.bytes,
          fields: report.fields.map((field) => ({
            bitOffset: field.bitOffset,
            size: field.size,
            count: field.count,
            usages: field.usages,
            logicalMinimum: field.logicalMinimum,
            logicalMaximum: field.logicalMaximum,
            constant: field.isConstant,
          })),
        })),
      ),
      lint: findings,
      ...(withInput ? { input: decodedInput(decoded, at) } : {}),
    })),
  };
}

export const decode: Command = {
  name: 'decode',
  usage: 'FILE|HEX [--lint] [--input]',
  summary: 'a recording, descriptor or usbhid-dump as annotated text',
  options: { lint: { type: 'boolean' }, input: { type: 'boolean' } },
  run: (args, output) => {
    const decoded = read(args.positionals);
    for (const problem of decoded.recording.problems) output.note(`line ${problem.line}: ${problem.message}`);
    if (args.flag('json')) output.json(json(decoded, args.flag('input')));
    else
      for (const text of decodedText(decoded, { lint: args.flag('lint'), input: args.flag('input') }))
        output.write(text);
    return Promise.resolve(0);
  },
};
