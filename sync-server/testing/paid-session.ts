import { randomUUID } from 'node:crypto';
import { businessDayOf } from '../../domain/business-day.ts';
import { ticketIdOfSession, txidOfSession } from '../../domain/ids.ts';
import type { OutboxEvent, OutboxKind, OutboxPayload } from '../../domain/protocol/sync.ts';
import { ticketLabel } from '../../domain/ticket-number.ts';
import { DEMO_KIOSK_ID, DEMO_SERVICES, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { Database } from '../db/database.ts';

export interface PaidSession {
  readonly sessionId: string;
  readonly ticketId: string;
  readonly issued: OutboxPayload<'ticket.issued'>;
}

/** Payments as the payment side leaves them once they are settled, numbered from `firstNumber`. */
export async function insertPaidSessions(
  db: Database,
  {
    count,
    firstNumber,
    atMs,
    kioskId = DEMO_KIOSK_ID,
    status = 'SUCCEEDED',
  }: {
    count: number;
    firstNumber: number;
    atMs: number;
    kioskId?: string;
    status?: string;
  },
): Promise<PaidSession[]> {
  const service = DEMO_SERVICES[0];
  const businessDay = businessDayOf(atMs, 'America/Sao_Paulo');
  const paid = Array.from({ length: count }, (_, index): PaidSession => {
    const sessionId = randomUUID();
    const number = firstNumber + index;
    const ticketId = ticketIdOfSession(sessionId);
    return {
      sessionId,
      ticketId,
      issued: {
        ticketId,
        sessionId,
        number,
        prefix: service.prefix,
        label: ticketLabel(service.prefix, number),
        businessDay,
        serviceId: service.serviceId,
        serviceName: service.name,
        issuedAt: atMs + index,
      },
    };
  });
  const settled = status === 'SUCCEEDED';
  await db.query(
    `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id,
       service_name, service_prefix, provider, txid, amount_cents, currency, status, created_at, paid_at, ticket_number,
       ticket_business_day, act_before)
     SELECT $1, gen_random_uuid(), session_id, $2, $3, $4, $5, $6, 'test', txid, $7, 'BRL', $8, $9,
       CASE WHEN $10 THEN $9::timestamptz END, CASE WHEN $10 THEN number END, CASE WHEN $10 THEN $11::date END,
       CASE WHEN $10 THEN $9::timestamptz END
     FROM unnest($12::uuid[], $13::text[], $14::integer[]) AS paid (session_id, txid, number)`,
    [
      DEMO_SHOP.merchantId,
      DEMO_SHOP.unitId,
      kioskId,
      service.serviceId,
      service.name,
      service.prefix,
      service.amountCents,
      status,
      new Date(atMs),
      settled,
      businessDay,
      paid.map((session) => session.sessionId),
      paid.map((session) => txidOfSession(session.sessionId)),
      paid.map((session) => session.issued.number),
    ],
  );
  return paid;
}

export function outboxEvent<K extends OutboxKind>(
  kind: K,
  payload: OutboxPayload<K>,
  atMs: number,
): OutboxEvent {
  return { id: randomUUID(), kind, at: atMs, v: 1, payload };
}
