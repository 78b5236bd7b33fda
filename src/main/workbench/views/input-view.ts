import { EngineError } from '../../engine/base/index.ts';
import {
  EV,
  InputPreview,
  type InputNode,
  type InputPacket,
  type PreviewOptions,
  eventCodeName,
  eventTypeName,
  hidProfile,
  propertyName,
  scanDescriptor,
} from '../../engine/hid/index.ts';
import { type InputPacketView, type InputSetupView } from '../../../preload/contract/index.ts';

/** A preview of the system's input layer; a sentence where the descriptor is too large for one. */
export function previewOf(descriptor: Uint8Array, options: PreviewOptions): InputPreview | string {
  try {
    return new InputPreview(descriptor, options);
  } catch (error) {
    if (error instanceof EngineError && error.code === 'unsupported') return error.message;
    throw error;
  }
}

/**
 * Previews of a device with its own descriptor and with the one that a driver left, in a kernel of that version. Before
 * 6.13 a device keeps the group of its own descriptor, and with it its input driver. The second is made when asked for.
 */
export function previewsOf(
  identity: Required<Pick<PreviewOptions, 'name' | 'bus' | 'vendor' | 'product'>>,
  original: Uint8Array,
  fixed: Uint8Array,
  kernel = '6.12',
): { before: InputPreview | string; after: () => InputPreview | string } {
  const profile = hidProfile(kernel);
  const { name, bus, vendor, product } = identity;
  const options = { name, bus, vendor, product, profile };
  const after = (): InputPreview | string => {
    const { group } = scanDescriptor(original, vendor, product);
    return previewOf(fixed, profile.rescansGroup ? options : { ...options, group });
  };
  return { before: previewOf(original, options), after };
}

/** One line for each kind of event of a node, one for each absolute axis. */
function linesOf({ codes, abs }: InputNode): string[] {
  const plain = [...codes].filter(([type]) => type !== EV.SYN && type !== EV.ABS);
  return [
    ...plain.map(
      ([type, list]) => `${eventTypeName(type)} ${list.map((code) => eventCodeName(type, code)).join(' ')}`,
    ),
    ...abs.map(({ code, minimum, maximum, fuzz, flat, resolution }) => {
      const name = eventCodeName(EV.ABS, code);
      return `EV_ABS ${name} ${minimum} … ${maximum}, fuzz ${fuzz}, flat ${flat}, resolution ${resolution}`;
    }),
  ];
}

/** What the system's input layer makes of a device: its driver and its nodes, as evdev shows them. */
export function inputSetup(preview: InputPreview | string): InputSetupView {
  if (typeof preview === 'string') return { driver: '', nodes: [], messages: [preview] };
  return {
    driver: preview.driver,
    nodes: preview.nodes.map((node) => ({
      name: node.name,
      properties: node.properties.map(propertyName),
      lines: linesOf(node),
    })),
    messages: preview.messages,
  };
}

/** The packets of one report with the kernel's names: `EV_REL REL_X 5`. */
export function packetViews(preview: InputPreview, packets: readonly InputPacket[]): InputPacketView[] {
  return packets.map(({ node, events }) => ({
    node: preview.nodes[node]?.name ?? '',
    events: events.map(
      ([type, code, value]) => `${eventTypeName(type)} ${eventCodeName(type, code)} ${value}`,
    ),
  }));
}
