import type { Unavailable, Unknown } from '../provider.ts';

/** What the adapter needs of either generation of Appmax's API. */
export interface Generation {
  createCustomer(customer: Customer): Promise<Step<{ readonly customerId: string }>>;
  createOrder(order: NewOrder): Promise<Step<{ readonly orderId: string }>>;
  /** `brCode` is null where the order has a payment under way already: its code is not told again. */
  createPix(pix: NewPix): Promise<Step<{ readonly brCode: string | null }>>;
  readOrder(orderId: string): Promise<Step<AppmaxOrder>>;
  /** @param part null: all of it */
  requestRefund(orderId: string, part: { readonly amountCents: number } | null): Promise<Step<null>>;
}

/** What one call did. A read's `unknown` is as good as `unavailable`: it may be repeated. */
export type Step<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'problem'; readonly status: number; readonly detail: string }
  | Unavailable
  | Unknown;

export interface Customer {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
  /** 11 digits. */
  readonly cpf: string;
}

export interface NewOrder {
  readonly customerId: string;
  /** The txid: the one place where an order can carry our name for it. */
  readonly sku: string;
  readonly name: string;
  readonly amountCents: number;
}

export interface NewPix {
  readonly orderId: string;
  readonly customerId: string;
  readonly cpf: string;
  readonly expiresAtMs: number;
}

export interface AppmaxOrder {
  readonly orderId: string;
  /** "aprovado", … */
  readonly status: string;
  readonly amountCents: number;
  /** What came, where the answer says it; null or 0 otherwise. */
  readonly paidCents: number | null;
  readonly createdAtMs: number | null;
  readonly updatedAtMs: number | null;
  readonly paidAtMs: number | null;
  /** The part of the answer that holds order and customer, as it came; absent where nothing was read. */
  readonly answer?: unknown;
}
