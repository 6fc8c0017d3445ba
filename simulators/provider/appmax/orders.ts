import { z } from 'zod';
import { moneyOf } from '../psp/bank-charge.ts';
import type { PspContext } from '../psp/psp-context.ts';

export const ORDER = 'appmax.order';
export const CUSTOMER = 'appmax.customer';
const DASHBOARD = 'appmax.dashboard';
/** Ids are counted up, from where the documentation's examples are. */
const FIRST_ORDER_ID = 12_844;
const FIRST_CUSTOMER_ID = 7;
/** Brasília, in which Appmax writes its times. */
const OFFSET_MS = -3 * 60 * 60_000;

export const Order = z.object({
  id: z.int(),
  customerId: z.int(),
  /** Of the charge at the bank; null until a Pix was asked for. */
  txid: z.string().nullable(),
  amountCents: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
  /** A word of Appmax's own that stands before what the money says: "chargeback_em_disputa". */
  word: z.string().nullable(),
});
export type Order = z.infer<typeof Order>;

export const Customer = z.object({
  id: z.int(),
  firstname: z.string(),
  lastname: z.string(),
  email: z.string(),
  phone: z.string(),
});
export type Customer = z.infer<typeof Customer>;

/** What a merchant sets in Appmax's pages, and, for tests, what goes wrong. */
export const Dashboard = z.strictObject({
  webhook: z
    .strictObject({ url: z.url(), shape: z.enum(['standard', 'meta', 'flat', 'custom', 'legacy']) })
    .nullable(),
  lie: z.enum([
    'none',
    'amount',
    'total_paid',
    'no_total_paid',
    'empty_data',
    'error_after_write',
    'no_code',
  ]),
});
export type Dashboard = z.infer<typeof Dashboard>;

export function dashboardOf({ store }: PspContext): Dashboard {
  return store.get(DASHBOARD, 'settings', Dashboard) ?? { webhook: null, lie: 'none' };
}

export function putDashboard({ store }: PspContext, dashboard: Dashboard): void {
  store.put(DASHBOARD, 'settings', dashboard);
}

export function orderById({ store }: PspContext, id: string): Order | undefined {
  return store.get(ORDER, id, Order);
}

export function putOrder({ store }: PspContext, order: Order): void {
  store.put(ORDER, String(order.id), order);
}

export function newOrder(context: PspContext, customerId: number, amountCents: number): Order {
  const now = context.bank.clock.nowMs();
  const order: Order = {
    id: FIRST_ORDER_ID + context.store.count(ORDER),
    customerId,
    txid: null,
    amountCents,
    createdAt: now,
    updatedAt: now,
    word: null,
  };
  putOrder(context, order);
  return order;
}

/** The same e-mail is the same customer, with the newest of the rest. */
export function putCustomer({ store }: PspContext, fields: Omit<Customer, 'id'>): Customer {
  const known = store.all(CUSTOMER, Customer).find(({ email }) => email === fields.email);
  const customer = { id: known?.id ?? FIRST_CUSTOMER_ID + store.count(CUSTOMER), ...fields };
  store.put(CUSTOMER, String(customer.id), customer);
  return customer;
}

export interface OrderState {
  readonly status: string;
  readonly paidCents: number;
  readonly refundedCents: number;
  readonly paidAt: number | null;
}

export function stateOf({ bank }: PspContext, order: Order): OrderState {
  if (order.txid === null) return { status: 'pendente', paidCents: 0, refundedCents: 0, paidAt: null };
  const { paidCents, refundedCents, refundingCents, paidAt, hasExpired } = moneyOf(bank, order.txid);
  return { status: word(), paidCents, refundedCents, paidAt };

  function word(): string {
    if (paidCents === 0) return hasExpired ? 'cancelado' : 'pendente';
    if (refundedCents >= paidCents) return 'estornado';
    if (order.word !== null) return order.word;
    return refundingCents > 0 ? 'pendente_integracao_em_analise' : 'aprovado';
  }
}

/** "2026-03-15 10:00:00". */
export function wallTime(atMs: number): string {
  return new Date(atMs + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** The way back; NaN for anything else. */
export function fromWallTime(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}-03:00`);
}

/** Cents as the JSON number of decimal reais. */
export function reais(cents: number): number {
  return Number(`${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`);
}
