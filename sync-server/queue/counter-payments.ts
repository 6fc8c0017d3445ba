import type { CounterPaymentCommand } from '../../domain/counter-payment.ts';
import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import type { Queryable, Transaction } from '../db/database.ts';
import { cashAccount, SALES } from '../ledger/accounts.ts';
import { type LedgerDeps, post } from '../ledger/ledger.ts';
import type { UnitKey } from '../sync/feed-log.ts';

/** The catalogue's only one. */
const CURRENCY = 'BRL';

interface Taken {
  readonly command: CounterPaymentCommand;
  /** As it is after the command. */
  readonly ticket: TicketView;
  /** By the server's clock. */
  readonly atMs: number;
}

/**
 * Writes down who took, or gave up, the ticket's money, when and how much, and posts it: cash of the unit against sales,
 * and the other way round. After the decision, in its transaction, which has locked the ticket.
 */
export async function recordCounterPayment(
  deps: LedgerDeps,
  transaction: Transaction,
  unit: UnitKey & { readonly kioskId?: string },
  taken: Taken,
): Promise<void> {
  const { command, ticket, atMs } = taken;
  const cash = cashAccount(unit.unitId);
  const fact = { merchantId: unit.merchantId, transactionId: null, currency: CURRENCY, occurredAtMs: atMs };
  if (command.kind === 'queue.take_payment') {
    await transaction.query(
      `INSERT INTO counter_payments (merchant_id, command_id, unit_id, ticket_id, amount_cents, currency, counter,
         kiosk_id, received_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        unit.merchantId,
        command.commandId,
        unit.unitId,
        ticket.ticketId,
        ticket.receivedCents,
        CURRENCY,
        command.counter,
        unit.kioskId ?? null,
        new Date(atMs),
      ],
    );
    return post(
      deps,
      transaction,
      { ...fact, amountCents: ticket.receivedCents },
      {
        kind: 'counter_payment',
        idempotencyKey: `counter_payment:${command.commandId}`,
        debit: cash,
        credit: SALES,
      },
    );
  }
  const [undone] = await transaction.query<{ commandId: string; amountCents: number }>(
    `UPDATE counter_payments SET undone_at = $3, undone_counter = $4, undone_kiosk_id = $5
     WHERE merchant_id = $1 AND ticket_id = $2 AND undone_at IS NULL
     RETURNING command_id AS "commandId", amount_cents AS "amountCents"`,
    [unit.merchantId, ticket.ticketId, new Date(atMs), command.counter, unit.kioskId ?? null],
  );
  if (undone === undefined) throw new Error(`ticket ${ticket.ticketId} was received, and by nobody`);
  return post(
    deps,
    transaction,
    { ...fact, amountCents: undone.amountCents },
    {
      kind: 'counter_payment_undone',
      idempotencyKey: `counter_payment_undone:${undone.commandId}`,
      debit: SALES,
      credit: cash,
    },
  );
}

/** Today's figures of all units of a merchant, each by its own zone. @param nowMs the server's clock */
export async function readCounterFigures(
  db: Queryable,
  merchantId: string,
  nowMs: number,
): Promise<AdminSnapshot['atCounter']> {
  const [figures] = await db.query<AdminSnapshot['atCounter'] & Record<string, unknown>>(FIGURES, [
    merchantId,
    new Date(nowMs),
  ]);
  if (figures === undefined) throw new Error('an aggregate without groups always gives a row');
  return figures;
}

// No day, whatever its zone and change of hours, is longer than 26 hours: by that the indexes find the few rows.
const FIGURES = `
  WITH day AS (
    SELECT unit_id, ($2::timestamptz AT TIME ZONE time_zone)::date AS today, time_zone FROM units WHERE merchant_id = $1
  ), received AS (
    SELECT c.amount_cents FROM counter_payments c JOIN day USING (unit_id)
    WHERE c.merchant_id = $1 AND c.undone_at IS NULL AND c.received_at > $2::timestamptz - interval '26 hours'
      AND (c.received_at AT TIME ZONE day.time_zone)::date = day.today
  ), unpaid AS (
    SELECT k.amount_due_cents FROM tickets k JOIN day USING (unit_id)
    WHERE k.merchant_id = $1 AND k.status = 'completed' AND k.payment = 'at_counter' AND k.money_received_at IS NULL
      AND k.ended_at > $2::timestamptz - interval '26 hours'
      AND (k.ended_at AT TIME ZONE day.time_zone)::date = day.today
  )
  SELECT
    (SELECT coalesce(sum(amount_cents), 0)::bigint FROM received) AS "receivedCents",
    (SELECT count(*)::int FROM received) AS "receivedCount",
    (SELECT coalesce(sum(amount_due_cents), 0)::bigint FROM unpaid) AS "unpaidCents",
    (SELECT count(*)::int FROM unpaid) AS "unpaidCount"`;
