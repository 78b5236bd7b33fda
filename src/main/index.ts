/** The desktop application: the workbench in its worker, Electron's window before it. */
import { runDesktop } from './shell/electron.ts';
import { createWorkerHost, defaultDataFolder, findPlaces } from './shell/index.ts';

const places = findPlaces(import.meta.url);
const dataFolder = defaultDataFolder();
const developmentServer = process.env['ELECTRON_RENDERER_URL'];
const { resources, version } = places;

void runDesktop({
  openWorkbench: () =>
    createWorkerHost({
      entry: places.worker,
      workbench: { dataFolder, resources, shell: 'electron', version },
    }),
  preload: places.preload,
  rendererFolder: places.rendererFolder,
  dataFolder,
  ...(developmentServer === undefined ? {} : { developmentServer }),
});
