import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type AutomaticTables, openAutomatic } from './automatic.ts';
import { type CallbackTable, openCallbacks } from './callbacks.ts';
import { type ChargeTable, openCharges } from './charges.ts';
import { type FaultSwitches, openFaults } from './faults.ts';
import { openPix, type PixTable } from './pix.ts';
import { openRefunds, type RefundTable } from './refunds.ts';
import { SCHEMA } from './schema.ts';
import { openWebhooks, type WebhookTable } from './webhooks.ts';

export interface Store {
  readonly charges: ChargeTable;
  readonly pix: PixTable;
  readonly refunds: RefundTable;
  readonly webhooks: WebhookTable;
  readonly callbacks: CallbackTable;
  readonly faults: FaultSwitches;
  readonly automatic: AutomaticTables;
  /** Runs `work` as one transaction: all of it is on disk when it returns, or none. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Everything that the provider has ever answered survives `kill -9`: WAL, and a sync to disk at every commit. */
export function openStore(dataDir: string): Store {
  mkdirSync(dataDir, { recursive: true });
  const database = new Database(join(dataDir, 'provider.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.exec(SCHEMA);
  return {
    charges: openCharges(database),
    pix: openPix(database),
    refunds: openRefunds(database),
    webhooks: openWebhooks(database),
    callbacks: openCallbacks(database),
    faults: openFaults(database),
    automatic: openAutomatic(database),
    transaction: (work) => database.transaction(work)(),
    close: () => {
      database.close();
    },
  };
}
