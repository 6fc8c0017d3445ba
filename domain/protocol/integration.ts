import { z } from 'zod';
import { FulfilmentFigures } from './fulfilment.ts';
import { AmountCents, Currency, EpochMs, KioskId, Uuid } from './primitives.ts';
import { SuspenseFigures } from './reconciliation.ts';

/** How much of what was paid became a ticket: `healthy` from 95 %, `warning` from 80 %, `critical` below. */
export const IntegrationHealth = z.enum(['healthy', 'warning', 'critical']);
export type IntegrationHealth = z.infer<typeof IntegrationHealth>;

/** `GET /v1/integration/status` */
export const IntegrationStatus = z.object({
  health: IntegrationHealth,
  sessions: z.int().nonnegative(),
  paid: z.int().nonnegative(),
  tickets: z.int().nonnegative(),
  /** Paid sessions that have their ticket, 0–100 with two decimals; 100 when nothing was paid yet. */
  conversionPercent: z.number().min(0).max(100),
  /** From the server's "paid" to the ticket's issue; null while there is none. */
  averageSecondsToTicket: z.number().nonnegative().nullable(),
  p95SecondsToTicket: z.number().nonnegative().nullable(),
  refundsOpen: z.int().nonnegative(),
  /** Each paid session without ticket. */
  issues: z.array(
    z.object({
      kind: z.literal('paid_without_ticket'),
      sessionId: Uuid,
      transactionId: Uuid,
      kioskId: KioskId,
      amountCents: AmountCents,
      currency: Currency.default('BRL'),
      paidAt: EpochMs,
      ageSeconds: z.number().nonnegative(),
    }),
  ),
  /** How fast the webhooks of each provider were of late; absent from a server of the release before. */
  webhooks: z
    .array(
      z.object({
        provider: z.string(),
        /** Of so many newest receipts; `missing` of them had no webhook within a minute. */
        receipts: z.int().nonnegative(),
        missing: z.int().nonnegative(),
        p50Ms: z.number().nonnegative().nullable(),
        p90Ms: z.number().nonnegative().nullable(),
        /** So long after a charge is made the provider is asked about it. */
        firstCheckMs: z.number().positive(),
      }),
    )
    .optional(),
  /** Money of which nobody knows what it is for; absent from a server of the release before. */
  suspense: SuspenseFigures.optional(),
  /** What follows payments and does not go on; absent from a server of the release before. */
  fulfilment: FulfilmentFigures.optional(),
  serverTime: EpochMs,
});
export type IntegrationStatus = z.infer<typeof IntegrationStatus>;

export const INTEGRATION_TEST_STEPS = [
  'create_charge',
  'pay_at_simulator',
  'receive_webhook',
  'confirm_payment',
  'post_ledger',
  'reserve_ticket',
  'publish_feed',
  'issue_ticket',
] as const;

/** `POST /v1/integration/test`: the whole path once, on the simulator; `failedStep` names the first that failed. */
export const IntegrationTestReport = z.object({
  ok: z.boolean(),
  failedStep: z.enum(INTEGRATION_TEST_STEPS).nullable(),
  steps: z.array(
    z.object({
      step: z.enum(INTEGRATION_TEST_STEPS),
      ok: z.boolean(),
      durationMs: z.number().nonnegative(),
      detail: z.string(),
    }),
  ),
});
export type IntegrationTestReport = z.infer<typeof IntegrationTestReport>;

/** `POST /v1/webhooks/simulate`: makes the simulated bank pay a charge; 403 `simulator_only` elsewhere. */
export const SimulateWebhookRequest = z.object({
  txid: z.string(),
  amountCents: AmountCents.optional(),
});
