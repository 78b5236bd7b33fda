import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { defaultDataFolder, findPlaces } from './places.ts';

describe('places', () => {
  it('are found from the sources and from the bundle', () => {
    const places = findPlaces(import.meta.url);
    expect(places.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(places.worker).toBe(`${places.root}/out/main/worker.js`);
    expect(findPlaces(pathToFileURL(`${places.root}/out/main/chunks/x.js`).href)).toEqual(places);
    expect(() => findPlaces('file:///nowhere/x.js')).toThrow(/package\.json is not above it/);
  });

  it("keep the user's data where the system's custom is", () => {
    expect(defaultDataFolder({}, 'linux', '/home/u')).toBe('/home/u/.local/share/hidsmith');
    expect(defaultDataFolder({ XDG_DATA_HOME: '/data' }, 'linux', '/home/u')).toBe('/data/hidsmith');
    expect(defaultDataFolder({ XDG_DATA_HOME: 'data' }, 'linux', '/home/u')).toBe(
      '/home/u/.local/share/hidsmith',
    );
    expect(defaultDataFolder({}, 'darwin', '/Users/u')).toBe('/Users/u/Library/Application Support/Hidsmith');
    expect(defaultDataFolder({ HIDSMITH_DATA: '/tmp/x' }, 'linux', '/home/u')).toBe('/tmp/x');
    expect(defaultDataFolder({ HIDSMITH_DATA: '' }, 'linux', '/home/u')).toBe(
      '/home/u/.local/share/hidsmith',
    );
  });
});
