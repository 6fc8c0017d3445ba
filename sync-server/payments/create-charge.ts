import { newId } from '../../domain/ids.ts';
import { STATUS_RANK } from '../../domain/payment-status.ts';
import type { ChargeRequest, ChargeResponse } from '../../domain/protocol/charges.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import type { NationalProvider } from '../providers/provider.ts';
import { askingPace, readWebhookPace } from '../reconciliation/webhook-pace.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import { NO_SHADOWS, type ShadowMirror } from '../routing/shadow-mirror.ts';
import { splitForProvider, writeSaleSplit } from '../splits/sale-split.ts';
import { applyProviderCharge } from './apply-provider-charge.ts';
import { beginAttempt, endAttempt, lastAttempt } from './charge-attempts.ts';
import { findBySession, isPayable, type PaymentTransaction } from './payment-transaction.ts';

export type ChargeRefusal =
  | 'service_unknown'
  | 'amount_not_in_catalog'
  | 'txid_conflict'
  | 'charge_closed'
  | 'customer_cpf_required'
  | 'provider_rejected'
  | 'provider_unavailable';

export type ChargeResult =
  | { readonly ok: true; readonly charge: ChargeResponse }
  | { readonly ok: false; readonly code: ChargeRefusal; readonly detail: string };

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
  // to act upon. Between processes the txid does the same.
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
  return chargeAtProviders(context, router, shadows, opened, request, !isNew);
}

/**
 * Asks one provider after the other, the next only after a clean failure: one that surely made no charge. After an
 * answer that never came it stays with that provider, in this call and in each that follows.
 */
