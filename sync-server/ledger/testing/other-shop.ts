import type { Clock } from '../../../domain/clock.ts';
import { DEMO_CARD_OFFER, DEMO_KIOSK_ID, DEMO_MERCHANT_ID, DEMO_SHOP } from '../../catalog/demo-shop.ts';
import { writeOffer } from '../../catalog/offers.ts';
import type { Database } from '../../db/database.ts';
import { kioskToken, newTestKey, signToken } from '../../testing/kiosk-identity.ts';

import { MANAGER_TOKEN } from '../../testing/test-context.ts';

export const OTHER_MERCHANT_ID = '0198c1a0-0000-7000-8000-0000000000b1';
export const OTHER_MANAGER_TOKEN = 'test-other-manager-token';
export const OTHER_PIX_KEY = '5c1f2f40-92f3-4c8a-8c7a-0c7f0b6f3a11';
export const MERCHANTS = [DEMO_MERCHANT_ID, OTHER_MERCHANT_ID] as const;
const OTHER_KIOSK_ID = 'totem-of-the-other';
const KEY = newTestKey();

/** Sold in a currency without a smaller unit than its whole one. */
export const OTHER_CARD_OFFER = {
  ...DEMO_CARD_OFFER,
  offerId: '0198c1a0-0000-7000-8000-0000000000b3',
  amountCents: 3_700,
  currency: 'JPY',
} as const;

/** A second merchant of the same accounts at the providers, with the catalogue of the demonstration shop. */
export async function seedOtherShop(db: Database, atMs: number): Promise<void> {
  await db.transaction(async (transaction) => {
    await transaction.query(
      'INSERT INTO merchants (merchant_id, name, pix_key, created_at) VALUES ($1, $2, $3, $4)',
      [OTHER_MERCHANT_ID, 'Clínica Boreal', OTHER_PIX_KEY, new Date(atMs)],
    );
    await transaction.query(
      `INSERT INTO units (merchant_id, unit_id, name, city, time_zone, counters)
       SELECT $2, unit_id, name, city, time_zone, counters FROM units WHERE merchant_id = $1`,
      [DEMO_MERCHANT_ID, OTHER_MERCHANT_ID],
    );
    await transaction.query(
      `INSERT INTO services (merchant_id, unit_id, service_id, position, name, description, prefix, amount_cents,
         pay_at_counter, currency, estimated_minutes)
       SELECT $2, unit_id, service_id, position, name, description, prefix, amount_cents, pay_at_counter, currency,
         estimated_minutes FROM services WHERE merchant_id = $1`,
      [DEMO_MERCHANT_ID, OTHER_MERCHANT_ID],
    );
    await writeOffer(
      transaction,
      { merchantId: OTHER_MERCHANT_ID, ...OTHER_CARD_OFFER, international: true },
      { ...OTHER_CARD_OFFER, validFrom: atMs, createdBy: 'test' },
    );
    await transaction.query(
      `INSERT INTO kiosks (merchant_id, unit_id, kiosk_id, first_seen_at, last_seen_at, public_key, key_id, enrolled_at)
       VALUES ($1, $2, $3, $4, $4, $5, $6, $4)`,
      [
        OTHER_MERCHANT_ID,
        DEMO_SHOP.unitId,
        OTHER_KIOSK_ID,
        new Date(atMs),
        JSON.stringify(KEY.publicKey),
        KEY.keyId,
      ],
    );
  });
}

/** A token of a totem of either merchant. */
export function kioskTokenOf(merchantId: string, clock: Pick<Clock, 'nowMs'>): string {
  return merchantId === OTHER_MERCHANT_ID
    ? signToken(KEY, OTHER_KIOSK_ID, clock)
    : kioskToken(DEMO_KIOSK_ID, clock);
}

export function managerOf(merchantId: string): string {
  return merchantId === OTHER_MERCHANT_ID ? OTHER_MANAGER_TOKEN : MANAGER_TOKEN;
}
