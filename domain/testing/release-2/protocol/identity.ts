import { z } from 'zod';
import { EpochMs, KioskId, Uuid } from './primitives.ts';

/**
 * A short single-use code as a person types it: eight characters of an alphabet without look-alikes (no I, L, O, U, 0,
 * 1). Spaces and dashes are dropped, small letters become capitals.
 */
export const EnrolmentCode = z
  .string()
  .transform((text) => text.replaceAll(/[\s-]/g, '').toUpperCase())
  .pipe(z.string().regex(/^[ABCDEFGHJKMNPQRSTVWXYZ23456789]{8}$/));

export const ENROLMENT_CODE_ALPHABET = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';
/** Long enough to walk to the totem, short enough that a forgotten note is worthless. */
export const ENROLMENT_CODE_TTL_MS = 15 * 60_000;

/** `POST /v1/enrolments` (manager): makes a code for one totem. A totem of that name that exists gets a new key by it. */
export const EnrolmentRequest = z.object({ unitId: Uuid, kioskId: KioskId });
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

export const EnrolmentResponse = z.object({ kioskId: KioskId, code: z.string(), expiresAt: EpochMs });
export type EnrolmentResponse = z.infer<typeof EnrolmentResponse>;

/** The public half of an Ed25519 key, RFC 8037. */
export const PublicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type PublicKey = z.infer<typeof PublicKey>;

/**
 * `POST /v1/enrol` (open to strangers, with a code): the totem's public key, and a token signed with the private one,
 * which proves that it has it. Refusals: 403 `invalid_code` (unknown, used or withdrawn), 403 `code_expired`,
 * 429 `too_many_attempts`.
 */
export const EnrolRequest = z.object({
  code: EnrolmentCode,
  publicKey: PublicKey,
  proof: z.string().max(2_000),
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

export const EnrolResponse = z.object({
  kioskId: KioskId,
  merchantId: Uuid,
  unitId: Uuid,
  /** RFC 7638 thumbprint of the key: the `kid` of every token. */
  keyId: z.string(),
  enrolledAt: EpochMs,
  serverTime: EpochMs,
});
export type EnrolResponse = z.infer<typeof EnrolResponse>;

/** Every request of a totem carries a JWT (RFC 7519, EdDSA) with this audience; `iat` and `exp` are the server's time. */
export const TOKEN_AUDIENCE = 'totem-sync-server';
/** Of one token. It is short because a token that leaks should be worth little; revoking works at once all the same. */
export const TOKEN_TTL_MS = 5 * 60_000;

/**
 * The details of every 401: a totem whose clock was set measures its skew by it, signs anew and goes on. Codes:
 * `unauthorized` (no or unknown token), `token_expired`, `revoked` (asking again is useless).
 */
export const UnauthorizedDetails = z.object({ serverTime: EpochMs });

/** One totem as the manager sees it. `GET /v1/kiosks`; `POST /v1/kiosks/:kioskId/revoke`. */
export const KioskView = z.object({
  kioskId: KioskId,
  unitId: Uuid,
  enrolledAt: EpochMs.nullable(),
  lastSeenAt: EpochMs,
  revokedAt: EpochMs.nullable(),
  keyId: z.string().nullable(),
});
export type KioskView = z.infer<typeof KioskView>;
