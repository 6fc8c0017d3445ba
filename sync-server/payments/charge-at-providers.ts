import type { ChargeRequest } from '../../domain/protocol/charges.ts';
import type { ServerContext } from '../context.ts';
import type { NationalProvider } from '../providers/provider.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import type { ShadowMirror } from '../routing/shadow-mirror.ts';
import { splitForProvider } from '../splits/sale-split.ts';
import { answer, type ChargeResult, isClosed, refuse } from './answer-charge.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { beginAttempt, endAttempt, lastAttempt } from './charge-attempts.ts';
import { findBySession, isPayable, type PaymentTransaction } from './payment-transaction.ts';

/**
 * Asks one provider after the other, the next only after a clean failure: one that surely made no charge. After an
 * answer that never came it stays with that provider, in this call and in each that follows.
 */
export async function chargeAtProviders(
  context: ServerContext,
  router: ChargeRouter,
  shadows: Pick<ShadowMirror, 'mirror'>,
  opened: PaymentTransaction,
  request: ChargeRequest,
  isRetry: boolean,
): Promise<ChargeResult> {
  const last = isRetry ? await lastAttempt(context.db, opened) : null;
  // Without an outcome nobody knows what became of it: a process that died, or an answer that was lost.
  const mayExist = last !== null && last.outcome === null;
  const current = router.byName(opened.provider);
  if (current === undefined && mayExist)
    return refuse('provider_unavailable', `the provider ${opened.provider} is not configured any more`);
  const candidates =
    mayExist && current !== undefined ? [current] : await router.route({ ...opened, ...request });
  const queue = isRetry || current === undefined ? [...candidates] : startingWith(current, candidates);

  let result = refuse('provider_unavailable', 'no provider was asked');
  for (const provider of queue) {
    const isFirst = provider.name === opened.provider && (!isRetry || mayExist);
    const payment = isFirst ? opened : await beginAttempt(context, opened, provider.name);
    if (payment === null) break;
    const attempt = await chargeAt(context, provider, shadows, payment, request, isFirst && mayExist);
    if (attempt.isFinal) return attempt.result;
    result = attempt.result;
  }
  return result;
}

function startingWith(
  current: NationalProvider,
  candidates: readonly NationalProvider[],
): readonly NationalProvider[] {
  return [current, ...candidates.filter(({ name }) => name !== current.name)];
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
  payment: PaymentTransaction,
  request: ChargeRequest,
  mayExist: boolean,
): Promise<ChargeAttempt> {
  const split = await splitForProvider(context.db, payment, provider);
  const startedMs = context.clock.monotonicMs();
  const outcome = await provider.createCharge({
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
  const tookMs = context.clock.monotonicMs() - startedMs;
  // While an earlier attempt may have made the charge, nothing but the charge itself is a clean end.
  const isUnclear = mayExist && outcome.kind !== 'created';
  if (!isUnclear && outcome.kind !== 'created') await endAttempt(context, payment, outcome);
  const logged = { transactionId: payment.transactionId, txid: payment.txid, provider: provider.name };
  switch (outcome.kind) {
    case 'created':
      await applyProviderCharge(context, payment, outcome.charge, 'charge');
      // Only now: a server that dies before this asks the same provider, which has the charge, and no other.
      await endAttempt(context, payment, outcome);
      shadows.mirror(payment, { charge: outcome.charge, provider: provider.name, tookMs });
      return { result: await answerOf(context, payment, request), isFinal: true };
    case 'rejected':
      context.log.error(
        { ...logged, code: outcome.code, detail: outcome.detail },
        'the provider refused a charge',
      );
      return {
        result: refuse('provider_rejected', outcome.code),
        isFinal: isUnclear || outcome.leavesCharge === true,
      };
    case 'unavailable':
    case 'unknown':
      context.log.warn({ ...logged, outcome: outcome.kind, detail: outcome.detail }, 'no charge yet');
      return {
        result: refuse('provider_unavailable', outcome.detail),
        isFinal: isUnclear || outcome.kind === 'unknown',
      };
  }
}

async function answerOf(
  context: ServerContext,
  payment: PaymentTransaction,
  request: ChargeRequest,
): Promise<ChargeResult> {
  const now = await findBySession(context.db, payment.merchantId, payment.sessionId);
  if (now === undefined) throw new Error(`transaction ${payment.transactionId} vanished`);
  if (isClosed(now)) return refuse('charge_closed', `the charge is ${now.status}`);
  // Another process has given this provider up meanwhile, and is asking the next one.
  if (now.provider !== payment.provider && !isPayable(now))
    return refuse('provider_unavailable', `the charge is being made by ${now.provider}`);
  return answer(context, now, request);
}
