import { newId } from '../../domain/ids.ts';
import type { CheckoutRequest } from '../../domain/protocol/checkouts.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { writeSaleSplit } from '../splits/sale-split.ts';
import { noteOpened } from '../unified/note-opened.ts';
import { newPageToken, pageTokenHash } from './checkout-page-key.ts';
import type { CheckoutRefusal } from './create-checkout.ts';

/** The provider of the flow: the database takes no other for it. */
export const PROVIDER = 'stripe';
/** A card takes its owner a minute to type: the provider is asked no earlier, and then ever more rarely. */
const FIRST_CHECK_MS = 60_000;
/** Where the poller's doubling waits begin: as if so many checks had been made, 64 s before the next. */
const CHECKS_LEFT_OUT = 4;

interface Offer {
  readonly serviceName: string;
  readonly servicePrefix: string;
  readonly international: boolean;
  readonly amountCents: number;
  readonly currency: string;
}

export type OpenedCheckout =
  | { readonly kind: 'new' | 'known' }
  | { readonly kind: 'refused'; readonly code: CheckoutRefusal; readonly detail: string };

/**
 * Has the offer decide, and then writes the transaction with its provider, its attempt and its page, in one commit,
 * before the provider is spoken to. Of two retries at once one writes; the other is answered `known`.
 */
export async function openCheckout(
  context: ServerContext,
  kiosk: KioskPrincipal,
  request: CheckoutRequest,
): Promise<OpenedCheckout> {
  const offer = await readOffer(context, kiosk, request);
  if (offer === undefined) return refuse('offer_unknown', 'the unit has no such offer');
  if (!offer.international) return refuse('offer_not_international', 'the offer is paid by PIX');
  if (offer.amountCents !== request.amountCents || offer.currency !== request.currency)
    return refuse('amount_not_in_catalog', 'the catalogue changed: fetch it anew');
  const [ended] = await context.db.query(
    'SELECT 1 FROM payment_sessions WHERE merchant_id = $1 AND session_id = $2 AND outcome IS NOT NULL',
    [kiosk.merchantId, request.sessionId],
  );
  if (ended !== undefined) return refuse('charge_closed', 'the session has ended');
  const atMs = context.clock.nowMs();
  const written = await context.db.transaction(async (transaction) => {
    // Pushes of this totem take turns with this: a ticket without a payment finds the charge, or is found here.
    await recordKioskContact(transaction, kiosk, atMs);
    const tickets = await transaction.query(
      'SELECT 1 FROM tickets WHERE merchant_id = $1 AND session_id = $2',
      [kiosk.merchantId, request.sessionId],
    );
    if (tickets.length > 0) return 'ticketed';
    return writeCheckout(context, transaction, kiosk, request, offer, atMs);
  });
  return written === 'ticketed' ? refuse('charge_closed', 'the session has a ticket') : { kind: written };
}

async function readOffer(
  { db }: ServerContext,
  { merchantId, unitId }: KioskPrincipal,
  { offerId, serviceId }: CheckoutRequest,
): Promise<Offer | undefined> {
  const [offer] = await db.query<Offer & Record<string, unknown>>(
    `SELECT s.name AS "serviceName", s.prefix AS "servicePrefix", o.international,
       p.amount_cents AS "amountCents", p.currency
     FROM offers o JOIN services s USING (merchant_id, service_id) JOIN offer_prices p USING (merchant_id, offer_id)
     WHERE o.merchant_id = $1 AND s.unit_id = $2 AND o.offer_id = $3 AND o.service_id = $4 AND o.active AND s.active
     ORDER BY p.version DESC LIMIT 1`,
    [merchantId, unitId, offerId, serviceId],
  );
  return offer;
}

async function writeCheckout(
  context: ServerContext,
  transaction: Transaction,
  kiosk: KioskPrincipal,
  request: CheckoutRequest,
  offer: Offer,
  atMs: number,
): Promise<'new' | 'known'> {
  const { clock, randomBytes, personalData, config, workDue } = context;
  const transactionId = newId(clock, randomBytes);
  const firstCheckAt = atMs + FIRST_CHECK_MS;
  const inserted = await transaction.query(
    `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id,
       service_name, service_prefix, flow, provider, txid, amount_cents, currency, status, order_id, sale_id, offer_id,
       created_at, next_check_at, check_count)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'international', $9, $10, $11, $12, 'CREATED', $13, $14, $15, $16, $17, $18)
     ON CONFLICT DO NOTHING RETURNING transaction_id`,
    [
      kiosk.merchantId,
      transactionId,
      request.sessionId,
      kiosk.unitId,
      kiosk.kioskId,
      request.serviceId,
      offer.serviceName,
      offer.servicePrefix,
      PROVIDER,
      request.txid,
      offer.amountCents,
      offer.currency,
      newId(clock, randomBytes),
      newId(clock, randomBytes),
      request.offerId,
      new Date(atMs),
      new Date(firstCheckAt),
      CHECKS_LEFT_OUT,
    ],
  );
  if (inserted.length === 0) return 'known';
  await transaction.query(
    `INSERT INTO payment_transitions (merchant_id, transaction_id, from_status, to_status, cause, at)
     VALUES ($1, $2, NULL, 'CREATED', 'charge', $3)`,
    [kiosk.merchantId, transactionId, new Date(atMs)],
  );
  await transaction.query(
    `INSERT INTO payment_attempts (merchant_id, transaction_id, attempt, provider, txid, started_at)
     VALUES ($1, $2, 1, $3, $4, $5)`,
    [kiosk.merchantId, transactionId, PROVIDER, request.txid, new Date(atMs)],
  );
  await noteOpened(transaction, { merchantId: kiosk.merchantId, transactionId });
  const { serviceId } = request;
  await writeSaleSplit(transaction, { merchantId: kiosk.merchantId, transactionId, serviceId, ...offer });
  const token = newPageToken(randomBytes);
  const closeAt = atMs + config.card.expiresSeconds * 1_000;
  await transaction.query(
    `INSERT INTO checkouts (merchant_id, transaction_id, token_sha256, token_sealed, close_at)
     VALUES ($1, $2, $3, $4, $5)`,
    [kiosk.merchantId, transactionId, pageTokenHash(token), personalData.seal(token), new Date(closeAt)],
  );
  transaction.afterCommit(() => {
    workDue.announce('check', firstCheckAt);
    workDue.announce('checkout', closeAt);
  });
  return 'new';
}

function refuse(code: CheckoutRefusal, detail: string): OpenedCheckout {
  return { kind: 'refused', code, detail };
}
