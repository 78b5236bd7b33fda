import type * as NodeHid from 'node-hid';
import { HostError, messageOf } from '../errors/index.ts';
import { type Backend } from './types.ts';

/**
 * The one importer of node-hid. Loaded when it is first needed: a machine without libusb or libudev still runs
 * everything else.
 */
export function nodeHidBackend(): Backend {
  let library: typeof NodeHid | undefined;
  const load = async (): Promise<typeof NodeHid> => {
    try {
      library = await import('node-hid');
      // Loads the native part.
      library.getHidapiVersion();
      return library;
    } catch (error) {
      throw new HostError(
        'io',
        `real devices are not available: node-hid cannot be loaded (${messageOf(error)}). On Debian: sudo apt install libusb-1.0-0 libudev1`,
        [],
        error,
      );
    }
  };
  return {
    devices: async () => (await load()).devicesAsync(),
    open: async (path) => (await load()).HIDAsync.open(path, { nonExclusive: true }),
    openSync(path) {
      if (library === undefined) throw new HostError('not-found', `${path} is not open`);
      return new library.HID(path, { nonExclusive: true });
    },
  };
}
