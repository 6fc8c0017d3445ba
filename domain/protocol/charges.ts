import { z } from 'zod';
import { CanonicalStatus } from '../payment-status.ts';
import { AmountCents, EpochMs, Txid, Uuid } from './primitives.ts';

/** Where the customer gets the receipt. */
export const CustomerEmail = z.email().max(254);
/** E.164: `+5511987654321`. */
export const CustomerPhone = z.string().regex(/^\+[1-9]\d{7,14}$/);

/** As a QR code that a phone reads from the screen: the code of a longer address would be too fine. */
export const MAX_AUTHORISATION_URL = 512;

/**
 * `POST /v1/charges`: asks the server for the PIX charge of a payment session. Idempotent by `sessionId`: a retry
 * answers the same charge. `txid` is chosen, and stored, by the kiosk before it is sent.
 *
 * A totem that can show the page on which a customer authorises at their bank says so; one that does not is never given
 * a charge of such a provider.
 *
 * Refusals: 401 `unauthorized`, 404 `service_unknown`, 409 `amount_not_in_catalog` (the catalogue changed; fetch it anew),
 * 409 `txid_conflict`, 409 `charge_closed` (over, or its session has a ticket already), 409 `customer_cpf_required` (to a totem that shows the
 * page: nobody takes the charge without one), 502 `provider_rejected`,
 * 503 `provider_unavailable` (nothing is lost: ask again with the same session), 503 `database_unavailable`.
 */
export const ChargeRequest = z.object({
  sessionId: Uuid,
  txid: Txid,
  serviceId: Uuid,
  catalogVersion: z.int().positive(),
  amountCents: AmountCents,
  customer: z
    .object({
      name: z.string().trim().min(2).max(100),
      cpf: z.string().regex(/^\d{11}$/),
      /** Absent from totems that do not ask for it, as is `phone`. One that is mistyped is no reason not to sell. */
      email: CustomerEmail.optional().catch(undefined),
      phone: CustomerPhone.optional().catch(undefined),
    })
    .partial()
    .optional(),
  /** This totem shows an `authorisationUrl` as a QR code; absent from totems that know nothing of it. */
  showsAuthorisation: z.literal(true).optional(),
});
export type ChargeRequest = z.infer<typeof ChargeRequest>;

export const ChargeResponse = z.object({
  transactionId: Uuid,
  sessionId: Uuid,
  txid: Txid,
  status: CanonicalStatus,
  amountCents: AmountCents,
  /** The "PIX copia e cola" text, which is also what the QR code holds; null only where there is an `authorisationUrl`. */
  brCode: z.string().min(1).max(512).nullable(),
  /** The page on which the customer chooses a bank and authorises there; null where there is a `brCode`. */
  authorisationUrl: z
    .url({ protocol: /^https$/ })
    .max(MAX_AUTHORISATION_URL)
    .nullable()
    .default(null),
  expiresAt: EpochMs,
  serverTime: EpochMs,
});
export type ChargeResponse = z.infer<typeof ChargeResponse>;
