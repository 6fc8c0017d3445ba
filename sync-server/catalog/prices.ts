import { newId } from '../../domain/ids.ts';
import type { Transaction } from '../db/database.ts';
import type { CatalogDeps } from './change-catalog.ts';
import { addOfferPrice } from './offers.ts';
import type { ServiceKey } from './services.ts';

export interface Price {
  /** By card; else the national price. */
  readonly international: boolean;
  /** Zero: free; by card: not sold by card. */
  readonly amountCents: number;
  readonly currency: string;
}

/**
 * Makes the price the one that counts, in a transaction that holds the unit's row: as the next version of the offer, of
 * which none is ever changed.
 * @param validFromMs for the record
 * @returns the price before; null when it was the same already
 */
export async function setPrice(
  deps: Pick<CatalogDeps, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  key: ServiceKey,
  price: Price,
  validFromMs: number,
  by: string,
): Promise<Price | null> {
  const before = await readPrice(transaction, key, price.international);
  if (before.amountCents === price.amountCents && before.currency === price.currency) return null;
  if (!price.international)
    await transaction.query(
      'UPDATE services SET amount_cents = $3 WHERE merchant_id = $1 AND service_id = $2',
      [key.merchantId, key.serviceId, price.amountCents],
    );
  if (price.amountCents === 0) {
    await transaction.query(
      'UPDATE offers SET active = false WHERE merchant_id = $1 AND service_id = $2 AND international = $3',
      [key.merchantId, key.serviceId, price.international],
    );
    return before;
  }
  const offerId = await activeOffer(deps, transaction, key, price.international);
  const { amountCents, currency } = price;
  await addOfferPrice(
    transaction,
    { merchantId: key.merchantId, offerId },
    { amountCents, currency, validFrom: validFromMs, createdBy: by },
  );
  return before;
}

/** What counts now; an amount of zero where it is free, or not sold by card. */
async function readPrice(
  transaction: Transaction,
  { merchantId, serviceId }: ServiceKey,
  international: boolean,
): Promise<Price> {
  if (!international) {
    const [row] = await transaction.query<{ amountCents: number; currency: string }>(
      `SELECT amount_cents AS "amountCents", currency FROM services WHERE merchant_id = $1 AND service_id = $2`,
      [merchantId, serviceId],
    );
    return { international, amountCents: row?.amountCents ?? 0, currency: row?.currency ?? 'BRL' };
  }
  const [row] = await transaction.query<{ amountCents: number; currency: string }>(
    `SELECT p.amount_cents AS "amountCents", p.currency FROM offers JOIN offer_prices p USING (merchant_id, offer_id)
     WHERE merchant_id = $1 AND service_id = $2 AND international AND active ORDER BY version DESC LIMIT 1`,
    [merchantId, serviceId],
  );
  return { international, amountCents: row?.amountCents ?? 0, currency: row?.currency ?? 'BRL' };
}

/** The service's offer, active from now on; made where it has none. */
async function activeOffer(
  { clock, randomBytes }: Pick<CatalogDeps, 'clock' | 'randomBytes'>,
  transaction: Transaction,
  { merchantId, serviceId }: ServiceKey,
  international: boolean,
): Promise<string> {
  const [known] = await transaction.query<{ offerId: string }>(
    `UPDATE offers SET active = true WHERE (merchant_id, offer_id) IN (
       SELECT merchant_id, offer_id FROM offers WHERE merchant_id = $1 AND service_id = $2 AND international = $3
       ORDER BY active DESC, offer_id LIMIT 1)
     RETURNING offer_id AS "offerId"`,
    [merchantId, serviceId, international],
  );
  if (known !== undefined) return known.offerId;
  const offerId = newId(clock, randomBytes);
  await transaction.query(
    'INSERT INTO offers (merchant_id, offer_id, service_id, international) VALUES ($1, $2, $3, $4)',
    [merchantId, offerId, serviceId, international],
  );
  return offerId;
}
