import type { Told } from './audit.ts';
import type { ChaosShop } from './shop.ts';

/** What all who take part in a run share. */
export interface Stage {
  readonly shop: ChaosShop;
  /** Writes one line of the story. */
  readonly tell: (who: string, what: string) => void;
  /** Ends when the faults, and with them the sales, are over. */
  readonly over: AbortSignal;
  readonly witness: Witness;
}

/** What people outside saw, for the audit. */
export interface Witness {
  /** Sessions whose screen spoke of a ticket, first sight of each. */
  readonly toldPaid: Told[];
  /** Totems whose disk lost what it had stored, and when (epoch ms). */
  readonly forgot: { readonly kioskId: string; readonly at: number }[];
  readonly counts: Map<string, number>;
}

export function count(witness: Witness, what: string): void {
  witness.counts.set(what, (witness.counts.get(what) ?? 0) + 1);
}

/** Waits, or less when the run is over before. */
export async function pause(ms: number, over?: AbortSignal): Promise<void> {
  if (over?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      over?.removeEventListener('abort', done);
      resolve();
    }
    over?.addEventListener('abort', done);
  });
}

/** What fails while the shop is being broken: a person tries again later. @returns null when it did */
export async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch {
    // Whatever the reason, a person outside sees only that it did not work; the audit sees the consequences.
    return null;
  }
}
