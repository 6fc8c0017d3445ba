import type { ChargeRequest } from '../../domain/protocol/charges.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import { NO_SHADOWS, type ShadowMirror } from '../routing/shadow-mirror.ts';
import { answer, type ChargeResult, isClosed, refuse } from './answer-charge.ts';
import { chargeAtProviders } from './charge-at-providers.ts';
import { openTransaction } from './open-transaction.ts';
import { findBySession, isPayable, type PaymentTransaction } from './payment-transaction.ts';

export type CreateCharge = (kiosk: KioskPrincipal, request: ChargeRequest) => Promise<ChargeResult>;

/**
 * Makes the PIX charge of a payment session, or answers the one that there is. The transaction's row, with provider
 * and txid, is committed before the provider is spoken to: whatever happens after that, the money can be found.
 */
export function chargeCreator(
  context: ServerContext,
  router: ChargeRouter,
  shadows: Pick<ShadowMirror, 'mirror'> = NO_SHADOWS,
): CreateCharge {
  // Retries that come while the first is under way share its answer: none of them finds a row that the first is about
  // to act upon. Between processes the attempt's claim does the same (charge-attempts.ts).
  const underWay = new Map<string, Promise<ChargeResult>>();

  return (kiosk, request) => {
    const { sessionId, txid, serviceId, amountCents } = request;
    const { merchantId, unitId, kioskId } = kiosk;
    const key = JSON.stringify([merchantId, unitId, kioskId, sessionId, txid, serviceId, amountCents]);
    const running = underWay.get(key);
    if (running !== undefined) return running;
    const started = findOrMake(context, router, shadows, kiosk, request).finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  };
}

async function findOrMake(
  context: ServerContext,
  router: ChargeRouter,
  shadows: Pick<ShadowMirror, 'mirror'>,
  kiosk: KioskPrincipal,
  request: ChargeRequest,
): Promise<ChargeResult> {
  const known = await findBySession(context.db, kiosk.merchantId, request.sessionId);
  const found =
    known === undefined
      ? await openTransaction(context, router, kiosk, request)
      : { payment: known, isNew: false };
  if ('code' in found) return { ok: false, ...found };
  const { payment: opened, isNew } = found;
  if (!isSameRequest(opened, kiosk, request))
    return refuse('txid_conflict', 'the session has a charge with other data');
  if (isClosed(opened)) return refuse('charge_closed', `the charge is ${opened.status}`);
  if (isPayable(opened)) return answer(context, opened, request);
  return chargeAtProviders(context, router, shadows, opened, request, isNew);
}

function isSameRequest(payment: PaymentTransaction, kiosk: KioskPrincipal, request: ChargeRequest): boolean {
  return (
    payment.flow === 'national' &&
    payment.txid === request.txid &&
    payment.kioskId === kiosk.kioskId &&
    payment.unitId === kiosk.unitId &&
    payment.serviceId === request.serviceId &&
    payment.amountCents === request.amountCents
  );
}
