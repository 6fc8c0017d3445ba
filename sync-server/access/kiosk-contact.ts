import type { Queryable } from '../db/database.ts';
import type { KioskPrincipal } from './principal.ts';

/** Keeps when each kiosk was first and last heard of. Its unit is what it was enrolled for, whoever asks meanwhile. */
export async function recordKioskContact(
  db: Queryable,
  { merchantId, unitId, kioskId }: Pick<KioskPrincipal, 'merchantId' | 'unitId' | 'kioskId'>,
  atMs: number,
): Promise<void> {
  await db.query(
    `INSERT INTO kiosks (merchant_id, kiosk_id, unit_id, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $4, $4)
     ON CONFLICT (merchant_id, kiosk_id)
     DO UPDATE SET last_seen_at = excluded.last_seen_at`,
    [merchantId, kioskId, unitId, new Date(atMs)],
  );
}
