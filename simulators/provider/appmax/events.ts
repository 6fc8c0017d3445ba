import type { PspContext } from '../psp/psp-context.ts';
import { oweWebhook, type WebhookTarget } from '../psp/webhook-delivery.ts';
import { CUSTOMER, Customer, dashboardOf, ORDER, Order, putOrder, reais, stateOf } from './orders.ts';

/** PascalCase of the models of today, and the old model's own name. */
const LEGACY_NAMES: Readonly<Record<string, string>> = {
  OrderPixCreated: 'order_pix_created',
  OrderPaidByPix: 'order_paid_by_pix',
  OrderPaid: 'order_paid',
  OrderApproved: 'order_approved',
  OrderRefund: 'order_refund',
  OrderPixExpired: 'order_pix_expired',
  OrderChargeBackInTreatment: 'order_chargeback_in_treatment',
};

export function addressWebhook(context: PspContext): WebhookTarget | null {
  const { webhook } = dashboardOf(context);
  return webhook === null ? null : { url: webhook.url, headers: {} };
}

/** Told as given, whatever it says. */
export function tellRaw(context: PspContext, body: unknown): void {
  if (dashboardOf(context).webhook === null) return;
  oweWebhook(context, 'appmax', JSON.stringify(body));
}

/** Owes an event of an order, in the shape that the account has chosen; amounts in decimal reais. */
export function tellOfOrder(
  context: PspContext,
  event: string,
  order: Order,
  pix: { readonly code: string; readonly expiration: string } | null = null,
): void {
  const { webhook } = dashboardOf(context);
  const body = webhook === null ? null : bodyOf(context, webhook.shape, event, order, pix);
  if (body !== null) tellRaw(context, body);
}

function bodyOf(
  context: PspContext,
  shape: 'standard' | 'meta' | 'flat' | 'custom' | 'legacy',
  event: string,
  order: Order,
  pix: { readonly code: string; readonly expiration: string } | null,
): unknown {
  const total = reais(order.amountCents);
  const { status } = stateOf(context, order);
  const customer = context.store.get(CUSTOMER, String(order.customerId), Customer);
  switch (shape) {
    case 'legacy': {
      const name = LEGACY_NAMES[event];
      // The old model does not have every event.
      return name === undefined ? null : { event: name, event_type: 'order', data: { order_id: order.id } };
    }
    case 'custom':
      return {
        event,
        event_type: '',
        data: {
          order_id: order.id,
          order_status: status,
          order_total: total,
          ...(pix === null ? {} : { pix_code: pix.code }),
        },
      };
    case 'flat':
      return {
        event,
        event_type: '',
        data: {
          order_id: order.id,
          order_total_products: total,
          order_total: total,
          order_status: status,
          order_payment_type: 'Pix',
          ...(pix === null ? {} : { order_pix_code: pix.code, order_pix_expiration_date: pix.expiration }),
          customer_id: order.customerId,
          customer_firstname: customer?.firstname,
          customer_lastname: customer?.lastname,
          customer_email: customer?.email,
          customer_phone: customer?.phone,
          customer_site: { id: 1470 },
        },
      };
    case 'standard':
    case 'meta':
      return {
        event,
        event_type: '',
        data: {
          id: order.id,
          customer_id: order.customerId,
          total_products: total,
          total,
          status,
          payment_type: 'Pix',
          ...(pix === null ? {} : { pix_code: pix.code, pix_expiration_date: pix.expiration }),
          customer,
          ...(shape === 'meta' ? { meta: [] } : {}),
        },
      };
  }
}

/** Money came for, or went back of, a charge of the bank's: tells of it where it is one of Appmax's. */
export function onMoney(context: PspContext, txid: string): void {
  const order = context.store.all(ORDER, Order).find((each) => each.txid === txid);
  if (order === undefined) return;
  const moved: Order = { ...order, updatedAt: context.bank.clock.nowMs() };
  putOrder(context, moved);
  const { status, refundedCents } = stateOf(context, moved);
  if (status === 'estornado') tellOfOrder(context, 'OrderRefund', moved);
  else if (refundedCents > 0) tellOfOrder(context, 'OrderPartialRefund', moved);
  else {
    tellOfOrder(context, 'OrderApproved', moved);
    tellOfOrder(context, 'OrderPaidByPix', moved);
  }
}
