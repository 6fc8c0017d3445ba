import { z } from 'zod';
import {
  OUTBOX_PAYLOADS,
  OUTBOX_VERSION,
  type OutboxEvent,
  type OutboxKind,
  type OutboxPayload,
} from '../../domain/protocol/sync.ts';

/** An event whose payload is what its kind says. */
export type KnownEvent = {
  [K in OutboxKind]: { readonly id: string; readonly kind: K; readonly payload: OutboxPayload<K> };
}[OutboxKind];

export type ReadEvent =
  | { readonly ok: true; readonly event: KnownEvent }
  | { readonly ok: false; readonly reason: string };

/** Keeps the reason readable for a person, and bounded, however long the list of what is wrong. */
const MAX_REASON = 300;

export function readEvent({ id, kind, v, payload }: OutboxEvent): ReadEvent {
  if (!isKnownKind(kind)) return { ok: false, reason: 'unknown_kind' };
  if (v > OUTBOX_VERSION)
    return { ok: false, reason: `unknown_version: ${v}, this server knows ${OUTBOX_VERSION}` };
  const parsed = OUTBOX_PAYLOADS[kind].safeParse(payload);
  if (!parsed.success) {
    const problems = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    return { ok: false, reason: `invalid_payload: ${problems}`.slice(0, MAX_REASON) };
  }
  // The payload was read by the schema of this very kind, which the type system cannot follow.
  return { ok: true, event: { id, kind, payload: parsed.data } as KnownEvent };
}

export function isKnownKind(kind: string): kind is OutboxKind {
  return Object.hasOwn(OUTBOX_PAYLOADS, kind);
}
