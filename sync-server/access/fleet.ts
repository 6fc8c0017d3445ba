import type { KioskView } from '../../domain/protocol/identity.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';
import { withdrawCodes } from './enrolment.ts';

/** A merchant has a handful of units with a few totems each. */
const MAX_KIOSKS = 500;

interface KioskRow extends Record<string, unknown> {
  readonly kiosk_id: string;
  readonly unit_id: string;
  readonly enrolled_at: Date | null;
  readonly last_seen_at: Date;
  readonly revoked_at: Date | null;
  readonly key_id: string | null;
}

const COLUMNS = 'kiosk_id, unit_id, enrolled_at, last_seen_at, revoked_at, key_id';

/** The merchant's totems, by name. */
export async function readFleet(db: Queryable, merchantId: string): Promise<KioskView[]> {
  const rows = await db.query<KioskRow>(
    `SELECT ${COLUMNS} FROM kiosks WHERE merchant_id = $1 ORDER BY unit_id, kiosk_id LIMIT ${MAX_KIOSKS}`,
    [merchantId],
  );
  return rows.map(toView);
}

/**
 * From the next request on the totem's key opens nothing, and a code that was made for it is withdrawn. A second time
 * changes nothing. Null when there is no such totem.
 */
export async function revokeKiosk(
  { db, clock, log }: Pick<ServerContext, 'db' | 'clock' | 'log'>,
  merchantId: string,
  kioskId: string,
): Promise<KioskView | null> {
  const row = await db.transaction(async (transaction) => {
    // Codes before the totem, as an enrolment locks them: the other way round each could wait for the other.
    await withdrawCodes(transaction, merchantId, kioskId);
    const [revoked] = await transaction.query<KioskRow>(
      `UPDATE kiosks SET revoked_at = coalesce(revoked_at, $3) WHERE merchant_id = $1 AND kiosk_id = $2
       RETURNING ${COLUMNS}`,
      [merchantId, kioskId, new Date(clock.nowMs())],
    );
    return revoked;
  });
  if (row === undefined) return null;
  log.info({ kioskId }, 'totem revoked');
  return toView(row);
}

function toView(row: KioskRow): KioskView {
  return {
    kioskId: row.kiosk_id,
    unitId: row.unit_id,
    enrolledAt: row.enrolled_at?.getTime() ?? null,
    lastSeenAt: row.last_seen_at.getTime(),
    revokedAt: row.revoked_at?.getTime() ?? null,
    keyId: row.key_id,
  };
}
