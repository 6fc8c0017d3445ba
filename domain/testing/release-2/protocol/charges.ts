import { z } from 'zod';
import { CanonicalStatus } from '../payment-status.ts';
import { AmountCents, EpochMs, Txid, Uuid } from './primitives.ts';

/**
 * `POST /v1/charges`: asks the server for the PIX charge of a payment session. Idempotent by `sessionId`: a retry
 * answers the same charge. `txid` is chosen, and stored, by the kiosk before it is sent.
 *
 * Refusals: 401 `unauthorized`, 404 `service_unknown`, 409 `amount_not_in_catalog` (the catalogue changed; fetch it anew),
 * 409 `txid_conflict`, 409 `charge_closed` (over, or its session has a ticket already), 502 `provider_rejected`,
 * 503 `provider_unavailable` (nothing is lost: ask again with the same session), 503 `database_unavailable`.
 */
export const ChargeRequest = z.object({
  sessionId: Uuid,
  txid: Txid,
  serviceId: Uuid,
  catalogVersion: z.int().positive(),
  amountCents: AmountCents,
  customer: z
    .object({ name: z.string().trim().min(2).max(100), cpf: z.string().regex(/^\d{11}$/) })
    .partial()
    .optional(),
});
export type ChargeRequest = z.infer<typeof ChargeRequest>;

export const ChargeResponse = z.object({
  transactionId: Uuid,
  sessionId: Uuid,
  txid: Txid,
  status: CanonicalStatus,
  amountCents: AmountCents,
  /** The "PIX copia e cola" text, which is also what the QR code holds. */
  brCode: z.string().min(1).max(512),
  expiresAt: EpochMs,
  serverTime: EpochMs,
});
export type ChargeResponse = z.infer<typeof ChargeResponse>;
