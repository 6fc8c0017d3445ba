import type { Transaction } from '../db/database.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

/** Whose fulfilment is to be worked on. */
export type FulfilmentJob = TransactionKey;

/**
 * The queue of work behind a payment. At least once: a job may come twice, and early; whoever works on it looks at the
 * fulfilment's own row for what is to be done.
 */
export interface Jobs {
  /**
   * Part of the caller's transaction: the job is there exactly when the rest of it is.
   * @param atMs not before, epoch milliseconds of the server's clock
   */
  add(transaction: Transaction, job: FulfilmentJob, atMs: number): Promise<void>;
  /** Hands each job that is due to `handler`, several at a time. A handler that throws is called again later. */
  work(handler: (job: FulfilmentJob) => Promise<void>): Promise<void>;
  /** Lets the handlers under way finish; no job is handed out any more. */
  stop(): Promise<void>;
}
