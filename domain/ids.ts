import { v5 as uuidV5, v7 as uuidV7 } from 'uuid';
import type { Clock, RandomBytes } from './clock.ts';

/** Namespace of ticket ids. Fixed for ever: changing it would let one session issue a second ticket. */
const TICKET_NAMESPACE = '6f0e4c1a-3a63-5d6f-9c58-2b8a7d1f4e90';

/** A UUIDv7 (RFC 9562): ordered by time, so that it makes a good key in SQLite and PostgreSQL. */
export function newId(clock: Pick<Clock, 'nowMs'>, randomBytes: RandomBytes): string {
  return uuidV7({ msecs: clock.nowMs(), random: randomBytes(16) });
}

/** The ticket of a payment session: the same session always gives the same id, so issuing twice is one ticket. */
export function ticketIdOfSession(sessionId: string): string {
  return uuidV5(sessionId, TICKET_NAMESPACE);
}

/**
 * The PIX `txid` of a payment session: its UUID without dashes, 32 characters of `[0-9a-f]`, within the
 * `[a-zA-Z0-9]{26,35}` that API Pix 2.9.0 asks of a `cob`.
 */
export function txidOfSession(sessionId: string): string {
  return sessionId.replaceAll('-', '');
}
