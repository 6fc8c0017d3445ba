import type { PspContext } from '../psp/psp-context.ts';
import { oweWebhook } from '../psp/webhook-delivery.ts';
import { dashboardOf } from './dashboard.ts';
import { chargeDocument, ORDER, Order, orderDocument } from './orders.ts';

const HOOK_BYTES = 8;

/** Owes `{id, account, type, created_at, data}`; nothing where no webhook is set. */
export function tell(context: PspContext, type: string, data: unknown): void {
  if (dashboardOf(context).webhook === null) return;
  const { bank } = context;
  const id = `hook_${Buffer.from(bank.randomBytes(HOOK_BYTES)).toString('hex')}`;
  const body = {
    id,
    account: { id: 'acc_simulated00000', name: 'Totem Demonstração' },
    type,
    created_at: new Date(bank.clock.nowMs()).toISOString(),
    data,
  };
  oweWebhook(context, 'pagarme', JSON.stringify(body));
}

export function tellOfOrder(context: PspContext, type: string, order: Order): void {
  tell(context, type, orderDocument(context, order));
}

/** In `charge.*` the order is a part of the charge, without its own charges. */
export function tellOfCharge(context: PspContext, type: string, order: Order): void {
  const { charges: _charges, items: _items, customer, ...part } = orderDocument(context, order);
  tell(context, type, { ...chargeDocument(context, order), customer, order: part });
}

/** Money came for, or went back of, a charge of the bank's: tells of it where it is one of Pagar.me's. */
export function onMoney(context: PspContext, txid: string): void {
  const order = context.store.all(ORDER, Order).find((each) => each.txid === txid);
  if (order === undefined) return;
  const moved: Order = { ...order, updatedAt: context.bank.clock.nowMs() };
  context.store.put(ORDER, moved.id, moved);
  const status = String(chargeDocument(context, moved)['status']);
  switch (status) {
    case 'paid':
    case 'overpaid':
      tellOfCharge(context, `charge.${status}`, moved);
      tellOfOrder(context, 'order.paid', moved);
      return;
    case 'canceled':
      // A refund of all comes under this name, with `data.status` "canceled".
      tellOfCharge(context, 'charge.refunded', moved);
      tellOfOrder(context, 'order.canceled', moved);
      return;
    default:
      tellOfCharge(context, `charge.${status}`, moved);
  }
}
