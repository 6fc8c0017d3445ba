import { createHash } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { FeedEntry } from '../domain/protocol/feed.ts';
import { OUTBOX_VERSION, type OutboxKind, type OutboxPayload } from '../domain/protocol/sync.ts';
import type { TicketView } from '../domain/protocol/tickets.ts';

/** 2026-11-20 12:00 UTC: any fixed moment, so that two runs carry the same bytes. */
const FIRST_AT = Date.UTC(2026, 10, 20, 12);
/** Some twelve hours for ten thousand of them: a busy unit's day. */
const APART_MS = 4_000;

export interface SampleShop {
  readonly serviceId: string;
  readonly kioskId: string;
}

type SampleEvent<K extends OutboxKind> = {
  readonly id: string;
  readonly kind: K;
  readonly at: number;
  readonly v: number;
  readonly payload: OutboxPayload<K>;
};
export type SampleOutboxEvent = SampleEvent<'session.opened'> | SampleEvent<'session.ended'>;

/**
 * What a kiosk that was cut off has to tell: sessions opened, and failed for want of the server, in turn.
 * @param round other ids in each round, or the server would see duplicates
 */
export function sampleOutbox(count: number, round: number, shop: SampleShop): SampleOutboxEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const at = FIRST_AT + index * APART_MS;
    const pair = Math.floor(index / 2);
    const sessionId = sampleId(`session ${round} ${pair}`, FIRST_AT + 2 * pair * APART_MS);
    const envelope = { id: sampleId(`event ${round} ${index}`, at), at, v: OUTBOX_VERSION };
    if (index % 2 === 0) {
      const payload = {
        sessionId,
        serviceId: shop.serviceId,
        amountCents: 1250 + (index % 500),
        openedAt: at,
      };
      return { ...envelope, kind: 'session.opened', payload };
    }
    const reason = `server_unreachable: fetch failed, connect ETIMEDOUT; given up at ${new Date(at).toISOString()}`;
    return {
      ...envelope,
      kind: 'session.ended',
      payload: { sessionId, outcome: 'failed', reason, endedAt: at },
    };
  });
}

/** What a kiosk that was cut off has missed: the tickets of its neighbours. Sequences run from `firstSeq`. */
export function sampleFeed(count: number, firstSeq: number, shop: SampleShop): FeedEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const at = FIRST_AT + index * APART_MS;
    const ticket: TicketView = {
      ticketId: sampleId(`ticket ${index}`, at),
      sessionId: sampleId(`paid session ${index}`, at),
      kioskId: shop.kioskId,
      number: index + 1,
      prefix: 'Z',
      label: `Z${String(index + 1).padStart(3, '0')}`,
      businessDay: '2026-11-20',
      serviceId: shop.serviceId,
      serviceName: 'Consulta',
      status: 'in_queue',
      delivery: 'printed',
      payment: 'pix',
      amountDueCents: 0,
      rescued: false,
      receivedCents: 0,
      receivedAt: null,
      moneyBack: null,
      issuedAt: at,
      queuedAt: at + 900,
      counter: null,
      calledAt: null,
      callCount: 0,
      startedAt: null,
      endedAt: null,
      revision: 2,
    };
    return { seq: firstSeq + index, at, kind: 'ticket.changed', payload: { ticket } };
  });
}

/** A UUIDv7 as the product makes them, its random half taken from `name`. */
function sampleId(name: string, atMs: number): string {
  return uuidV7({ msecs: atMs, random: createHash('sha256').update(name).digest().subarray(0, 16) });
}
