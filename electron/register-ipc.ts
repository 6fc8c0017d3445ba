import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import type { Log } from '../platform/log.ts';
import {
  IPC_REQUESTS,
  type IpcRefusal,
  type IpcRequest,
  type IpcRequestChannel,
  type IpcResponse,
} from './ipc-contract.ts';
import { isTrustedSender } from './sender.ts';

export type IpcHandlers = {
  readonly [C in IpcRequestChannel]: (
    input: IpcRequest<C>,
    sender: WebContents,
  ) => IpcResponse<C> | Promise<IpcResponse<C>>;
};

/** A command slower than this is worth a line in the log even where debug lines are off. */
const SLOW_MS = 1_000;

/**
 * The only place that listens to the page. Each channel: the sender is checked, the input parsed, the answer parsed,
 * a failure becomes a code (thrown errors would cross as text that nobody can translate), the duration is logged.
 */
export function registerIpc(ipcMain: Pick<IpcMain, 'handle'>, handlers: IpcHandlers, log: Log): void {
  for (const channel of Object.keys(IPC_REQUESTS) as IpcRequestChannel[]) {
    ipcMain.handle(channel, guarded(channel, handlers[channel] as IpcHandlers[typeof channel], log));
  }
}

export function guarded<C extends IpcRequestChannel>(
  channel: C,
  handler: IpcHandlers[C],
  log: Log,
): (event: IpcMainInvokeEvent, input: unknown) => Promise<IpcResponse<C> | IpcRefusal> {
  return async (event, input) => {
    // senderFrame becomes null once the page has navigated: it is read before anything is awaited.
    const frame = event.senderFrame;
    if (!isTrustedSender(frame)) {
      log.warn({ channel, from: frame?.url ?? null }, 'message from a stranger refused');
      return { ok: false, code: 'unauthorized' };
    }
    const parsed = IPC_REQUESTS[channel].request.safeParse(input);
    if (!parsed.success) {
      log.warn({ channel, issues: parsed.error.issues.map((issue) => issue.path.join('.')) }, 'malformed');
      return { ok: false, code: 'invalid_command' };
    }
    const startedAt = performance.now();
    try {
      const answer = await handler(parsed.data as IpcRequest<C>, event.sender);
      return IPC_REQUESTS[channel].response.parse(answer) as IpcResponse<C>;
    } catch (error) {
      log.error({ channel, err: error }, 'handler failed');
      return { ok: false, code: 'internal_error' };
    } finally {
      const durationMs = Math.round(performance.now() - startedAt);
      log[durationMs > SLOW_MS ? 'warn' : 'debug']({ channel, durationMs }, 'handled');
    }
  };
}
