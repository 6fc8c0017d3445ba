import { z } from 'zod';
import type { Clock } from '../../../domain/clock.ts';
import { createAccessTokens } from '../http/access-token.ts';
import type { HttpPort } from '../http/exchange.ts';
import { Cents } from '../wire-cents.ts';
import { Id } from './amounts.ts';
import type { Generation, Step } from './generation.ts';
import { dataIn, instantOf, partOf, sendJson } from './send.ts';
import type { V1Settings } from './settings.ts';

/** Source: appmaxbrasil/appstore-backend-example, docs/appmax/api-reference.md. */
const WireCustomer = z.object({ data: z.object({ customer: z.object({ id: Id }) }) });
const WireNewOrder = z.object({ data: z.object({ order: z.object({ id: Id }) }) });
const WirePix = z.object({
  data: z.object({
    payment: z.object({ pix_qrcode: z.string().nullish(), pix_emv: z.string().nullish() }),
  }),
});
const WireOrder = z.object({
  data: z.object({
    order: z.object({
      id: Id,
      status: z.string(),
      total_paid: Cents.nullish(),
      amounts: z.object({
        sub_total: Cents,
        shipping_value: Cents.nullish(),
        discount: Cents.nullish(),
        installment_fee: Cents.nullish(),
      }),
      created_at: z.string().nullish(),
      updated_at: z.string().nullish(),
    }),
    payment: z.object({ paid_at: z.string().nullish() }).nullish().catch(null),
  }),
});

/** Appmax v1: customers, orders and payments in cents, behind OAuth client credentials. */
export function createV1(settings: V1Settings, http: HttpPort, clock: Clock): Generation {
  const apiUrl = settings.apiUrl.replace(/\/$/, '');
  const tokens = createAccessTokens(
    {
      tokenUrl: `${settings.authUrl.replace(/\/$/, '')}/oauth2/token`,
      clientId: settings.clientId,
      clientSecret: settings.clientSecret,
      scope: '',
      credentialsIn: 'form',
      parametersIn: 'form',
      http,
    },
    clock,
  );

  async function callOnce(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Step<unknown>> {
    const token = await tokens.get();
    if (token.kind === 'rejected') return { kind: 'problem', status: 403, detail: token.detail };
    if (token.kind === 'unavailable') return token;
    const step = await sendJson(http, `${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token.accessToken}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (step.kind === 'problem' && step.status === 401) tokens.forget(token.accessToken);
    return step;
  }

  /** A refused token is renewed once: what was refused was not done. */
  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Step<unknown>> {
    const first = await callOnce(method, path, body);
    return first.kind === 'problem' && first.status === 401 ? callOnce(method, path, body) : first;
  }

  return {
    async createCustomer({ firstName, lastName, email, phone, cpf }) {
      const body = { first_name: firstName, last_name: lastName, email, phone, document_number: cpf };
      const step = partOf(await call('POST', '/v1/customers', body), WireCustomer, '/v1/customers');
      return step.kind === 'done'
        ? { kind: 'done', value: { customerId: step.value.data.customer.id } }
        : step;
    },
    async createOrder({ customerId, sku, name, amountCents }) {
      const body = {
        customer_id: Number(customerId),
        products_value: amountCents,
        discount_value: 0,
        shipping_value: 0,
        products: [{ sku, name, quantity: 1, unit_value: amountCents, type: 'digital' }],
      };
      const step = partOf(await call('POST', '/v1/orders', body), WireNewOrder, '/v1/orders');
      return step.kind === 'done' ? { kind: 'done', value: { orderId: step.value.data.order.id } } : step;
    },
    async createPix({ orderId, cpf }) {
      const body = { order_id: Number(orderId), payment_data: { pix: { document_number: cpf } } };
      const step = partOf(await call('POST', '/v1/payments/pix', body), WirePix, '/v1/payments/pix');
      if (step.kind !== 'done') return step;
      const { pix_emv: brCode, pix_qrcode: image } = step.value.data.payment;
      return { kind: 'done', value: { brCode: image ? (brCode ?? null) : null } };
    },
    async readOrder(orderId) {
      const path = `/v1/orders/${encodeURIComponent(orderId)}`;
      const read = await call('GET', path);
      const step = partOf(read, WireOrder, 'GET /v1/orders');
      if (step.kind !== 'done') return step;
      const { order, payment } = step.value.data;
      const { sub_total, shipping_value, discount, installment_fee } = order.amounts;
      return {
        kind: 'done',
        value: {
          orderId: order.id,
          status: order.status,
          amountCents: sub_total + (shipping_value ?? 0) + (installment_fee ?? 0) - (discount ?? 0),
          paidCents: order.total_paid ?? null,
          createdAtMs: instantOf(order.created_at, settings.utcOffset),
          updatedAtMs: instantOf(order.updated_at, settings.utcOffset),
          paidAtMs: instantOf(payment?.paid_at, settings.utcOffset),
          ...(read.kind === 'done' ? { answer: dataIn(read.value) } : {}),
        },
      };
    },
    async requestRefund(orderId, part) {
      const body = {
        order_id: Number(orderId),
        ...(part === null ? { type: 'total' } : { type: 'partial', value: part.amountCents }),
      };
      const step = await call('POST', '/v1/orders/refund-request', body);
      return step.kind === 'done' ? { kind: 'done', value: null } : step;
    },
  };
}
