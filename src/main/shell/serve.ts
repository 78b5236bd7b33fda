import { mkdirSync } from 'node:fs';
import { defaultDataFolder, findPlaces } from './places.ts';
import { serveWeb } from './web.ts';
import { createWorkerHost } from './worker-host.ts';

export interface ServeOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly dataFolder?: string;
  /** Vite's development server (`npm run dev:web`). */
  readonly developmentServer?: string;
}

export interface Served {
  /** To print: it holds the token. */
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
  close(): Promise<void>;
}

/** The whole workbench for browsers of this machine: the worker and the web shell before it. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const places = findPlaces(import.meta.url);
  const dataFolder = options.dataFolder ?? defaultDataFolder();
  mkdirSync(dataFolder, { recursive: true });
  const { resources, version } = places;
  const workbench = createWorkerHost({
    entry: places.worker,
    workbench: { dataFolder, resources, shell: 'web', version },
  });
  try {
    const shell = await serveWeb({
      workbench,
      rendererFolder: places.rendererFolder,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.developmentServer === undefined ? {} : { developmentServer: options.developmentServer }),
    });
    return {
      url: shell.url,
      port: shell.port,
      dataFolder,
      async close() {
        await shell.close();
        await workbench.close();
      },
    };
  } catch (error) {
    await workbench.close();
    throw error;
  }
}
