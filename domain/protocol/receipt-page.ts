import { z } from 'zod';
import { CustomerEmail } from './charges.ts';
import { AmountCents, Currency } from './primitives.ts';

/**
 * `GET /v1/receipt-pages/<token>`: what the page shows that the customer's phone opens from the ticket. The token is its
 * key; it tells what is on the paper anyway, and nothing of a person. 404 `receipt_page_unknown`: no such token, or its
 * time is over.
 */
export const ReceiptPageState = z.object({
  merchantName: z.string(),
  serviceName: z.string(),
  amountCents: AmountCents,
  currency: Currency,
  ticketLabel: z.string(),
  /** An address was left here. Which one is not told. */
  requested: z.boolean(),
});
export type ReceiptPageState = z.infer<typeof ReceiptPageState>;

/**
 * `POST /v1/receipt-pages/<token>/address`: where confirmation and receipt are to go; answers the page's new state,
 * whoever has that address. The same again changes nothing. 404 `receipt_page_unknown`, 409 `too_many_addresses`, 429
 * `too_many_attempts`.
 */
export const ReceiptAddress = z.strictObject({ email: z.string().trim().pipe(CustomerEmail) });
export type ReceiptAddress = z.infer<typeof ReceiptAddress>;

/** So many different ones for one payment: a mistyped one can be mended, and nobody is pestered by way of the page. */
export const MAX_RECEIPT_ADDRESSES = 3;
