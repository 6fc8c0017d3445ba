import { useCallback, useRef, useState } from 'react';
import type { CommandResult, ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import { bridge } from '../bridge.ts';

export type Refusal = Extract<CommandResult, { ok: false }>;

export interface CommandState {
  readonly busy: ScreenCommand['kind'] | null;
  readonly refusal: Refusal | null;
  /** Null when another command is still under way: then nothing was sent. */
  send(command: ScreenCommand): Promise<CommandResult | null>;
  clearRefusal(): void;
}

/** One command at a time: a second press while the first is under way sends nothing. */
export function useCommand(): CommandState {
  const underWay = useRef(false);
  const [busy, setBusy] = useState<ScreenCommand['kind'] | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  const send = useCallback(async (command: ScreenCommand): Promise<CommandResult | null> => {
    // A ref, not the state: two presses in one frame see the same state.
    if (underWay.current) return null;
    underWay.current = true;
    setBusy(command.kind);
    setRefusal(null);
    try {
      const result = await bridge.execute(command);
      if (!result.ok) setRefusal(result);
      return result;
    } catch (error) {
      // A bridge answers with codes; only one that is broken itself throws (Electron's channel closed under it).
      console.error(`command ${command.kind} could not be sent`, error);
      const failed = { ok: false, code: 'internal_error' } as const;
      setRefusal(failed);
      return failed;
    } finally {
      underWay.current = false;
      setBusy(null);
    }
  }, []);
  const clearRefusal = useCallback(() => setRefusal(null), []);

  return { busy, refusal, send, clearRefusal };
}
