import { newId, ticketIdOfSession, txidOfSession } from '../../domain/ids.ts';
import { FEED_PAYLOADS, type FeedPayload } from '../../domain/protocol/feed.ts';
import { INTEGRATION_TEST_STEPS, type IntegrationTestReport } from '../../domain/protocol/integration.ts';
import { OUTBOX_VERSION, type OutboxKind, type OutboxPayload } from '../../domain/protocol/sync.ts';
import type { ServerContext } from '../context.ts';
import { chargeCreator } from '../payments/create-charge.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import { pushEvents } from '../sync/push.ts';
import { payAtSimulator } from './simulated-bank.ts';
import { ensureTestShop, type TestShop } from './test-shop.ts';

type Step = (typeof INTEGRATION_TEST_STEPS)[number];

/** A healthy path takes well under a second; a lost webhook is made up for by the poll after four. */
const STEP_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 25;

/** What the steps hand on. */
interface Walk {
  readonly context: ServerContext;
  readonly router: ChargeRouter;
  readonly shop: TestShop;
  readonly sessionId: string;
  readonly txid: string;
}

/** Thrown by a step: the reader of the report is told why. */
class StepFailed extends Error {
  override name = 'StepFailed';
}

/**
 * Walks the whole path of a sale once, on the simulator, as a kiosk of the merchant's test shop: through the code
 * that real sales take, over the real wire to the bank and back by its webhook.
 */
export async function runIntegrationTest(
  context: ServerContext,
  router: ChargeRouter,
  merchantId: string,
): Promise<IntegrationTestReport> {
  const shop = await context.db.transaction((transaction) =>
    ensureTestShop(transaction, merchantId, context.clock.nowMs()),
  );
  const sessionId = newId(context.clock, context.randomBytes);
  const walk: Walk = { context, router, shop, sessionId, txid: txidOfSession(sessionId) };
  const steps: IntegrationTestReport['steps'] = [];
  for (const step of INTEGRATION_TEST_STEPS) {
    const startedMs = context.clock.nowMs();
    const outcome = await takeStep(walk, step);
    steps.push({ step, ...outcome, durationMs: Math.max(0, context.clock.nowMs() - startedMs) });
    if (!outcome.ok) return { ok: false, failedStep: step, steps };
  }
  return { ok: true, failedStep: null, steps };
}

async function takeStep(walk: Walk, step: Step): Promise<{ ok: boolean; detail: string }> {
  try {
    return { ok: true, detail: await STEPS[step](walk) };
  } catch (error) {
    if (error instanceof StepFailed) return { ok: false, detail: error.message };
    walk.context.log.error({ error, step }, 'the integration test met an unexpected error');
    return { ok: false, detail: 'unexpected error: see the log of the server' };
  }
}

