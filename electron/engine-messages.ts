import { z } from 'zod';
import { CommandResult, TechnicianCommand, TotemCommand } from '../domain/protocol/screen-commands.ts';
import { WINDOW_SCREENS } from './app-origin.ts';

/** What the shell and the engine's process say to each other. Parsed on both sides: either may be a newer version. */
const Screen = z.enum(WINDOW_SCREENS);

export const ToEngine = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('execute'),
    id: z.int().positive(),
    command: z.union([TotemCommand, TechnicianCommand]),
  }),
  z.object({ kind: z.literal('subscribe'), screen: Screen }),
  z.object({ kind: z.literal('unsubscribe'), screen: Screen }),
  /** Is anybody there? */
  z.object({ kind: z.literal('ping') }),
  /** Close the database and the sockets, then leave. */
  z.object({ kind: z.literal('stop') }),
]);
export type ToEngine = z.infer<typeof ToEngine>;

export const FromEngine = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), addresses: z.record(z.string(), z.string()) }),
  z.object({ kind: z.literal('startup_failed'), message: z.string() }),
  z.object({ kind: z.literal('pong') }),
  z.object({ kind: z.literal('result'), id: z.int().positive(), result: CommandResult }),
  /** The body is passed through: the engine made it by the screens' own schema. */
  z.object({ kind: z.literal('snapshot'), snapshot: z.looseObject({ screen: Screen }) }),
]);
export type FromEngine = z.infer<typeof FromEngine>;
export type WindowSnapshot = Extract<FromEngine, { kind: 'snapshot' }>['snapshot'];
