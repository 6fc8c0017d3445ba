import type { Transaction } from '../db/database.ts';

export interface NewOffer {
  readonly merchantId: string;
  readonly offerId: string;
  readonly serviceId: string;
  /** Paid by card through Stripe; otherwise the national price. */
  readonly international: boolean;
}

export interface OfferPrice {
  /** Of the currency's smallest unit. */
  readonly amountCents: number;
  readonly currency: string;
  /** Epoch ms, for the record: the highest version counts from the moment in which it is written. */
  readonly validFrom: number;
  /** Who set it. */
  readonly createdBy: string;
}

/** Writes an offer with its first price. The catalogue's version, and its feed entry, are the caller's. */
export async function writeOffer(
  transaction: Transaction,
  offer: NewOffer,
  price: OfferPrice,
): Promise<void> {
  await transaction.query(
    'INSERT INTO offers (merchant_id, offer_id, service_id, international) VALUES ($1, $2, $3, $4)',
    [offer.merchantId, offer.offerId, offer.serviceId, offer.international],
  );
  await addOfferPrice(transaction, offer, price);
}

/** Adds the next version of an offer's price, which counts from now on. */
export async function addOfferPrice(
  transaction: Transaction,
  { merchantId, offerId }: Pick<NewOffer, 'merchantId' | 'offerId'>,
  { amountCents, currency, validFrom, createdBy }: OfferPrice,
): Promise<void> {
  await transaction.query(
    `INSERT INTO offer_prices (merchant_id, offer_id, version, amount_cents, currency, valid_from, created_by)
     SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 FROM offer_prices
     WHERE merchant_id = $1 AND offer_id = $2`,
    [merchantId, offerId, amountCents, currency, new Date(validFrom), createdBy],
  );
}
