import { serve as openWebShell } from '../../shell/index.ts';
import { type Command } from '../command.ts';

/** Resolves at SIGINT or SIGTERM. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

export const serve: Command = {
  name: 'serve',
  usage: '[--port N] [--data FOLDER]',
  summary: 'the workbench in a browser on 127.0.0.1',
  options: { port: { type: 'string' }, data: { type: 'string' } },
  run: async (args, output) => {
    const port = args.number('port', 0, 65_535);
    const dataFolder = args.text('data');
    const served = await openWebShell({
      ...(port === undefined ? {} : { port }),
      ...(dataFolder === undefined ? {} : { dataFolder }),
    });
    const { url } = served;
    if (args.flag('json')) output.json({ url, port: served.port, dataFolder: served.dataFolder });
    else output.line(url);
    output.flush();
    output.note('Ctrl+C ends it.');
    await interrupted();
    await served.close();
    return 0;
  },
};
