import { type Handlers, type MethodName } from '../../../preload/contract/index.ts';
import { type Context } from './context.ts';

type LiveMethods = Extract<MethodName, `live.${string}`>;

/** live.* */
export function liveHandlers(context: Context): Pick<Handlers, LiveMethods> {
  const { live, sessions } = context;
  return {
    'live.open': ({ deviceId }) => live.open(deviceId),
    'live.close': ({ deviceId }) => live.close(deviceId),
    'live.state': () => live.state(),
    'live.record': ({ name }) => live.record(name),
    'live.stop': () => {
      const session = live.stopRecording();
      context.changed('sessions');
      context.changed('devices');
      return sessions.detail(session.sessionId);
    },
  };
}
