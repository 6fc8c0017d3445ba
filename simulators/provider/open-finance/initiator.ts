import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { JWK } from 'jose';
import type { Clock, RandomBytes } from '../../../domain/clock.ts';
import { newId } from '../../../domain/ids.ts';
import { envelope, problem, toWireConsent, toWirePayment } from './documents.ts';
import { createMessages } from './messages.ts';
import {
  type Consent,
  emptyState,
  letExpire,
  newConsent,
  type Payment,
  type Reason,
  setConsent,
} from './state.ts';

const BASE_PATH = '/open-banking/payments/v4';
const MAX_PARAM_LENGTH = 600;

export interface InitiatorOptions {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientKey: JWK;
  readonly clientOrganisationId: string;
}

export interface InitiatorSimulator {
  readonly baseUrl: string;
  readonly tokenUrl: string;
  readonly answerKeysUrl: string;
  /** Where webhooks go, as registered in the directory; none are sent while it is null. */
  webhookUrl: string | null;
  /** Writes are done and never answered while it is true. */
  timeoutAfterSuccess: boolean;
  /** False: everything answers 503. */
  online: boolean;
  /** What the next POST /pix/payments is refused with. */
  refuseNextPayment: string | null;
  /** How many payments there are: more than one for a consent is the worst that can happen. */
  readonly paymentCount: number;
  /** The customer at the bank: authorises, or is the first of two to. */
  customer(consentId: string, act: 'authorises' | 'is_first_of_two' | 'rejects'): Promise<void>;
  /** The bank goes on with the payment of a consent. */
  bank(consentId: string, status: Payment['status'], reason?: Reason): Promise<void>;
  close(): Promise<void>;
}

