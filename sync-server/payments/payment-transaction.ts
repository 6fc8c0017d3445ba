import type { CanonicalStatus } from '../../domain/payment-status.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import type { ChargeRef } from '../providers/provider.ts';
import type { ChargeHint } from '../providers/webhook-intake.ts';

/** One row of payment_transactions, with what its merchant and unit say about receiving money. */
export interface PaymentTransaction {
  readonly merchantId: string;
  readonly transactionId: string;
  readonly sessionId: string;
  readonly unitId: string;
  readonly kioskId: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly servicePrefix: string;
  readonly flow: 'national' | 'international';
  readonly provider: string;
  readonly txid: string;
  /** The provider's own id of the charge; null before it answered, and where the txid is the id. */
  readonly providerChargeId: string | null;
  readonly amountCents: number;
  readonly currency: string;
  readonly status: CanonicalStatus;
  readonly brCode: string | null;
  /** The page on which the customer authorises, in place of a BR Code. */
  readonly authorisationUrl: string | null;
  readonly createdAt: Date;
  readonly chargeExpiresAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly settledReceiptId: string | null;
  readonly checkCount: number;
  readonly pixKey: string;
  /** What the merchant does with money that comes after the charge has ended. */
  readonly lateMoney: 'ticket' | 'refund';
  readonly merchantName: string;
  readonly city: string;
  readonly timeZone: string;
}

export interface TransactionKey {
  readonly merchantId: string;
  readonly transactionId: string;
}

const SELECT = `
  SELECT t.merchant_id AS "merchantId", t.transaction_id AS "transactionId", t.session_id AS "sessionId",
    t.unit_id AS "unitId", t.kiosk_id AS "kioskId", t.service_id AS "serviceId", t.service_name AS "serviceName",
    t.service_prefix AS "servicePrefix", t.flow, t.provider, t.txid, t.provider_charge_id AS "providerChargeId",
    t.amount_cents AS "amountCents", t.currency, t.status,
    t.br_code AS "brCode", t.authorisation_url AS "authorisationUrl", t.created_at AS "createdAt", t.charge_expires_at AS "chargeExpiresAt",
    t.cancel_requested_at AS "cancelRequestedAt", t.settled_receipt_id AS "settledReceiptId",
    t.check_count AS "checkCount", m.pix_key AS "pixKey", m.late_money AS "lateMoney", m.name AS "merchantName", u.city,
    u.time_zone AS "timeZone"
  FROM payment_transactions t
  JOIN merchants m USING (merchant_id)
  JOIN units u ON u.merchant_id = t.merchant_id AND u.unit_id = t.unit_id`;

type Row = PaymentTransaction & Record<string, unknown>;

/** Whether the provider has given what the customer pays by: there is a charge, and no other may be made. */
export function isPayable({
  brCode,
  authorisationUrl,
}: Pick<PaymentTransaction, 'brCode' | 'authorisationUrl'>): boolean {
  return brCode !== null || authorisationUrl !== null;
}

/** Locks the transaction until the commit. Throws when it does not exist: callers hold a key that they have read. */
export async function lockTransaction(
  transaction: Transaction,
  key: TransactionKey,
): Promise<PaymentTransaction> {
  const [row] = await transaction.query<Row>(
    `${SELECT} WHERE t.merchant_id = $1 AND t.transaction_id = $2 FOR UPDATE OF t`,
    [key.merchantId, key.transactionId],
  );
  if (row === undefined) throw new Error(`transaction ${key.transactionId} does not exist`);
  return row;
}

export async function findBySession(
  database: Queryable,
  merchantId: string,
  sessionId: string,
): Promise<PaymentTransaction | undefined> {
  const [row] = await database.query<Row>(`${SELECT} WHERE t.merchant_id = $1 AND t.session_id = $2`, [
    merchantId,
    sessionId,
  ]);
  return row;
}

/**
 * Whose charge the provider speaks of; two merchants may each have a txid of the same name. Money that comes to a
 * charge of an earlier attempt is found too: the transaction is answered as that attempt's provider knows it.
 */
export async function findByCharge(
  database: Queryable,
  provider: string,
  { txid, providerChargeId }: ChargeHint,
): Promise<PaymentTransaction[]> {
  // The merchants are few and come first in the index, so this reads one index entry for each of them.
  const attempts = await database.query<TransactionKey & ChargeRef & Record<string, unknown>>(
    `SELECT merchant_id AS "merchantId", transaction_id AS "transactionId", txid,
       provider_charge_id AS "providerChargeId"
     FROM payment_attempts
     WHERE (merchant_id IN (SELECT merchant_id FROM merchants) AND provider = $1 AND txid = $2)
       OR (provider = $1 AND provider_charge_id = $3)`,
    [provider, txid, providerChargeId],
  );
  const payments = await readTransactions(database, attempts);
  return payments.map((payment) => {
    const attempt = attempts.find(({ transactionId }) => transactionId === payment.transactionId);
    return { ...payment, provider, providerChargeId: attempt?.providerChargeId ?? null };
  });
}

export async function readTransactions(
  database: Queryable,
  keys: readonly TransactionKey[],
): Promise<PaymentTransaction[]> {
  if (keys.length === 0) return [];
  return database.query<Row>(
    `${SELECT} JOIN unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS k (merchant_id, transaction_id, position)
       ON t.merchant_id = k.merchant_id AND t.transaction_id = k.transaction_id
     ORDER BY k.position`,
    [keys.map((key) => key.merchantId), keys.map((key) => key.transactionId)],
  );
}
