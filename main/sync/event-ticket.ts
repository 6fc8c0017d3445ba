import { z } from 'zod';
import { ticketIdOfSession } from '../../domain/ids.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import type { OutboxEvent } from '../../domain/protocol/sync.ts';

const About = z.object({ ticketId: Uuid.optional(), sessionId: Uuid.optional() });

/**
 * The ticket that an event is about, or will be: what is told of one ticket has to arrive in its order, whereas
 * those of different tickets do not wait for each other.
 */
export function ticketOfEvent({ payload }: OutboxEvent): string | null {
  const about = About.safeParse(payload);
  if (!about.success) return null;
  const { ticketId, sessionId } = about.data;
  return ticketId ?? (sessionId === undefined ? null : ticketIdOfSession(sessionId));
}
