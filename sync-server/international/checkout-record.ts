import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';
import { pageTokenHash } from './checkout-page-key.ts';

/** What is kept of a checkout beside its transaction. */
export interface CheckoutRecord extends TransactionKey {
  readonly orderId: string;
  readonly saleId: string;
  readonly offerId: string;
  readonly token: string;
  /** Null until the provider has answered. */
  readonly clientSecret: string | null;
  /** Epoch ms by this server's clock: until then the customer may pay. */
  readonly expiresAt: number;
}

type Row = Record<string, unknown> & {
  readonly merchantId: string;
  readonly transactionId: string;
  readonly orderId: string;
  readonly saleId: string;
  readonly offerId: string;
  readonly tokenSealed: Uint8Array;
  readonly clientSecretSealed: Uint8Array | null;
  readonly createdAt: Date;
};

const SELECT = `SELECT c.merchant_id AS "merchantId", c.transaction_id AS "transactionId", t.order_id AS "orderId",
    t.sale_id AS "saleId", t.offer_id AS "offerId", c.token_sealed AS "tokenSealed",
    c.client_secret_sealed AS "clientSecretSealed", t.created_at AS "createdAt"
  FROM checkouts c JOIN payment_transactions t USING (merchant_id, transaction_id)`;

/** Throws when there is none: the transaction is of another flow. */
export async function readCheckout(
  context: Pick<ServerContext, 'db' | 'personalData' | 'config'>,
  key: TransactionKey,
): Promise<CheckoutRecord> {
  const [row] = await context.db.query<Row>(`${SELECT} WHERE c.merchant_id = $1 AND c.transaction_id = $2`, [
    key.merchantId,
    key.transactionId,
  ]);
  if (row === undefined) throw new Error(`transaction ${key.transactionId} has no checkout`);
  return toRecord(context, row);
}

/** Undefined for a token that is none of ours. */
export async function findCheckoutByToken(
  context: Pick<ServerContext, 'db' | 'personalData' | 'config'>,
  token: string,
): Promise<CheckoutRecord | undefined> {
  const hash = pageTokenHash(token);
  if (hash === null) return undefined;
  const [row] = await context.db.query<Row>(`${SELECT} WHERE c.token_sha256 = $1`, [hash]);
  return row === undefined ? undefined : toRecord(context, row);
}

/** Kept before anything else of the provider's answer: without it nobody can pay. */
export async function keepClientSecret(
  { db, personalData }: Pick<ServerContext, 'db' | 'personalData'>,
  key: TransactionKey,
  clientSecret: string,
): Promise<void> {
  await db.query(
    'UPDATE checkouts SET client_secret_sealed = $3 WHERE merchant_id = $1 AND transaction_id = $2',
    [key.merchantId, key.transactionId, personalData.seal(clientSecret)],
  );
}

const Sealed = z.string();

function toRecord(
  { personalData, config }: Pick<ServerContext, 'personalData' | 'config'>,
  { tokenSealed, clientSecretSealed, createdAt, ...row }: Row,
): CheckoutRecord {
  return {
    merchantId: row.merchantId,
    transactionId: row.transactionId,
    orderId: row.orderId,
    saleId: row.saleId,
    offerId: row.offerId,
    token: Sealed.parse(personalData.open(tokenSealed)),
    clientSecret: clientSecretSealed === null ? null : Sealed.parse(personalData.open(clientSecretSealed)),
    expiresAt: createdAt.getTime() + config.card.expiresSeconds * 1_000,
  };
}
