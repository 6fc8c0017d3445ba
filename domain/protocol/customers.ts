import { z } from 'zod';
import { EpochMs, Uuid } from './primitives.ts';

export const MAX_CUSTOMERS_LISTED = 200;

/** `erasing`: asked for, and not finished; it goes on by itself. `erased`: nothing personal is left, for good. */
export const CustomerStatus = z.enum(['known', 'erasing', 'erased']);
export type CustomerStatus = z.infer<typeof CustomerStatus>;

const Facts = z.object({
  customerId: Uuid,
  status: CustomerStatus,
  createdAt: EpochMs,
  /** When they last told something or opened a charge. */
  lastSeenAt: EpochMs,
});

/** `GET /v1/customers/:customerId`. Null: not known, or erased. */
export const CustomerView = Facts.extend({
  name: z.string().nullable(),
  email: z.string().nullable(),
  /** CPF or CNPJ without punctuation, or what was typed in its place. */
  document: z.string().nullable(),
  phone: z.string().nullable(),
  /** Every e-mail by which they are found, the oldest first. */
  emails: z.array(z.string()),
  erasedAt: EpochMs.nullable(),
});
export type CustomerView = z.infer<typeof CustomerView>;

/** `GET /v1/customers`: those seen last first, e-mail and document masked. */
export const CustomerList = z.object({
  customers: z.array(
    Facts.extend({
      name: z.string().nullable(),
      email: z.string().nullable(),
      document: z.string().nullable(),
    }),
  ),
  total: z.int().nonnegative(),
});
export type CustomerList = z.infer<typeof CustomerList>;

/** `POST /v1/customers/find`, not GET: an address ends up in logs. 404 `unknown_customer`. */
export const CustomerSearch = z.union([
  z.strictObject({ email: z.string().trim().min(3).max(254) }),
  z.strictObject({ document: z.string().trim().min(11).max(20) }),
]);
export type CustomerSearch = z.infer<typeof CustomerSearch>;

/**
 * `POST /v1/customers/:customerId/erase`: for good; the same again changes nothing. Payments, ledger and tickets stay.
 * `reason` and `by` are kept, and are refused where they hold what is erased (409 `reason_is_personal`).
 */
export const ErasureRequest = z.strictObject({
  reason: z.string().trim().min(3).max(200),
  /** Who asks for it. */
  by: z.string().trim().min(1).max(60).default('manager'),
});
export type ErasureRequest = z.infer<typeof ErasureRequest>;

export const ErasureView = z.object({
  customerId: Uuid,
  requestedAt: EpochMs,
  requestedBy: z.string(),
  reason: z.string(),
  finishedAt: EpochMs.nullable(),
});
export type ErasureView = z.infer<typeof ErasureView>;

/**
 * `GET /v1/customers/accesses?customerId=`: who was shown people in the clear, newest first. `found`: searched for by
 * e-mail or document. Written before the answer, and never changed.
 */
export const PersonAccess = z.object({
  customerId: Uuid,
  action: z.enum(['viewed', 'found', 'exported']),
  role: z.string(),
  /** The first digits of the token's SHA-256, as the access file has it: which of its tokens it was. */
  tokenMark: z.string(),
  at: EpochMs,
});
export type PersonAccess = z.infer<typeof PersonAccess>;

export const MAX_ACCESSES_LISTED = 500;
export const PersonAccessList = z.object({ accesses: z.array(PersonAccess), total: z.int().nonnegative() });
export type PersonAccessList = z.infer<typeof PersonAccessList>;

const Held = z.array(z.record(z.string(), z.unknown()));

/**
 * `GET /v1/customers/:customerId/export`: all that is held of one person (LGPD, art. 18), for that person. The lists
 * hold rows of the database as they are, moments as ISO 8601.
 */
export const CustomerExport = z.object({
  exportedAt: EpochMs,
  customer: CustomerView,
  /** Customers that turned out to be this one, where they knew something else. */
  alsoKnownAs: z.array(
    CustomerView.pick({ customerId: true, name: true, email: true, document: true, phone: true }),
  ),
  erasure: ErasureView.nullable(),
  sessions: Held,
  transactions: Held,
  receipts: Held,
  tickets: Held,
  refunds: Held,
  disputes: Held,
  /** What was sent to them, and when; never its words. */
  messages: Held,
  subscriptions: Held,
  paymentMethods: Held,
  /** Their payments in an old system. */
  adopted: Held,
  /** Refunds of what they paid by subscriptions. */
  recurringRefunds: Held,
  /** What they paid by subscriptions. */
  recurringReceipts: Held,
  /** Who was shown their data, this export included. */
  accesses: Held,
  /** E-mails that they left for the receipt of one payment. */
  addresses: Held,
});
export type CustomerExport = z.infer<typeof CustomerExport>;
