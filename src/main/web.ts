/** `npm start` without Electron, and `npm run dev:web`: the web shell as a process of its own. */
import { parseArgs } from 'node:util';
import { errorOnWire, serve } from './shell/index.ts';

const { values } = parseArgs({
  options: { port: { type: 'string' }, web: { type: 'boolean' }, data: { type: 'string' } },
  allowPositionals: true,
});

/** 0 … 65535, or undefined where it was not given. */
function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    process.stderr.write(`hidsmith: --port takes a number from 0 to 65535, not '${text}'\n`);
    process.exit(2);
  }
  return port;
}

const port = portOf(values.port);
const developmentServer = process.env['ELECTRON_RENDERER_URL'];
try {
  const served = await serve({
    ...(port === undefined ? {} : { port }),
    ...(values.data === undefined ? {} : { dataFolder: values.data }),
    ...(developmentServer === undefined ? {} : { developmentServer }),
  });
  process.stdout.write(`${served.url}\n`);
  let closing = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (closing) process.exit(1);
      closing = true;
      void served.close().then(() => process.exit(0));
    });
  }
} catch (error) {
  const { message } = errorOnWire(error);
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  process.stderr.write(
    `hidsmith: ${taken ? `port ${port} is taken; choose another with --port` : message}\n`,
  );
  process.exit(taken ? 2 : 3);
}
