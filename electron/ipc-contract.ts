import { z } from 'zod';
import { CommandResult, TechnicianCommand, TotemCommand } from '../domain/protocol/screen-commands.ts';
import { WINDOW_SCREENS } from './app-origin.ts';
import { CHANNELS } from './ipc-channels.ts';

/**
 * Everything that crosses between the page and the main process: channel → what may come in, what goes out.
 * The window takes the commands of its own two screens; a queue command comes from the operator's page over HTTP.
 */
const WindowScreen = z.enum(WINDOW_SCREENS);

/** Why a message was turned away; the words are those of the screens' contract, so that the page can show them. */
export const IpcRefusal = z.object({
  ok: z.literal(false),
  code: z.enum(['unauthorized', 'invalid_command', 'internal_error']),
});
export type IpcRefusal = z.infer<typeof IpcRefusal>;

const Done = z.object({ ok: z.literal(true) });

export const IPC_REQUESTS = {
  [CHANNELS.execute]: {
    request: z.union([TotemCommand, TechnicianCommand]),
    response: CommandResult,
  },
  [CHANNELS.subscribe]: { request: z.object({ screen: WindowScreen }), response: Done },
  [CHANNELS.unsubscribe]: { request: z.object({ screen: WindowScreen }), response: Done },
} as const;

export type IpcRequestChannel = keyof typeof IPC_REQUESTS;
export type IpcRequest<C extends IpcRequestChannel> = z.infer<(typeof IPC_REQUESTS)[C]['request']>;
export type IpcResponse<C extends IpcRequestChannel> = z.infer<(typeof IPC_REQUESTS)[C]['response']>;
