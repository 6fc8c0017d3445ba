import { newId } from '../../domain/ids.ts';
import type { ChargeRequest } from '../../domain/protocol/charges.ts';
import { recordKioskContact } from '../access/kiosk-contact.ts';
import type { KioskPrincipal } from '../access/principal.ts';
import type { ServerContext } from '../context.ts';
import { linkPayer } from '../customers/link-payer.ts';
import type { Transaction } from '../db/database.ts';
import { askingPace, readWebhookPace } from '../reconciliation/webhook-pace.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import { writeSaleSplit } from '../splits/sale-split.ts';
import { noteOpened } from '../unified/note-opened.ts';
import type { ChargeRefusal } from './answer-charge.ts';
import { openFirstAttempt } from './charge-attempts.ts';
import { findBySession, type PaymentTransaction } from './payment-transaction.ts';

interface OpenedTransaction {
  readonly payment: PaymentTransaction;
  /** False: a retry at the same moment has written it. */
  readonly isNew: boolean;
}

/**
 * Checks the request against the catalogue and writes the transaction. Of two retries at once one writes; the other
 * reads what it wrote.
 */
export async function openTransaction(
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
         service_name, service_prefix, provider, txid, amount_cents, currency, status, created_at, next_check_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'CREATED', $13, $14)
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
        new Date(atMs),
        new Date(atMs + firstMs),
      ],
    );
    if (row === undefined) return 'known';
    const key = { merchantId: kiosk.merchantId, transactionId: row.transaction_id };
    // The txid is another session's, which had been at this provider before it went to another.
    if (!(await openFirstAttempt(transaction, key, { provider, txid: request.txid, atMs }))) {
      await transaction.query(
        'DELETE FROM payment_transactions WHERE merchant_id = $1 AND transaction_id = $2',
        [key.merchantId, key.transactionId],
      );
      return 'known';
    }
    await transaction.query(
      `INSERT INTO payment_transitions (merchant_id, transaction_id, from_status, to_status, cause, at)
       VALUES ($1, $2, NULL, 'CREATED', 'charge', $3)`,
      [key.merchantId, key.transactionId, new Date(atMs)],
    );
    await linkPayer(context, transaction, key, request.customer, atMs);
    await noteOpened(transaction, key);
    await writeSaleSplit(transaction, { ...request, ...service, ...key });
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
