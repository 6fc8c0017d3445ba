import type { Database } from 'better-sqlite3';
import { z } from 'zod';

export const Faults = z.strictObject({
  /** False: API and token endpoint answer 503. The bank app goes on: the payer's bank is another one. */
  online: z.boolean(),
  /** Each API call waits this long before anything is done. */
  apiDelayMs: z.int().min(0).max(600_000),
  /** Writes are done and never answered, until the client hangs up. */
  timeoutAfterSuccess: z.boolean(),
  /** What becomes of the notifications of money that arrives from now on. */
  webhook: z.enum(['normal', 'lost', 'duplicate', 'delayed']),
  webhookDelayMs: z.int().min(0).max(86_400_000),
});
export type Faults = z.infer<typeof Faults>;

export const NO_FAULTS: Faults = {
  online: true,
  apiDelayMs: 0,
  timeoutAfterSuccess: false,
  webhook: 'normal',
  webhookDelayMs: 5000,
};

/** The fault switches; they survive a restart, like everything here. */
export interface FaultSwitches {
  get(): Faults;
  put(faults: Faults): void;
}

export function openFaults(database: Database): FaultSwitches {
  const read = database.prepare<[], string>('SELECT json FROM faults').pluck();
  const write = database.prepare(
    'INSERT INTO faults (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json',
  );
  const stored = read.get();
  let current = stored === undefined ? NO_FAULTS : Faults.parse(JSON.parse(stored));
  return {
    get: () => current,
    put(faults) {
      write.run(JSON.stringify(faults));
      current = faults;
    },
  };
}
