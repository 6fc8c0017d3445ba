import type { ChargeRequest } from '../../domain/protocol/charges.ts';
import type { ServerContext } from '../context.ts';
import type { CreateChargeOutcome, NationalProvider } from '../providers/provider.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import type { ShadowMirror } from '../routing/shadow-mirror.ts';
import { splitForProvider } from '../splits/sale-split.ts';
import { answer, type ChargeResult, isClosed, refuse } from './answer-charge.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import {
  type AttemptClaim,
  beginAttempt,
  endInVain,
  endWithCharge,
  FIRST_CLAIM,
  keepClaim,
  takeOverAttempt,
} from './charge-attempts.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';

/**
 * Asks one provider after the other, the next only after a clean failure: one that surely made no charge. After an
 * answer that never came it stays with that provider, in this call and in each that follows. Of several processes one
 * at a time does this for a transaction; the others are told to ask again.
 * @param isNew this call has written the transaction, and holds the claim of its first attempt
 */
export async function chargeAtProviders(
  context: ServerContext,
  router: ChargeRouter,
  shadows: Pick<ShadowMirror, 'mirror'>,
  opened: PaymentTransaction,
  request: ChargeRequest,
  isNew: boolean,
): Promise<ChargeResult> {
  const taken = isNew
    ? { payment: opened, claim: FIRST_CLAIM, mayExist: false }
    : await takeOverAttempt(context, opened);
  if (taken === 'over') return answerOf(context, opened, request);
  if (taken === 'held') return refuse('provider_unavailable', 'the charge is being made');
  if (taken === 'ended')
    return askInTurn(context, shadows, opened, request, await router.route({ ...opened, ...request }));

  const { provider: name } = taken.payment;
  const current = router.byName(name);
  if (current === undefined)
    return refuse('provider_unavailable', `the provider ${name} is not configured any more`);
  const attempt = await chargeAt(context, current, shadows, taken, request);
  if (attempt.isFinal) return attempt.result;
  const others = (await router.route({ ...opened, ...request })).filter((other) => other.name !== name);
  return askInTurn(context, shadows, opened, request, others, attempt.result);
}

/** @param before what is answered when nobody is left to be asked */
async function askInTurn(
  context: ServerContext,
  shadows: Pick<ShadowMirror, 'mirror'>,
  opened: PaymentTransaction,
  request: ChargeRequest,
  providers: readonly NationalProvider[],
  before: ChargeResult = refuse('provider_unavailable', 'no provider was asked'),
): Promise<ChargeResult> {
  let result = before;
  for (const provider of providers) {
    const begun = await beginAttempt(context, opened, provider.name);
    if (begun === 'over') break;
    if (begun === 'txid_conflict') return refuse('txid_conflict', 'the txid belongs to another session');
    const attempt = await chargeAt(context, provider, shadows, begun, request);
    if (attempt.isFinal) return attempt.result;
    result = attempt.result;
  }
  return result;
}

interface ChargeAttempt {
  readonly result: ChargeResult;
  /** False after a clean failure: another provider may be asked. */
  readonly isFinal: boolean;
}

async function chargeAt(
  context: ServerContext,
  provider: NationalProvider,
  shadows: Pick<ShadowMirror, 'mirror'>,
  claim: AttemptClaim,
  request: ChargeRequest,
): Promise<ChargeAttempt> {
  const release = keepClaim(context, claim);
  try {
    const startedMs = context.clock.monotonicMs();
    const outcome = await createAt(context, provider, claim, request);
    if (outcome.kind !== 'created') return await failedAt(context, claim, outcome);
    const { payment } = claim;
    const tookMs = context.clock.monotonicMs() - startedMs;
    await applyProviderCharge(context, payment, outcome.charge, 'charge');
    // Only now: a server that dies before this asks the same provider, which has the charge, and no other.
    await endWithCharge(context, payment);
    shadows.mirror(payment, { charge: outcome.charge, provider: provider.name, tookMs });
    return { result: await answerOf(context, payment, request), isFinal: true };
  } finally {
    release();
  }
}

async function createAt(
  context: ServerContext,
  provider: NationalProvider,
  { payment, mayExist }: AttemptClaim,
  request: ChargeRequest,
): Promise<CreateChargeOutcome> {
  const split = await splitForProvider(context.db, payment, provider);
  return provider.createCharge({
    txid: payment.txid,
    pixKey: payment.pixKey,
    amountCents: payment.amountCents,
    expiresSeconds: context.config.pix.expiresSeconds,
    description: payment.serviceName,
    merchantName: payment.merchantName,
    city: payment.city,
    customer: request.customer ?? null,
    split,
    mayExist,
  });
}

async function failedAt(
  context: ServerContext,
  claim: AttemptClaim,
  outcome: Exclude<CreateChargeOutcome, { readonly kind: 'created' }>,
): Promise<ChargeAttempt> {
  const hasEnded = await endInVain(context, claim, outcome);
  const { transactionId, txid, provider } = claim.payment;
  const logged = { transactionId, txid, provider, detail: outcome.detail };
  if (outcome.kind !== 'rejected') {
    context.log.warn({ ...logged, outcome: outcome.kind }, 'no charge yet');
    return { result: refuse('provider_unavailable', outcome.detail), isFinal: !hasEnded };
  }
  context.log.error({ ...logged, code: outcome.code }, 'the provider refused a charge');
  return { result: refuse('provider_rejected', outcome.code), isFinal: !hasEnded };
}

async function answerOf(
  context: ServerContext,
  payment: PaymentTransaction,
  request: ChargeRequest,
): Promise<ChargeResult> {
  const now = await findBySession(context.db, payment.merchantId, payment.sessionId);
  if (now === undefined) throw new Error(`transaction ${payment.transactionId} vanished`);
  if (isClosed(now)) return refuse('charge_closed', `the charge is ${now.status}`);
  return answer(context, now, request);
}
