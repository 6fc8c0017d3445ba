import { createHash } from 'node:crypto';
import type { ShadowDifference, ShadowOutcome } from '../../domain/protocol/routing.ts';
import type { ServerContext } from '../context.ts';
import type { PaymentTransaction } from '../payments/payment-transaction.ts';
import type { ChargeRef, NationalProvider } from '../providers/provider.ts';
import { compareCharges } from './compare-charges.ts';
import type { LiveCharge, ShadowProvider } from './shadow-mirror.ts';

/** A customer would have gone by then. */
export const SHADOW_TIMEOUT_MS = 15_000;
/** What is older has expired at the sandbox long ago. */
const OPEN_FOR_MS = 24 * 60 * 60_000;
const CANCELS_AT_ONCE = 20;
/** Begins each txid on trial. A totem's are the digits of a UUID, so that none can be taken for a customer's. */
const MARKER = 'SHADOW';

interface Result {
  readonly outcome: ShadowOutcome;
  readonly detail: string | null;
  readonly differences: readonly ShadowDifference[];
}

interface ShadowKey {
  readonly merchantId: string;
  readonly transactionId: string;
  readonly provider: string;
}

/**
 * Makes the charge again at the provider on trial, writes down what differs, and withdraws it. It is written down before
 * it is sent, so that nothing that was made is forgotten; nothing of the answer is applied to anything. Lasts as long as
 * the provider does: one that hangs is written off after SHADOW_TIMEOUT_MS, and withdrawn from when it does answer.
 */
export async function shadowCharge(
  context: ServerContext,
  { provider, pixKey }: ShadowProvider,
  payment: PaymentTransaction,
  live: LiveCharge,
): Promise<void> {
  const { merchantId, transactionId } = payment;
  const key: ShadowKey = { merchantId, transactionId, provider: provider.name };
  const txid = shadowTxid(key);
  const [isNew] = await context.db.query(
    `INSERT INTO shadow_results (merchant_id, transaction_id, provider, txid, live_provider, started_at, live_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING txid`,
    [
      merchantId,
      transactionId,
      provider.name,
      txid,
      live.provider,
      new Date(context.clock.nowMs()),
      Math.round(live.tookMs),
    ],
  );
  if (isNew === undefined) return;
  const startedMs = context.clock.monotonicMs();
  const tookMs = (): number => Math.round(context.clock.monotonicMs() - startedMs);
  const stopTimer = context.clock.schedule(SHADOW_TIMEOUT_MS, () => {
    keepResult(context, key, { outcome: 'timed_out', detail: null, differences: [] }, null).catch(
      (error: unknown) => context.log.warn({ error, ...key }, 'a trial’s time-out was not written down'),
    );
  });
  const receivesOn = pixKey ?? payment.pixKey;
  let charge: ChargeRef | 'none' = { txid, providerChargeId: null };
  let result: Result;
  try {
    const outcome = await provider.createCharge({
      txid,
      pixKey: receivesOn,
      amountCents: payment.amountCents,
      expiresSeconds: context.config.pix.expiresSeconds,
      description: payment.serviceName,
      merchantName: payment.merchantName,
      city: payment.city,
      // Who pays is nobody's business who is only tried.
      customer: null,
      split: [],
      mayExist: false,
    });
    if (outcome.kind === 'created') {
      charge = { txid, providerChargeId: outcome.charge.providerChargeId };
      const differences = compareCharges(live.charge, outcome.charge, receivesOn);
      result = { outcome: differences.length === 0 ? 'same' : 'different', detail: null, differences };
    } else {
      if (outcome.kind !== 'unknown') charge = 'none';
      result = { outcome: outcome.kind, detail: String(outcome.detail).slice(0, 500), differences: [] };
    }
  } catch (error) {
    result = { outcome: 'failed', detail: String(error).slice(0, 500), differences: [] };
  }
  stopTimer();
  await keepResult(context, key, result, tookMs());
  if (charge === 'none') await keepClosed(context, key);
  else await withdraw(context, provider, key, charge);
}

/** 32 characters of `[a-zA-Z0-9]`, as API Pix asks. */
export function shadowTxid({
  transactionId,
  provider,
}: Pick<ShadowKey, 'transactionId' | 'provider'>): string {
  return `${MARKER}${createHash('sha256').update(`${provider}:${transactionId}`).digest('hex').slice(0, 26)}`;
}

/** Withdraws what a process left open that ended, or that the provider would not withdraw. */
export async function cancelLeftOpen(context: ServerContext, provider: NationalProvider): Promise<void> {
  const nowMs = context.clock.nowMs();
  const open = await context.db.query<ShadowKey & ChargeRef & Record<string, unknown>>(
    `SELECT merchant_id AS "merchantId", transaction_id AS "transactionId", provider, txid,
       provider_charge_id AS "providerChargeId"
     FROM shadow_results WHERE provider = $1 AND cancelled_at IS NULL AND started_at BETWEEN $2 AND $3
     ORDER BY started_at DESC LIMIT ${CANCELS_AT_ONCE}`,
    [provider.name, new Date(nowMs - OPEN_FOR_MS), new Date(nowMs - 2 * SHADOW_TIMEOUT_MS)],
  );
  for (const row of open) await withdraw(context, provider, row, row);
}

async function withdraw(
  context: ServerContext,
  provider: NationalProvider,
  key: ShadowKey,
  charge: ChargeRef,
): Promise<void> {
  await context.db.query(
    `UPDATE shadow_results SET provider_charge_id = $4
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3`,
    [key.merchantId, key.transactionId, key.provider, charge.providerChargeId],
  );
  try {
    const { kind } = await provider.cancelCharge(charge);
    if (kind === 'canceled' || kind === 'not_open' || kind === 'not_found') await keepClosed(context, key);
    else context.log.warn({ ...key, outcome: kind }, 'a charge on trial was not withdrawn');
  } catch (error) {
    context.log.warn({ error, ...key }, 'a charge on trial was not withdrawn');
  }
}

async function keepResult(
  { db }: ServerContext,
  { merchantId, transactionId, provider }: ShadowKey,
  { outcome, detail, differences }: Result,
  tookMs: number | null,
): Promise<void> {
  // The first word counts: an answer that came after all came too late.
  await db.query(
    `UPDATE shadow_results SET outcome = $4, detail = $5, differences = $6, shadow_ms = $7
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND outcome IS NULL`,
    [merchantId, transactionId, provider, outcome, detail, JSON.stringify(differences), tookMs],
  );
}

async function keepClosed(
  { db, clock }: ServerContext,
  { merchantId, transactionId, provider }: ShadowKey,
): Promise<void> {
  await db.query(
    `UPDATE shadow_results SET cancelled_at = $4
     WHERE merchant_id = $1 AND transaction_id = $2 AND provider = $3 AND cancelled_at IS NULL`,
    [merchantId, transactionId, provider, new Date(clock.nowMs())],
  );
}