/** An initiator's gateway with the banks behind it: Open Finance Brasil, payment initiation 4.0.0. */
export async function startInitiatorSimulator(options: InitiatorOptions): Promise<InitiatorSimulator> {
  const { clock, randomBytes } = options;
  const state = emptyState();
  const messages = await createMessages(options);
  const app = Fastify({ routerOptions: { maxParamLength: MAX_PARAM_LENGTH }, forceCloseConnections: true });
  const accessToken = createHash('sha256').update(options.clientSecret).digest('hex');

  for (const type of ['application/jwt', 'application/x-www-form-urlencoded'])
    app.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.post('/token', (request, reply) => {
    if (!simulator.online) return reply.code(503).send();
    const basic = Buffer.from(`${options.clientId}:${options.clientSecret}`).toString('base64');
    const form = new URLSearchParams(String(request.body));
    const isKnown = request.headers.authorization === `Basic ${basic}` && form.get('scope') === 'payments';
    if (!isKnown) return reply.code(401).send({ error: 'invalid_client' });
    return reply.send({ access_token: accessToken, token_type: 'Bearer', expires_in: 300 });
  });
  app.get('/keys', (_request, reply) => reply.send(messages.publicKeys));

  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith(BASE_PATH)) return;
    if (!simulator.online) return reply.code(503).send();
    if (request.headers.authorization !== `Bearer ${accessToken}`) return refuse(reply, 401, 'UNAUTHORIZED');
    const interactionId = request.headers['x-fapi-interaction-id'];
    if (interactionId === undefined) return refuse(reply, 400, 'PARAMETRO_NAO_INFORMADO');
    reply.header('x-fapi-interaction-id', interactionId);
  });

  app.post(`${BASE_PATH}/consents`, (request, reply) =>
    once(request, reply, async (data) => {
      const consent = newConsent(
        `urn:simulador:${newId(clock, randomBytes)}`,
        data as Record<string, unknown>,
        clock.nowMs(),
      );
      state.consents.set(consent.consentId, consent);
      return { status: 201, data: toWireConsent(consent) };
    }),
  );
  app.get<{ Params: { id: string } }>(`${BASE_PATH}/consents/:id`, async (request, reply) => {
    const consent = consentOf(request.params.id);
    if (consent === undefined) return refuse(reply, 404, 'NOT_FOUND');
    return answer(request, reply, 200, toWireConsent(consent));
  });
  app.post(`${BASE_PATH}/pix/payments`, (request, reply) =>
    once(request, reply, async (data) => {
      const [order] = data as [Record<string, unknown>];
      const consent = authorisedFor(order);
      if (typeof consent === 'string') return { status: 422, code: consent };
      const refusal = simulator.refuseNextPayment;
      setConsent(consent, 'CONSUMED', clock.nowMs());
      simulator.refuseNextPayment = null;
      if (refusal !== null) return { status: 422, code: refusal };
      const payment: Payment = {
        paymentId: newId(clock, randomBytes),
        consentId: consent.consentId,
        order,
        createdAt: clock.nowMs(),
        status: 'RCVD',
        updatedAt: clock.nowMs(),
      };
      state.payments.set(payment.paymentId, payment);
      return { status: 201, data: [toWirePayment(payment, consent)] };
    }),
  );
  app.get<{ Params: { id: string } }>(`${BASE_PATH}/pix/payments/:id`, async (request, reply) => {
    const payment = state.payments.get(request.params.id);
    const consent = payment === undefined ? undefined : state.consents.get(payment.consentId);
    if (payment === undefined || consent === undefined) return refuse(reply, 404, 'NOT_FOUND');
    return answer(request, reply, 200, toWirePayment(payment, consent));
  });
  app.patch<{ Params: { id: string } }>(`${BASE_PATH}/pix/payments/consents/:id`, (request, reply) =>
    once(request, reply, async () => {
      const held = [...state.payments.values()].filter(
        ({ consentId, status }) =>
          consentId === request.params.id && (status === 'PDNG' || status === 'SCHD'),
      );
      if (held.length === 0) return { status: 422, code: 'PAGAMENTO_NAO_PERMITE_CANCELAMENTO' };
      for (const payment of held) Object.assign(payment, { status: 'CANC', updatedAt: clock.nowMs() });
      const data = held.map((payment) => ({
        paymentId: payment.paymentId,
        statusUpdateDateTime: toWirePayment(payment, mustBeThere(consentOf(payment.consentId)))[
          'statusUpdateDateTime'
        ],
      }));
      return { status: 200, data };
    }),
  );

  function consentOf(consentId: string): Consent | undefined {
    const consent = state.consents.get(consentId);
    if (consent !== undefined) letExpire(consent, clock);
    return consent;
  }

  /** The consent that the payment is for and agrees with, or why it cannot be made. */
  function authorisedFor(order: Record<string, unknown>): Consent | string {
    const consent = consentOf(String(order['consentId']));
    if (consent?.status === 'PARTIALLY_ACCEPTED') return 'CONSENTIMENTO_PENDENTE_AUTORIZACAO';
    if (consent?.status !== 'AUTHORISED') return 'CONSENTIMENTO_INVALIDO';
    return isFor(consent, order) ? consent : 'PAGAMENTO_DIVERGENTE_CONSENTIMENTO';
  }

  /** Idempotency by `x-idempotency-key`: the same data gets the first answer again, other data is refused. */
  async function once(
    request: FastifyRequest,
    reply: FastifyReply,
    act: (data: unknown) => Promise<{ status: number; data?: unknown; code?: string }>,
  ): Promise<FastifyReply> {
    const key = request.headers['x-idempotency-key'];
    if (typeof key !== 'string' || key.length > 40) return refuse(reply, 400, 'PARAMETRO_INVALIDO');
    const url = `${origin()}${request.url}`;
    const opened = await messages.open(String(request.body), url);
    if (!opened.ok) return refuse(reply, opened.code === 'BAD_SIGNATURE' ? 400 : 403, opened.code);
    const asked = JSON.stringify(opened.data);
    let known = state.answered.get(`${request.method} ${key}`);
    if (known === undefined) {
      const result = await act(opened.data);
      const claims =
        result.code === undefined
          ? envelope(result.data, url, clock.nowMs())
          : problem(result.code, clock.nowMs());
      known = { request: asked, status: result.status, claims };
      state.answered.set(`${request.method} ${key}`, known);
    }
    const isSame = known.request === asked;
    const claims = isSame ? known.claims : problem('ERRO_IDEMPOTENCIA', clock.nowMs());
    if (simulator.timeoutAfterSuccess) await new Promise((resolve) => reply.raw.once('close', resolve));
    return reply
      .code(isSame ? known.status : 422)
      .type('application/jwt')
      .send(await messages.sign(claims));
  }

  async function answer(request: FastifyRequest, reply: FastifyReply, status: number, data: unknown) {
    const claims = envelope(data, `${origin()}${request.url}`, clock.nowMs());
    return reply
      .code(status)
      .type('application/jwt')
      .send(await messages.sign(claims));
  }

  function refuse(reply: FastifyReply, status: number, code: string): FastifyReply {
    return reply.code(status).type('application/json; charset=utf-8').send(problem(code, clock.nowMs()));
  }

  /** Tells of a change as the specification does: by its path, with a time, and without the status. */
  async function notify(path: string): Promise<void> {
    if (simulator.webhookUrl === null) return;
    const timestamp = `${new Date(clock.nowMs()).toISOString().slice(0, 19)}Z`;
    await fetch(`${simulator.webhookUrl}/open-banking/webhook/v1/payments/v4/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-webhook-interaction-id': newId(clock, randomBytes),
      },
      body: JSON.stringify({ data: { timestamp } }),
    });
  }

  await app.listen({ host: '127.0.0.1', port: 0 });
  const origin = (): string => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const simulator: InitiatorSimulator = {
    baseUrl: `${origin()}${BASE_PATH}`,
    tokenUrl: `${origin()}/token`,
    answerKeysUrl: `${origin()}/keys`,
    webhookUrl: null,
    timeoutAfterSuccess: false,
    online: true,
    refuseNextPayment: null,
    get paymentCount() {
      return state.payments.size;
    },
    async customer(consentId, act) {
      const consent = mustBeThere(consentOf(consentId));
      if (act === 'rejects')
        setConsent(consent, 'REJECTED', clock.nowMs(), {
          code: 'REJEITADO_USUARIO',
          detail: 'O usuário rejeitou a autorização do consentimento',
        });
      else setConsent(consent, act === 'authorises' ? 'AUTHORISED' : 'PARTIALLY_ACCEPTED', clock.nowMs());
      await notify(`consents/${encodeURIComponent(consentId)}`);
    },
    async bank(consentId, status, reason) {
      const payment = mustBeThere([...state.payments.values()].find((each) => each.consentId === consentId));
      Object.assign(payment, {
        status,
        updatedAt: clock.nowMs(),
        ...(reason === undefined ? {} : { rejectionReason: reason }),
      });
      await notify(`pix/payments/${payment.paymentId}`);
    },
    close: () => app.close(),
  };
  return simulator;
}

function isFor(consent: Consent, order: Record<string, unknown>): boolean {
  const { payment } = consent.order as { payment: { amount: string; details: { proxy: string } } };
  const wanted = order['payment'] as { amount: string };
  return payment.amount === wanted.amount && payment.details.proxy === order['proxy'];
}

function mustBeThere<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such consent or payment');
  return value;
}