const STEPS: Readonly<Record<Step, (walk: Walk) => Promise<string>>> = {
  async create_charge({ context, router, shop, sessionId, txid }) {
    await push(context, shop, 'session.opened', {
      sessionId,
      serviceId: shop.serviceId,
      amountCents: shop.amountCents,
      openedAt: context.clock.nowMs(),
    });
    const made = await chargeCreator(context, router)(shop.kiosk, {
      sessionId,
      txid,
      serviceId: shop.serviceId,
      catalogVersion: 1,
      amountCents: shop.amountCents,
    });
    if (!made.ok) throw new StepFailed(`${made.code}: ${made.detail}`);
    return `txid ${txid}`;
  },
  async pay_at_simulator({ context, txid }) {
    const paid = await payAtSimulator(context.config.pix, txid);
    if (!paid.ok) throw new StepFailed(`${paid.code}: ${paid.detail}`);
    return 'paid';
  },
  receive_webhook: ({ context, txid }) =>
    waitFor(
      context,
      // The newest by their ids, which are ordered by time: the inbox is long, and has no index on its bodies.
      `SELECT inbox_id::text AS detail
       FROM (SELECT inbox_id, body FROM webhook_inbox ORDER BY inbox_id DESC LIMIT 500) AS newest
       WHERE position(convert_to($1, 'UTF8') IN body) > 0 LIMIT 1`,
      [txid],
      'no webhook of the charge arrived: is it registered, and does the provider reach this server?',
    ),
  confirm_payment: ({ context, shop, sessionId }) =>
    waitFor(
      context,
      `SELECT status AS detail FROM payment_transactions
       WHERE merchant_id = $1 AND session_id = $2 AND paid_at IS NOT NULL`,
      [shop.kiosk.merchantId, sessionId],
      'the payment was not confirmed',
    ),
  post_ledger: ({ context, shop, sessionId }) =>
    waitFor(
      context,
      `SELECT string_agg(p.account_code || ' ' || p.amount_cents, ', ' ORDER BY p.line) AS detail
       FROM ledger_entries e JOIN ledger_postings p USING (merchant_id, entry_id)
       JOIN payment_transactions t USING (merchant_id, transaction_id)
       WHERE merchant_id = $1 AND t.session_id = $2 AND e.kind = 'sale' HAVING sum(p.amount_cents) = 0`,
      [shop.kiosk.merchantId, sessionId],
      'the sale is not in the ledger',
    ),
  reserve_ticket: ({ context, shop, sessionId }) =>
    waitFor(
      context,
      `SELECT service_prefix || ticket_number AS detail FROM payment_transactions
       WHERE merchant_id = $1 AND session_id = $2 AND ticket_number IS NOT NULL`,
      [shop.kiosk.merchantId, sessionId],
      'no ticket number was reserved',
    ),
  async publish_feed(walk) {
    return `label ${(await readConfirmation(walk)).ticket.label}`;
  },
  async issue_ticket(walk) {
    const { context, shop, sessionId } = walk;
    const { ticket } = await readConfirmation(walk);
    const ticketId = ticketIdOfSession(sessionId);
    const issuedAt = context.clock.nowMs();
    await push(context, shop, 'ticket.issued', { ticketId, sessionId, ...ticket, issuedAt });
    await push(context, shop, 'ticket.queued', { ticketId, delivery: 'mock', queuedAt: issuedAt });
    return waitFor(
      context,
      "SELECT label AS detail FROM tickets WHERE merchant_id = $1 AND ticket_id = $2 AND status = 'in_queue'",
      [shop.kiosk.merchantId, ticketId],
      'the ticket did not arrive in the queue',
    );
  },
};

/** Does what a kiosk's outbox does, through the code that takes its pushes. */
async function push<K extends OutboxKind>(
  context: ServerContext,
  shop: TestShop,
  kind: K,
  payload: OutboxPayload<K>,
): Promise<void> {
  const id = newId(context.clock, context.randomBytes);
  const event = { id, kind, at: context.clock.nowMs(), v: OUTBOX_VERSION, payload };
  const [result] = await pushEvents(context, shop.kiosk, [event]);
  if (result?.outcome !== 'applied') throw new StepFailed(`${kind}: ${result?.reason ?? 'no answer'}`);
}

async function readConfirmation({
  context,
  shop,
  sessionId,
}: Walk): Promise<FeedPayload<'payment.confirmed'>> {
  const [entry] = await context.db.query<{ payload: unknown }>(
    `SELECT payload FROM feed WHERE merchant_id = $1 AND unit_id = $2 AND kind = 'payment.confirmed'
       AND payload->>'sessionId' = $3`,
    [shop.kiosk.merchantId, shop.kiosk.unitId, sessionId],
  );
  if (entry === undefined) throw new StepFailed('the feed does not hold the confirmation');
  return FEED_PAYLOADS['payment.confirmed'].parse(entry.payload);
}

/** Looks until the query gives a row; its `detail` goes into the report. */
async function waitFor(
  context: ServerContext,
  sql: string,
  parameters: readonly unknown[],
  failure: string,
): Promise<string> {
  const untilMs = context.clock.nowMs() + STEP_TIMEOUT_MS;
  for (;;) {
    const [row] = await context.db.query<{ detail: string }>(sql, parameters);
    if (row !== undefined) return row.detail;
    if (context.clock.nowMs() >= untilMs) throw new StepFailed(failure);
    await new Promise<void>((resolve) => void context.clock.schedule(LOOK_EVERY_MS, resolve));
  }
}
