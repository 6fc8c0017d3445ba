import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { Period, payPeriod } from './billing.ts';
import { oweEvent } from './events.ts';
import { type Charge, type Dispute, type Intent, type Refund, refuse, type StripeAnswer } from './objects.ts';
import { chargeOf, closeDispute, confirmIntent, failRefund, openDispute, refundIntent } from './payments.ts';
import type { StripeContext } from './stripe-context.ts';
import { StripeSettings } from './stripe-store.ts';

const Which = z.object({
  paymentIntent: z.string().optional(),
  /** Instead of it: `metadata[txid]`. */
  txid: z.string().optional(),
});
const Payment = Which.extend({
  card: z.string().default('4242424242424242'),
  /** Somebody who has the account's key had changed what the PaymentIntent asks for. */
  currency: z
    .string()
    .regex(/^[a-z]{3}$/)
    .optional(),
});
/** Of all, or of a part. */
const RefundByHand = Which.extend({ amount: z.int().min(1).optional() });
const Close = z.object({ status: z.enum(['won', 'lost']) });
const Lie = Which.extend({
  type: z.string().min(1),
  /** Over what the PaymentIntent really is: `{"status":"succeeded"}`. */
  object: z.record(z.string(), z.unknown()).default({}),
});
const Query = z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) });

/** The customer, the merchant's hand in Stripe's pages, and the faults, for tests and for the page. Not Stripe's API. */
export async function registerStripeSimRoutes(app: FastifyInstance, context: StripeContext): Promise<void> {
  await app.register(async (scope) => registerRoutes(scope, context), { prefix: '/stripe/sim' });
}

function registerRoutes(app: FastifyInstance, context: StripeContext): void {
  const { store } = context;

  const deed = <S extends z.ZodType>(
    path: string,
    shape: S,
    work: (body: z.infer<S>, id: string) => StripeAnswer,
  ): void => {
    app.post(path, (request, reply) => {
      const parsed = shape.safeParse(request.body);
      if (!parsed.success) return send(reply, refuse(400, z.prettifyError(parsed.error)));
      const { id = '' } = request.params as { id?: string };
      const answer = store.transaction(() => work(parsed.data, id));
      context.wakeDelivery();
      return send(reply, answer);
    });
  };
  const withIntent = (which: z.infer<typeof Which>, work: (intent: Intent) => StripeAnswer): StripeAnswer => {
    const intent =
      which.paymentIntent === undefined
        ? store
            .newest<Intent>('payment_intent', Number.MAX_SAFE_INTEGER, 10_000)
            .find(({ metadata }) => which.txid !== undefined && metadata['txid'] === which.txid)
        : store.get<Intent>('payment_intent', which.paymentIntent);
    return intent === undefined ? refuse(404, 'No such payment intent.') : work(intent);
  };

  app.get('/payments', (request, reply) => {
    const query = Query.safeParse(request.query);
    if (!query.success) return send(reply, refuse(400, z.prettifyError(query.error)));
    const intents = store.newest<Intent>('payment_intent', Number.MAX_SAFE_INTEGER, query.data.limit);
    return reply.send({ payments: intents.map((intent) => view(context, intent)) });
  });
  deed('/payments', Payment, ({ card, currency, ...which }) =>
    withIntent(which, (intent) =>
      confirmIntent(context, { ...intent, currency: currency ?? intent.currency }, card),
    ),
  );
  deed('/periods', Period, (period) => payPeriod(context, period));
  deed('/refunds', RefundByHand, ({ amount, ...which }) =>
    withIntent(which, (intent) => refundIntent(context, intent, { amount, metadata: {} })),
  );
  deed('/refunds/:id/fail', z.unknown(), (_body, id) => {
    const refund = store.get<Refund>('refund', id);
    return refund === undefined ? refuse(404, 'No such refund.') : failRefund(context, refund);
  });
  deed('/disputes', RefundByHand, ({ amount, ...which }) =>
    withIntent(which, (intent) => openDispute(context, intent, amount)),
  );
  deed('/disputes/:id/close', Close, ({ status }, id) => {
    const dispute = store.get<Dispute>('dispute', id);
    return dispute === undefined ? refuse(404, 'No such dispute.') : closeDispute(context, dispute, status);
  });
  /** A signed event that says what is not so, or that is told once more: `object` changes nothing but what is told. */
  deed('/events', Lie, ({ type, object, ...which }) =>
    withIntent(which, (intent) => {
      oweEvent(context, type, { ...intent, ...object });
      return { status: 200, body: { type } };
    }),
  );

  app.get('/settings', (_request, reply) => reply.send(store.settings()));
  /** Takes any of them; those left out stay as they are. */
  app.put('/settings', (request, reply) => {
    const parsed = StripeSettings.partial().safeParse(request.body);
    if (!parsed.success) return send(reply, refuse(400, z.prettifyError(parsed.error)));
    store.putSettings(StripeSettings.parse({ ...store.settings(), ...parsed.data }));
    return reply.send(store.settings());
  });
}

export interface StripePaymentView {
  readonly intent: Omit<Intent, 'client_secret'>;
  readonly charge: Charge | null;
  readonly refunds: readonly Refund[];
  readonly disputes: readonly Dispute[];
}

function view(context: StripeContext, intent: Intent): StripePaymentView {
  const { client_secret: _secret, ...shown } = intent;
  return {
    intent: shown,
    charge: chargeOf(context, intent) ?? null,
    refunds: context.store.of<Refund>('refund', intent.id),
    disputes: context.store.of<Dispute>('dispute', intent.id),
  };
}

function send(reply: FastifyReply, { status, body }: StripeAnswer): FastifyReply {
  return reply.code(status).send(body);
}
