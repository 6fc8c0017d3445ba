import { FULFILMENT_STAGES, isStageFinished, mayBegin } from '../../domain/fulfilment.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { TEST_KIOSK_ID } from '../integration/test-shop.ts';
import type { PaymentTransaction, TransactionKey } from '../payments/payment-transaction.ts';
import { receiptPageHash, receiptPageToken } from './receipt-page-token.ts';
import { isUp, newStages, Stages, statesOf, statusOf } from './stages.ts';

/** Stages that only a send ends. */
export const MAIL_STAGES = ['notifying', 'sending_receipt'] as const;
export type MailStage = (typeof MAIL_STAGES)[number];

/**
 * Writes the fulfilment of a payment that is settled in this transaction, and its first job.
 * @param past of a payment that was settled before
 * @returns whether it had none
 */
export async function insertFulfilment(
  { jobs, personalData }: Pick<ServerContext, 'jobs' | 'personalData'>,
  transaction: Transaction,
  { merchantId, transactionId, kioskId }: Pick<PaymentTransaction, keyof TransactionKey | 'kioskId'>,
  atMs: number,
  past?: { readonly stages: Stages; readonly paidAtMs: number },
): Promise<boolean> {
  if (kioskId === TEST_KIOSK_ID) return false;
  const stages = past?.stages ?? newStages();
  const inserted = await transaction.query(
    `INSERT INTO fulfilments (merchant_id, transaction_id, status, stages, created_at, changed_at, next_work_at, awaits,
       page_sha256)
     VALUES ($1, $2, $3, $4, $8, $5, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING status`,
    [
      merchantId,
      transactionId,
      statusOf(stages),
      JSON.stringify(stages),
      new Date(atMs),
      awaitsOf(stages),
      receiptPageHash(receiptPageToken(personalData, { merchantId, transactionId })),
      new Date(past?.paidAtMs ?? atMs),
    ],
  );
  if (inserted.length === 0) return false;
  await jobs.add(transaction, { merchantId, transactionId }, atMs);
  return true;
}

/** Locks it until the commit. Undefined: there is none. */
export async function lockFulfilment(
  transaction: Transaction,
  { merchantId, transactionId }: TransactionKey,
): Promise<Stages | undefined> {
  const [row] = await transaction.query<{ stages: unknown }>(
    'SELECT stages FROM fulfilments WHERE merchant_id = $1 AND transaction_id = $2 FOR UPDATE',
    [merchantId, transactionId],
  );
  return row === undefined ? undefined : Stages.parse(row.stages);
}

/**
 * Stores what has changed, with a job for what comes next, and tells the log of a stage that was given up. Nothing is
 * written where nothing changed.
 */
export async function saveFulfilment(
  { jobs, log }: Pick<ServerContext, 'jobs' | 'log'>,
  transaction: Transaction,
  key: TransactionKey,
  { before, after, atMs }: { readonly before: Stages; readonly after: Stages; readonly atMs: number },
): Promise<void> {
  if (after === before) return;
  const nextMs = nextWorkAt(after, atMs);
  await transaction.query(
    `UPDATE fulfilments SET status = $3, stages = $4, changed_at = $5, next_work_at = $6, awaits = $7
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [
      key.merchantId,
      key.transactionId,
      statusOf(after),
      JSON.stringify(after),
      new Date(atMs),
      nextMs === null ? null : new Date(nextMs),
      awaitsOf(after),
    ],
  );
  if (nextMs !== null) await jobs.add(transaction, key, nextMs);
  for (const stage of FULFILMENT_STAGES) {
    const { state, detail } = after[stage];
    if (state !== 'failed_permanent' || before[stage].state === state) continue;
    const facts = { transactionId: key.transactionId, stage, detail };
    transaction.afterCommit(() => log.error(facts, 'a fulfilment was given up: it needs a person'));
  }
}

/** Whether a try of the stage may begin now. */
export function isDue(stages: Stages, stage: MailStage, atMs: number): boolean {
  const { dueAt } = stages[stage];
  return mayBegin(stage, statesOf(stages)) && (dueAt === null || isUp(dueAt, atMs));
}

/** @returns epoch milliseconds; null: only an event or a person brings it on */
function nextWorkAt(stages: Stages, atMs: number): number | null {
  const times = FULFILMENT_STAGES.flatMap((stage) => stages[stage].dueAt ?? []);
  if (MAIL_STAGES.some((stage) => isDue(stages, stage, atMs))) times.push(atMs);
  return times.length === 0 ? null : Math.min(...times);
}

function awaitsOf(stages: Stages): 'ticket' | 'paper' | null {
  if (!isStageFinished(stages.issuing_ticket.state)) return 'ticket';
  return isStageFinished(stages.printing.state) ? null : 'paper';
}
