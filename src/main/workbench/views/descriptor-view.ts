import { type ParsedDescriptor, diffDescriptors, lintDescriptor } from '../../engine/hid/index.ts';
import { type DescriptorLine, type DescriptorView } from '../../../preload/contract/index.ts';

/** What Linux refuses first, then what it ignores or what will not do what it seems to say. */
function problemsOf(parsed: ParsedDescriptor): string[] {
  const findings = lintDescriptor(parsed).map(({ message, offset }) => `byte ${offset}: ${message}`);
  return parsed.accepted || findings.length > 0 ? findings : ['Linux refuses this descriptor'];
}

/** A report descriptor item by item; with `fixed`, as a diff of the device's own against what hid_rdesc_fixup made of it. */
export function descriptorView(
  original: ParsedDescriptor,
  fixed: ParsedDescriptor = original,
): DescriptorView {
  const lines: DescriptorLine[] =
    fixed === original
      ? original.items.map((item) => ({
          offset: item.offset,
          bytes: item.bytes.slice(),
          indent: item.depth,
          text: item.text,
          change: 'same',
        }))
      : diffDescriptors(original, fixed).map((line) => ({
          offset: line.newOffset ?? line.oldOffset ?? 0,
          bytes: line.bytes.slice(),
          indent: line.depth,
          text: line.text,
          change: line.kind,
        }));
  return { size: fixed.bytes.length, lines, accepted: fixed.accepted, problems: problemsOf(fixed) };
}
