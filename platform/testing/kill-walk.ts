import type { KillOrder } from './kill-point.ts';

const NEVER: KillOrder = { at: 0, when: 'before' };

/** A program in a process of its own, whose preload has a kill point. */
export interface KillableProgram {
  /** Starts it, the last one being gone. Resolves when it is ready. */
  start(): Promise<void>;
  /** Resolves when the process that runs now is gone. */
  gone(): Promise<unknown>;
  /** From now on the process counts its commits, and dies at the one that is said. */
  order(kill: KillOrder): Promise<void>;
  /** What the killed one was writing; null when it was not killed by an order since the last call. */
  killedAt(): string | null;
}

/**
 * Plays one round while the program may be killed as ordered; it is started again as soon as it is.
 * @param play asks again whatever was not answered
 * @returns the round's result, and what was being written when the program was killed
 */
export async function playUnderKill<T>(
  program: KillableProgram,
  kill: KillOrder,
  play: () => Promise<T>,
  beforeRestart: () => Promise<void> = async () => undefined,
): Promise<{ readonly result: T; readonly point: string | null }> {
  await program.order(kill);
  const playing = play();
  const supervise = async (): Promise<string | null> => {
    await Promise.race([program.gone(), playing]);
    let point = program.killedAt();
    if (point === null) {
      // Played to its end: what it still commits by itself is not this round's. It may have died of it meanwhile.
      await Promise.race([program.gone(), program.order(NEVER)]);
      point = program.killedAt();
    }
    if (point === null) return null;
    await beforeRestart();
    await program.start();
    return point;
  };
  const [result, point] = await Promise.all([playing, supervise()]);
  return { result, point };
}