async function chargeAtProviders(
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

/** A paid charge is answered like an open one: the kiosk hears of the money by the feed. */
function isClosed(payment: PaymentTransaction): boolean {
  return payment.cancelRequestedAt !== null || STATUS_RANK[payment.status] === STATUS_RANK.CANCELED;
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

async function answer(
  context: ServerContext,
  payment: PaymentTransaction,
  { showsAuthorisation }: Pick<ChargeRequest, 'showsAuthorisation'>,
): Promise<ChargeResult> {
  if (!isPayable(payment))
    throw new Error(`transaction ${payment.transactionId} has a charge and nothing to pay it by`);
  // Its software was set back since it asked first: it fails the session, which withdraws the charge.
  if (payment.brCode === null && showsAuthorisation !== true)
    return refuse('provider_rejected', 'the totem does not show the page of this charge any more');
  return {
    ok: true,
    charge: {
      transactionId: payment.transactionId,
      sessionId: payment.sessionId,
      txid: payment.txid,
      status: payment.status,
      amountCents: payment.amountCents,
      brCode: payment.brCode,
      authorisationUrl: payment.authorisationUrl,
      expiresAt: await endOfCharge(context, payment),
      serverTime: context.clock.nowMs(),
    },
  };
}

/**
 * When the charge ends, by this server's clock. The provider says it by its own, and either may be wrong by hours: a
 * QR code would be shown long after its end, or never. Its word counts as far as it agrees with what is known here:
 * the charge was made after its transaction was written, and before it was first heard of.
 */
async function endOfCharge({ db }: ServerContext, payment: PaymentTransaction): Promise<number> {
  const [known] = await db.query<{ lastsMs: number; endsAt: Date; heardAt: Date | null }>(
    `SELECT (extract(epoch FROM charge_expires_at - charge_created_at) * 1000)::bigint AS "lastsMs",
       charge_expires_at AS "endsAt",
       (SELECT min(at) FROM payment_transitions step
        WHERE step.merchant_id = t.merchant_id AND step.transaction_id = t.transaction_id AND to_status <> 'CREATED')
       AS "heardAt"
     FROM payment_transactions t
     WHERE merchant_id = $1 AND transaction_id = $2 AND charge_expires_at IS NOT NULL`,
    [payment.merchantId, payment.transactionId],
  );
  if (known === undefined)
    throw new Error(`transaction ${payment.transactionId} has a charge without an end`);
  const earliest = payment.createdAt.getTime() + known.lastsMs;
  const latest = (known.heardAt ?? payment.createdAt).getTime() + known.lastsMs;
  return Math.min(Math.max(known.endsAt.getTime(), earliest), latest);
}

function refuse(code: ChargeRefusal, detail: string): ChargeResult {
  return { ok: false, code, detail };
}

interface OpenedTransaction {
  readonly payment: PaymentTransaction;
  /** False: a retry at the same moment has written it. */
  readonly isNew: boolean;
}

/**
 * Checks the request against the catalogue and writes the transaction. Of two retries at once one writes; the other
 * reads what it wrote.
 */
async function openTransaction(
  context: ServerContext,
  router: ChargeRouter,
  kiosk: KioskPrincipal,
  request: ChargeRequest,
): Promise<OpenedTransaction | { readonly code: ChargeRefusal; readonly detail: string }> {
  const [service] = await context.db.query<{
    name: string;
    prefix: string;
    amountCents: number;
    currency: string;
    timeZone: string;
  }>(
    `SELECT s.name, prefix, amount_cents AS "amountCents", currency, time_zone AS "timeZone"
     FROM services s JOIN units USING (merchant_id, unit_id)
     WHERE merchant_id = $1 AND unit_id = $2 AND service_id = $3 AND active AND pix`,
    [kiosk.merchantId, kiosk.unitId, request.serviceId],
  );
  if (service === undefined)
    return { code: 'service_unknown', detail: 'the unit does not sell this service' };
  if (service.amountCents !== request.amountCents)
    return { code: 'amount_not_in_catalog', detail: 'the catalogue changed: fetch it anew' };
  const [ended] = await context.db.query(
    'SELECT 1 FROM payment_sessions WHERE merchant_id = $1 AND session_id = $2 AND outcome IS NOT NULL',
    [kiosk.merchantId, request.sessionId],
  );
  if (ended !== undefined) return { code: 'charge_closed', detail: 'the session has ended' };

  const [first] = await router.route({ ...kiosk, ...request, ...service });
  if (first === undefined) return noProvider(request);
  const provider = first.name;
  const atMs = context.clock.nowMs();
  // The webhook is the first to tell; the provider is asked when it could have been here.
  const { firstMs } = askingPace(await readWebhookPace(context.db, provider, atMs));
  const written = await context.db.transaction(async (transaction) => {
    // Pushes of this totem take turns with this: a ticket without a payment finds the charge, or is found here.
    await recordKioskContact(transaction, kiosk, atMs);
    if (await hasTicket(transaction, kiosk, request.sessionId)) return 'ticketed';
    const [row] = await transaction.query<{ transaction_id: string }>(
      `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id,
         service_name, service_prefix, provider, txid, amount_cents, currency, status, customer_sealed, created_at,
         next_check_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'CREATED', $13, $14, $15)
       ON CONFLICT DO NOTHING RETURNING transaction_id`,
      [
        kiosk.merchantId,
        newId(context.clock, context.randomBytes),
        request.sessionId,
        kiosk.unitId,
        kiosk.kioskId,
        request.serviceId,
        service.name,
        service.prefix,
        provider,
        request.txid,
        request.amountCents,
        service.currency,
        request.customer === undefined ? null : context.personalData.seal(request.customer),
        new Date(atMs),
        new Date(atMs + firstMs),
      ],
    );
    if (row === undefined) return 'known';
    await transaction.query(
      `INSERT INTO payment_transitions (merchant_id, transaction_id, from_status, to_status, cause, at)
       VALUES ($1, $2, NULL, 'CREATED', 'charge', $3)`,
      [kiosk.merchantId, row.transaction_id, new Date(atMs)],
    );
    await transaction.query(
      `INSERT INTO payment_attempts (merchant_id, transaction_id, attempt, provider, txid, started_at)
       VALUES ($1, $2, 1, $3, $4, $5)`,
      [kiosk.merchantId, row.transaction_id, provider, request.txid, new Date(atMs)],
    );
    const { merchantId } = kiosk;
    await writeSaleSplit(transaction, {
      ...request,
      ...service,
      merchantId,
      transactionId: row.transaction_id,
    });
    transaction.afterCommit(() => context.workDue.announce('check', atMs + firstMs));
    return 'new';
  });
  if (written === 'ticketed') return { code: 'charge_closed', detail: 'the session has a ticket' };
  const payment = await findBySession(context.db, kiosk.merchantId, request.sessionId);
  // Nothing was written and the session has no row: another session holds the txid.
  return payment === undefined
    ? { code: 'txid_conflict', detail: 'the txid belongs to another session' }
    : { payment, isNew: written === 'new' };
}

/** Nobody takes the charge as it is. Who shows no page would not be helped by a CPF. */
function noProvider({ showsAuthorisation }: ChargeRequest): { code: ChargeRefusal; detail: string } {
  return showsAuthorisation === true
    ? { code: 'customer_cpf_required', detail: 'each provider asks for the CPF of who pays' }
    : { code: 'provider_rejected', detail: 'no provider that needs no authorisation page is configured' };
}

async function hasTicket(
  transaction: Transaction,
  { merchantId }: KioskPrincipal,
  sessionId: string,
): Promise<boolean> {
  const tickets = await transaction.query(
    'SELECT 1 FROM tickets WHERE merchant_id = $1 AND session_id = $2',
    [merchantId, sessionId],
  );
  return tickets.length > 0;
}
