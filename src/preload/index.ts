import { contextBridge, ipcRenderer } from 'electron';
import { type ServerMessage } from './contract/index.ts';

/** The one channel; src/main/shell/electron.ts answers on it. */
const CHANNEL = 'hidsmith';

contextBridge.exposeInMainWorld('hidsmith', {
  async call(method: string, params: unknown): Promise<unknown> {
    const message = { kind: 'call', id: 0, method, params };
    const answer = (await ipcRenderer.invoke(CHANNEL, message)) as ServerMessage;
    if (answer.kind === 'result') return answer.value;
    // An Error would lose its code and detail on the way through the bridge; a plain object arrives whole.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw answer.kind === 'error' ? answer.error : undefined;
  },
  on(event: string, listener: (value: unknown) => void): () => void {
    const forward = (_: unknown, message: ServerMessage): void => {
      if (message.kind === 'event' && message.event === event) listener(message.value);
    };
    ipcRenderer.on(CHANNEL, forward);
    return () => void ipcRenderer.off(CHANNEL, forward);
  },
});
