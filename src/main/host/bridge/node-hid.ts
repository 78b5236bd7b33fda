import type * as NodeHid from 'node-hid';
import { HostError, messageOf } from '../errors/index.ts';
import { type Backend } from './types.ts';

/**
 * The one importer of node-hid. Loaded when it is first needed: a machine without libusb or libudev still runs
 * everything else.
 */
export function nodeHidBackend(): Backend {
  const load = async (): Promise<typeof NodeHid> => {
    try {
      const loaded = await import('node-hid');
      // Loads the native part.
      loaded.getHidapiVersion();
      return loaded;
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
  };
}
