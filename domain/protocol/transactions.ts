import { z } from 'zod';
import { CanonicalStatus } from '../payment-status.ts';
import { EpochMs, Uuid } from './primitives.ts';
import { RefundView } from './refunds.ts';

const Cents = z.int();

/** What a payment learnt beside its money; null where nobody has told it. */
export const LearntView = z.object({
  /** The provider that the router chose first. */
  routedProvider: z.string().nullable(),
  paymentMethod: z.enum(['pix', 'card', 'boleto', 'other']).nullable(),
  installments: z.int().nullable(),
  providerOrderId: z.string().nullable(),
  providerPaymentId: z.string().nullable(),
  /** By the provider's clock. */
  capturedAt: EpochMs.nullable(),
  /** Of the money that settled it. */
  refundedCents: Cents,
  refundedAt: EpochMs.nullable(),
  disputedAt: EpochMs.nullable(),
  customerId: Uuid.nullable(),
  providerCustomerId: z.string().nullable(),
  card: z
    .object({
      paymentMethodId: Uuid,
      brand: z.string().nullable(),
      last4: z.string().nullable(),
      expMonth: z.int().nullable(),
      expYear: z.int().nullable(),
      status: z.enum(['used', 'saved']),
      isDefault: z.boolean(),
    })
    .nullable(),
  subscription: z
    .object({
      subscriptionId: Uuid,
      providerSubscriptionId: z.string().nullable(),
      plan: z.string().nullable(),
      /** YYYY-MM-DD, both included. */
      periodStartsOn: z.string().nullable(),
      periodEndsOn: z.string().nullable(),
    })
    .nullable(),
  sessionStatus: z.enum(['open', 'completed', 'expired', 'canceled', 'failed']).nullable(),
  sessionChannel: z.enum(['totem', 'phone_page']).nullable(),
  /** When the provider's answer that is kept was read. */
  payloadReadAt: EpochMs.nullable(),
});
export type LearntView = z.infer<typeof LearntView>;

/**
 * `GET /v1/transactions/:id`: all that is known of one payment, for a manager. The id is the transaction's, the session's,
 * or the txid that a totem made of it. Without personal data. 404 `unknown_transaction`.
 */
export const TransactionView = z.object({
  transactionId: Uuid,
  sessionId: Uuid,
  unitId: Uuid,
  kioskId: z.string(),
  serviceId: Uuid,
  serviceName: z.string(),
  flow: z.enum(['national', 'international']),
  /** Of the last attempt. */
  provider: z.string(),
  txid: z.string(),
  providerChargeId: z.string().nullable(),
  amountCents: Cents,
  currency: z.string(),
  status: CanonicalStatus,
  /** The provider's own word. */
  providerStatus: z.string().nullable(),
  createdAt: EpochMs,
  chargeExpiresAt: EpochMs.nullable(),
  cancelRequestedAt: EpochMs.nullable(),
  paidAt: EpochMs.nullable(),
  late: z.boolean(),
  ticketLabel: z.string().nullable(),
  learnt: LearntView,
  attempts: z.array(
    z.object({
      attempt: z.int(),
      provider: z.string(),
      txid: z.string(),
      providerChargeId: z.string().nullable(),
      startedAt: EpochMs,
      endedAt: EpochMs.nullable(),
      /** Null: it was sent, or may have been, and nobody knows. */
      outcome: z.string().nullable(),
      detail: z.string().nullable(),
    }),
  ),
  transitions: z.array(
    z.object({
      from: CanonicalStatus.nullable(),
      to: CanonicalStatus,
      cause: z.string(),
      at: EpochMs,
    }),
  ),
  receipts: z.array(
    z.object({
      receiptId: z.string(),
      provider: z.string(),
      endToEndId: z.string().nullable(),
      amountCents: Cents,
      /** Another than the transaction's where the disposition is `wrong_currency`. */
      currency: z.string(),
      feeCents: Cents.nullable(),
      disposition: z.string(),
      paidAt: EpochMs,
      recordedAt: EpochMs,
    }),
  ),
  refunds: z.array(
    RefundView.pick({
      refundId: true,
      amountCents: true,
      currency: true,
      reason: true,
      note: true,
      status: true,
      initiatedBy: true,
      attempts: true,
      lastError: true,
      createdAt: true,
      settledAt: true,
      returned: true,
    }),
  ),
  disputes: z.array(
    z.object({
      disputeId: z.string(),
      kind: z.string(),
      status: z.string(),
      amountCents: Cents,
      currency: z.string(),
      reason: z.string(),
      openedAt: EpochMs,
      closedAt: EpochMs.nullable(),
    }),
  ),
  splits: z.array(
    z.object({
      recipient: z.string(),
      percentBp: z.int(),
      fixedCents: Cents,
      amountCents: Cents,
      /** By the ledger: what was given back of it with refunds and disputes. */
      returnedCents: Cents,
    }),
  ),
});
export type TransactionView = z.infer<typeof TransactionView>;
