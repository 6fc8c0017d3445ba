import { z } from 'zod';
import type { HttpPort } from '../http/exchange.ts';
import { Id, Reais, toReais } from './amounts.ts';
import type { Generation, Step } from './generation.ts';
import { dataIn, instantOf, messageOf, partOf, sendJson, wallTimeOf } from './send.ts';
import type { V3Settings } from './settings.ts';

/** `{success, text, status, data}`, with HTTP 200 for refusals, too. Sources: several public integrations. */
const Envelope = z.object({
  success: z.boolean().optional().catch(undefined),
  status: z.union([z.int(), z.string()]).optional().catch(undefined),
  data: z.unknown().optional(),
});
const WireId = z.object({ id: Id });
const WirePix = z.object({ pix_qrcode: z.string().nullish(), pix_emv: z.string().nullish() });
const WireOrder = z.object({
  id: Id,
  status: z.string(),
  total: Reais,
  total_paid: Reais.nullish(),
  created_at: z.string().nullish(),
  updated_at: z.string().nullish(),
  paid_at: z.string().nullish(),
});

/** Appmax v3: decimal reais, and the token beside the data. */
export function createV3(settings: V3Settings, http: HttpPort): Generation {
  const baseUrl = settings.baseUrl.replace(/\/$/, '');

  async function write<S extends z.ZodType>(
    path: string,
    body: Readonly<Record<string, unknown>>,
    schema: S,
  ): Promise<Step<z.output<S>>> {
    const step = await sendJson(http, `${baseUrl}${path}`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ 'access-token': settings.accessToken, ...body }),
    });
    return dataOf(step, schema, path);
  }

  return {
    async createCustomer({ firstName, lastName, email, phone, cpf }) {
      const body = {
        firstname: firstName,
        lastname: lastName,
        email,
        telephone: phone,
        document_number: cpf,
      };
      const step = await write('/customer', body, WireId);
      return step.kind === 'done' ? { kind: 'done', value: { customerId: step.value.id } } : step;
    },
    async createOrder({ customerId, sku, name, amountCents }) {
      const body = {
        total: toReais(amountCents),
        products: [{ sku, name, qty: 1, price: toReais(amountCents), digital_product: 1 }],
        shipping: 0,
        discount: 0,
        customer_id: Number(customerId),
      };
      const step = await write('/order', body, WireId);
      return step.kind === 'done' ? { kind: 'done', value: { orderId: step.value.id } } : step;
    },
    async createPix({ orderId, customerId, cpf, expiresAtMs }) {
      const pix = {
        document_number: cpf,
        expiration_date: wallTimeOf(expiresAtMs, settings.utcOffset),
      };
      const body = {
        cart: { order_id: Number(orderId) },
        customer: { customer_id: Number(customerId) },
        payment: { pix },
      };
      const step = await write('/payment/pix', body, WirePix);
      if (step.kind !== 'done') return step;
      const { pix_emv: brCode, pix_qrcode: image } = step.value;
      return { kind: 'done', value: { brCode: image ? (brCode ?? null) : null } };
    },
    async readOrder(orderId) {
      const query = new URLSearchParams({ 'access-token': settings.accessToken });
      const url = `${baseUrl}/order/${encodeURIComponent(orderId)}?${query}`;
      const read = await sendJson(http, url, { method: 'GET', headers: { accept: 'application/json' } });
      const step = dataOf(read, WireOrder, 'GET /order');
      if (step.kind !== 'done') return step;
      const order = step.value;
      return {
        kind: 'done',
        value: {
          orderId: order.id,
          status: order.status,
          amountCents: order.total,
          paidCents: order[settings.paidAmountField] ?? null,
          createdAtMs: instantOf(order.created_at, settings.utcOffset),
          updatedAtMs: instantOf(order.updated_at, settings.utcOffset),
          paidAtMs: instantOf(order.paid_at, settings.utcOffset),
          ...(read.kind === 'done' ? { answer: dataIn(read.value) } : {}),
        },
      };
    },
    async requestRefund(orderId, part) {
      const body = {
        order_id: Number(orderId),
        ...(part === null
          ? { refund_type: 'total' }
          : { refund_type: 'partial', refund_amount: toReais(part.amountCents) }),
      };
      const step = await write('/refund', body, z.unknown());
      return step.kind === 'done' ? { kind: 'done', value: null } : step;
    },
  };
}

function dataOf<S extends z.ZodType>(step: Step<unknown>, schema: S, call: string): Step<z.output<S>> {
  const envelope = partOf(step, Envelope, call);
  if (envelope.kind !== 'done') return envelope;
  if (envelope.value.success === false) {
    const status = Number(envelope.value.status);
    return {
      kind: 'problem',
      status: Number.isInteger(status) && status >= 400 ? status : 422,
      detail: `${call}${step.kind === 'done' ? messageOf(step.value) : ''}`,
    };
  }
  return partOf({ kind: 'done', value: envelope.value.data }, schema, call);
}
