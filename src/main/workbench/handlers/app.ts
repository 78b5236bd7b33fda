import { release } from 'node:os';
import { KERNEL_PROFILES } from '../../engine/abi/index.ts';
import { HOST_KERNEL, type Handlers } from '../../../preload/contract/index.ts';
import { writeSettings } from '../settings.ts';
import { type Context } from './context.ts';

/** app.*, settings.* and job.*. */
export function appHandlers(
  context: Context,
): Pick<Handlers, 'app.info' | 'settings.get' | 'settings.set' | 'job.cancel'> {
  const { options, store, projects } = context;
  return {
    'app.info': async () => {
      const { compiler, help } = await projects.compiler();
      return {
        version: options.version,
        shell: options.shell,
        platform: `${process.platform} ${process.arch}`,
        dataFolder: options.dataFolder,
        ...(compiler === undefined ? {} : { compiler: compiler.label }),
        ...(help === undefined ? {} : { compilerHelp: help }),
        kernels: [
          ...KERNEL_PROFILES.map((profile) => ({ version: profile.name, label: `Linux ${profile.release}` })),
          ...(process.platform === 'linux'
            ? [{ version: HOST_KERNEL, label: `this machine’s Linux ${release()}` }]
            : []),
        ],
      };
    },
    'settings.get': () => context.settings(),
    'settings.set': ({ settings }) => {
      const all = writeSettings(store.settings, settings);
      context.changed('settings');
      // Where nothing is attached the Kernel screen shows the chosen one.
      if (settings.kernel !== undefined) context.changed('kernel');
      return all;
    },
    'job.cancel': ({ jobId }) => {
      context.jobs.cancel(jobId);
      return {};
    },
  };
}
