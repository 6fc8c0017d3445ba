import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { findOrCreateCustomer } from './find-or-create-customer.ts';
import type { PeopleDeps } from './person-keys.ts';

/** Small: each is a transaction of its own, and holds up no sale. */
const BATCH = 100;
/** As releases before the customers' tables sealed it. */
const SealedPayer = z
  .object({ name: z.string(), cpf: z.string(), email: z.string(), phone: z.string() })
  .partial();
/** What a totem tells of the person before it. */
type TotemCustomer = { readonly [K in keyof z.infer<typeof SealedPayer>]: string | undefined };

interface SaleId {
  readonly merchantId: string;
  readonly transactionId: string;
}

/** Says who opened a charge, in the transaction that writes its row. Of whom nothing was told there is no customer. */
export async function linkPayer(
  deps: PeopleDeps,
  transaction: Transaction,
  { merchantId, transactionId }: SaleId,
  told: TotemCustomer | undefined,
  atMs: number,
): Promise<void> {
  if (told === undefined || Object.values(told).every((value) => value === undefined)) return;
  const { cpf: document, ...others } = told;
  const person = { ...others, document };
  const customerId = await findOrCreateCustomer(deps, transaction, merchantId, person, atMs);
  await transaction.query(
    `UPDATE payment_transactions SET customer_id = $3, customer_sealed = NULL
     WHERE merchant_id = $1 AND transaction_id = $2`,
    [merchantId, transactionId, customerId],
  );
}

/**
 * Moves what older releases sealed in the payment's row to the person: one sale a transaction, so that it goes on where
 * it was left off. What the key does not open (its file was lost) stays as it is, unreadable for everybody.
 * @param merchantId of one merchant; null: of all
 * @returns how many were moved
 */
export async function moveSealedPayers(
  context: Pick<ServerContext, 'db' | 'personalData' | 'randomBytes' | 'clock' | 'log'>,
  merchantId: string | null,
  isStopping: () => boolean = () => false,
): Promise<number> {
  let moved = 0;
  let after: SaleId = {
    merchantId: '00000000-0000-0000-0000-000000000000',
    transactionId: '00000000-0000-0000-0000-000000000000',
  };
  while (!isStopping()) {
    const page = await context.db.query<SaleId & Record<string, unknown>>(
      `SELECT merchant_id AS "merchantId", transaction_id AS "transactionId" FROM payment_transactions
       WHERE customer_sealed IS NOT NULL AND (merchant_id, transaction_id) > ($1, $2)
         AND ($3::uuid IS NULL OR merchant_id = $3)
       ORDER BY merchant_id, transaction_id LIMIT ${BATCH}`,
      [after.merchantId, after.transactionId, merchantId],
    );
    for (const sale of page) {
      if (isStopping()) break;
      if (await moveOne(context, sale)) moved += 1;
      after = sale;
    }
    if (page.length < BATCH) break;
  }
  return moved;
}

function moveOne(context: Parameters<typeof moveSealedPayers>[0], sale: SaleId): Promise<boolean> {
  const { merchantId, transactionId } = sale;
  return context.db.transaction(async (transaction) => {
    const [row] = await transaction.query<{ sealed: Uint8Array; at: Date }>(
      `SELECT customer_sealed AS sealed, created_at AS at FROM payment_transactions
       WHERE merchant_id = $1 AND transaction_id = $2 AND customer_sealed IS NOT NULL FOR UPDATE`,
      [merchantId, transactionId],
    );
    if (row === undefined) return false;
    const told = openPayer(context, row.sealed);
    if (told === null) return false;
    await linkPayer(context, transaction, sale, told, row.at.getTime());
    await transaction.query(
      'UPDATE payment_transactions SET customer_sealed = NULL WHERE merchant_id = $1 AND transaction_id = $2',
      [merchantId, transactionId],
    );
    return true;
  });
}

function openPayer(
  { personalData, log }: Pick<ServerContext, 'personalData' | 'log'>,
  sealed: Uint8Array,
): TotemCustomer | null {
  try {
    return SealedPayer.parse(personalData.open(sealed));
  } catch (error) {
    log.debug({ error }, 'what an older release sealed of a payer does not open');
    return null;
  }
}
