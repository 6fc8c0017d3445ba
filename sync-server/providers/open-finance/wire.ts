import { z } from 'zod';
import { pixAmountToCents } from '../../../domain/money.ts';

/**
 * Open Finance Brasil, payment initiation 4.0.0, as we read it: only the fields that we use, strict where money
 * depends on it. Source: openapi of OpenBanking-Brasil and the project's wire notes, part 7.
 */

const Amount = z
  .string()
  .regex(/^\d{1,16}\.\d{2}$/)
  .transform((text, context) => {
    const amount = pixAmountToCents(text);
    if (amount.ok) return amount.cents;
    context.addIssue({ code: 'custom', message: amount.code });
    return z.NEVER;
  });

/** RFC 3339, to epoch milliseconds. */
const Instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const CONSENT_ID = /^urn:[a-zA-Z0-9][a-zA-Z0-9-]{0,31}:[a-zA-Z0-9()+,\-.:=@;$_!*'%/?#]+$/;
export const ConsentId = z.string().max(256).regex(CONSENT_ID);
export const PaymentId = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,99}$/);
const EndToEndId = z
  .string()
  .regex(/^E\d{8}\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d[a-zA-Z0-9]{11}$/);
const Reason = z.object({ code: z.string() });

export const WireConsent = z.object({
  consentId: ConsentId,
  creationDateTime: Instant,
  statusUpdateDateTime: Instant,
  expirationDateTime: Instant,
  status: z.string(),
  loggedUser: z.object({ document: z.object({ identification: z.string(), rel: z.string() }) }),
  payment: z.object({
    currency: z.string(),
    amount: Amount,
    details: z.object({ proxy: z.string().optional() }),
  }),
  rejectionReason: Reason.optional(),
});
export type WireConsent = z.infer<typeof WireConsent>;

export const WirePayment = z.object({
  paymentId: PaymentId,
  endToEndId: EndToEndId,
  consentId: ConsentId.optional(),
  creationDateTime: Instant,
  statusUpdateDateTime: Instant,
  proxy: z.string().optional(),
  status: z.string(),
  rejectionReason: Reason.optional(),
  /** There when the status is CANC. */
  cancellation: z.object({ cancelledFrom: z.string() }).optional(),
  payment: z.object({ amount: Amount, currency: z.string() }),
  transactionIdentification: z.string().optional(),
});
export type WirePayment = z.infer<typeof WirePayment>;

/** The claim `data` of POST /pix/payments is a list; ours has one payment. */
export const WirePayments = z.tuple([WirePayment], z.unknown());

export const WireErrors = z.object({
  errors: z.array(z.object({ code: z.string() })).min(1),
});

export const WireWebhook = z.object({ data: z.object({ timestamp: Instant }) });
