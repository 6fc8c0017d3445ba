import type { FeedEntry } from '../../domain/protocol/feed.ts';
import { FEED_PAYLOADS, type FeedPayload } from '../../domain/protocol/feed.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import type { TicketStatus } from '../../domain/ticket.ts';
import type { Hall } from '../hall.ts';

export interface Confirmation {
  readonly seq: number;
  readonly payload: FeedPayload<'payment.confirmed'>;
  /** World time at which it was seen committed. */
  readonly atMs: number;
}

/** One step of a ticket at the server; the feed tells only where it stood after a commit. */
export interface TicketStep {
  readonly position: number;
  readonly ticketId: string;
  readonly from: TicketStatus | null;
  readonly to: TicketStatus;
  readonly counter: string | null;
  /** The event or command that made it. */
  readonly cause: string;
}

/** What the server has committed so far, read from its feed as it grows. */
export class History {
  /** Every entry, in order of its sequence. */
  readonly entries: FeedEntry[] = [];
  readonly confirmations = new Map<string, Confirmation>();
  /** Those of a session that had one before. */
  readonly confirmedAgain: { readonly seq: number; readonly sessionId: string }[] = [];
  /** Every state of every ticket, oldest first. */
  readonly tickets = new Map<string, TicketView[]>();
  readonly steps: TicketStep[] = [];
  /** Of sessions that are paid or closed, the first entry of the feed that says so. */
  readonly ends = new Map<string, number>();
  /** Of rescued tickets, the world time at which the rescue was seen committed. */
  readonly rescues = new Map<string, number>();
  /** Entries that came since the last step. */
  fresh: readonly FeedEntry[] = [];
  freshTold = 0;
  readonly #hall: Hall;
  #seenCommits = -1;
  #seenTold = 0;

  constructor(hall: Hall) {
    this.#hall = hall;
  }

  /** Reads what was committed since the last time. @returns whether the server committed anything */
  async catchUp(): Promise<boolean> {
    this.freshTold = this.#seenTold;
    this.#seenTold = this.#hall.told.length;
    this.fresh = [];
    const { server, world } = this.#hall;
    if (server.commits === this.#seenCommits) return false;
    this.#seenCommits = server.commits;
    const last = this.entries.at(-1)?.seq ?? 0;
    const rows = await server.storage.look<{ seq: number; at: Date; kind: string; payload: unknown }>(
      'SELECT seq, at, kind, payload FROM feed WHERE seq > $1 ORDER BY seq',
      [last],
    );
    this.fresh = rows.map(({ seq, at, kind, payload }) => ({ seq, at: at.getTime(), kind, payload }));
    for (const entry of this.fresh) {
      this.entries.push(entry);
      if (entry.kind === 'payment.confirmed') {
        const payload = FEED_PAYLOADS['payment.confirmed'].parse(entry.payload);
        const { sessionId } = payload;
        if (this.confirmations.has(sessionId)) this.confirmedAgain.push({ seq: entry.seq, sessionId });
        this.confirmations.set(sessionId, { seq: entry.seq, payload, atMs: world.agenda.nowMs() });
      }
      if (entry.kind === 'payment.confirmed' || entry.kind === 'payment.closed') {
        const { sessionId } = FEED_PAYLOADS[entry.kind].parse(entry.payload);
        if (!this.ends.has(sessionId)) this.ends.set(sessionId, entry.seq);
      }
      if (entry.kind === 'ticket.changed') {
        const { ticket } = FEED_PAYLOADS['ticket.changed'].parse(entry.payload);
        if (ticket.rescued && !this.rescues.has(ticket.ticketId))
          this.rescues.set(ticket.ticketId, world.agenda.nowMs());
        this.tickets.set(ticket.ticketId, [...(this.tickets.get(ticket.ticketId) ?? []), ticket]);
      }
    }
    if (this.fresh.some(({ kind }) => kind === 'ticket.changed'))
      this.steps.push(
        ...(await server.storage.look<TicketStep & Record<string, unknown>>(
          `SELECT position, ticket_id AS "ticketId", from_status AS "from", to_status AS "to", counter, cause
           FROM ticket_transitions WHERE position > $1 ORDER BY position`,
          [this.steps.at(-1)?.position ?? 0],
        )),
      );
    return true;
  }

  latest(ticketId: string): TicketView | undefined {
    return this.tickets.get(ticketId)?.at(-1);
  }
}
