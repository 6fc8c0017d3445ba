import {
  ENROLMENT_CODE_TTL_MS,
  type EnrolmentRequest,
  type EnrolmentResponse,
  type EnrolRequest,
  type EnrolResponse,
} from '../../domain/protocol/identity.ts';
import type { ServerContext } from '../context.ts';
import type { Transaction } from '../db/database.ts';
import { enrolmentCodeHash, newEnrolmentCode } from './enrolment-code.ts';
import { keyIdOf, provesPossession } from './kiosk-key.ts';

type Context = Pick<ServerContext, 'db' | 'clock' | 'randomBytes' | 'log'>;

export type EnrolRefusal = 'invalid_proof' | 'invalid_code' | 'code_expired' | 'key_in_use';
export type EnrolOutcome =
  | { readonly ok: true; readonly enrolled: EnrolResponse }
  | { readonly ok: false; readonly code: EnrolRefusal };

/** Makes a code for one totem, which withdraws an older one for it. Null when the merchant has no such unit. */
export async function createEnrolmentCode(
  { db, clock, randomBytes, log }: Context,
  merchantId: string,
  { unitId, kioskId }: EnrolmentRequest,
): Promise<EnrolmentResponse | null> {
  const code = newEnrolmentCode(randomBytes);
  const nowMs = clock.nowMs();
  const expiresAt = nowMs + ENROLMENT_CODE_TTL_MS;
  const made = await db.transaction(async (transaction) => {
    // Two managers at once take turns, so that only one code for a totem is good at any moment.
    await transaction.query('SELECT 1 FROM merchants WHERE merchant_id = $1 FOR NO KEY UPDATE', [merchantId]);
    const units = await transaction.query('SELECT 1 FROM units WHERE merchant_id = $1 AND unit_id = $2', [
      merchantId,
      unitId,
    ]);
    if (units.length === 0) return false;
    await withdrawCodes(transaction, merchantId, kioskId);
    await transaction.query(
      `INSERT INTO enrolment_codes (merchant_id, code_sha256, unit_id, kiosk_id, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [merchantId, enrolmentCodeHash(code), unitId, kioskId, new Date(nowMs), new Date(expiresAt)],
    );
    return true;
  });
  if (!made) return null;
  log.info({ kioskId, unitId, expiresAt }, 'enrolment code made');
  return { kioskId, code, expiresAt };
}

/** Codes that nobody has used yet are worth nothing from now on. */
export async function withdrawCodes(
  transaction: Transaction,
  merchantId: string,
  kioskId: string,
): Promise<void> {
  await transaction.query(
    'DELETE FROM enrolment_codes WHERE merchant_id = $1 AND kiosk_id = $2 AND used_at IS NULL',
    [merchantId, kioskId],
  );
}

/**
 * Gives a totem its identity: its key is stored and its code is used in one transaction. The same totem with the same
 * key and code is answered again, as its first answer may have been lost on the way.
 */
export async function enrolKiosk(context: Context, request: EnrolRequest): Promise<EnrolOutcome> {
  if (!(await provesPossession(request.publicKey, request.proof)))
    return { ok: false, code: 'invalid_proof' };
  const keyId = await keyIdOf(request.publicKey);
  const nowMs = context.clock.nowMs();
  const outcome = await context.db.transaction((transaction) => useCode(transaction, request, keyId, nowMs));
  if (outcome.ok) context.log.info({ kioskId: outcome.enrolled.kioskId, keyId }, 'totem enrolled');
  else context.log.warn({ code: outcome.code }, 'enrolment refused');
  return outcome;
}

async function useCode(
  transaction: Transaction,
  { code, publicKey }: EnrolRequest,
  keyId: string,
  nowMs: number,
): Promise<EnrolOutcome> {
  // Of two copies of one disk, with a code each, the second waits here, and then finds the key in use.
  await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [keyId]);
  // Locked: of two totems with one code the second waits here, and then finds it used.
  const [found] = await transaction.query<{
    merchant_id: string;
    unit_id: string;
    kiosk_id: string;
    expires_at: Date;
    used_at: Date | null;
  }>(
    `SELECT merchant_id, unit_id, kiosk_id, expires_at, used_at FROM enrolment_codes
     WHERE code_sha256 = $1 FOR UPDATE`,
    [enrolmentCodeHash(code)],
  );
  if (found === undefined) return { ok: false, code: 'invalid_code' };
  const [holder] = await transaction.query<{
    merchant_id: string;
    kiosk_id: string;
    enrolled_at: Date;
    revoked_at: Date | null;
  }>('SELECT merchant_id, kiosk_id, enrolled_at, revoked_at FROM kiosks WHERE key_id = $1', [keyId]);
  const isHolder = holder?.merchant_id === found.merchant_id && holder.kiosk_id === found.kiosk_id;
  const enrolled = (enrolledAt: Date): EnrolOutcome => ({
    ok: true,
    enrolled: {
      kioskId: found.kiosk_id,
      merchantId: found.merchant_id,
      unitId: found.unit_id,
      keyId,
      enrolledAt: enrolledAt.getTime(),
      serverTime: nowMs,
    },
  });
  if (found.used_at !== null) {
    return isHolder && holder.revoked_at === null
      ? enrolled(holder.enrolled_at)
      : { ok: false, code: 'invalid_code' };
  }
  if (found.expires_at.getTime() <= nowMs) return { ok: false, code: 'code_expired' };
  // Two totems with one key could not be told apart: a disk that was copied.
  if (holder !== undefined && !isHolder) return { ok: false, code: 'key_in_use' };
  const now = new Date(nowMs);
  await transaction.query('UPDATE enrolment_codes SET used_at = $2 WHERE code_sha256 = $1', [
    enrolmentCodeHash(code),
    now,
  ]);
  await transaction.query(
    `INSERT INTO kiosks (merchant_id, kiosk_id, unit_id, first_seen_at, last_seen_at, public_key, key_id, enrolled_at)
     VALUES ($1, $2, $3, $4, $4, $5, $6, $4)
     ON CONFLICT (merchant_id, kiosk_id) DO UPDATE SET unit_id = excluded.unit_id, public_key = excluded.public_key,
       key_id = excluded.key_id, enrolled_at = excluded.enrolled_at, revoked_at = NULL,
       last_seen_at = excluded.last_seen_at`,
    [found.merchant_id, found.kiosk_id, found.unit_id, now, JSON.stringify(publicKey), keyId],
  );
  return enrolled(now);
}
