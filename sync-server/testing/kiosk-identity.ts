import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import {
  type EnrolRequest,
  type EnrolResponse,
  PublicKey,
  TOKEN_AUDIENCE,
  TOKEN_TTL_MS,
} from '../../domain/protocol/identity.ts';
import { DEMO_KIOSK_ID, DEMO_SHOP } from '../catalog/demo-shop.ts';
import type { Queryable } from '../db/database.ts';

export const SECOND_KIOSK_ID = 'totem-2';

/** A totem's key pair. Tokens are put together by hand and signed by Node, so that jose is not tested with jose. */
export interface TestKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
  /** RFC 7638 thumbprint. */
  readonly keyId: string;
}

export function newTestKey(): TestKey {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = PublicKey.parse(pair.publicKey.export({ format: 'jwk' }));
  const { crv, kty, x } = publicKey;
  const keyId = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
  return { publicKey, privateKey: pair.privateKey, keyId };
}

const KEYS: Readonly<Record<string, TestKey>> = {
  [DEMO_KIOSK_ID]: newTestKey(),
  [SECOND_KIOSK_ID]: newTestKey(),
};

/** The key of `totem-1` or `totem-2`, the same for a whole test file. */
export function testKeyOf(kioskId: string): TestKey {
  const key = KEYS[kioskId];
  if (key === undefined) throw new Error(`the tests have no totem ${kioskId}`);
  return key;
}

export interface TokenChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A token as the totem signs it at `clock`'s time, with whatever a test wants to be wrong with it. */
export function signToken(
  { keyId, privateKey }: Pick<TestKey, 'keyId' | 'privateKey'>,
  kioskId: string,
  clock: Pick<Clock, 'nowMs'>,
  { header = {}, claims = {} }: TokenChanges = {},
): string {
  const issuedAt = Math.floor(clock.nowMs() / 1000);
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'EdDSA', kid: keyId, ...header })}.${part({
    sub: kioskId,
    aud: TOKEN_AUDIENCE,
    iat: issuedAt,
    exp: issuedAt + TOKEN_TTL_MS / 1000,
    // No two tokens are alike.
    jti: randomUUID(),
    ...claims,
  })}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** A good token of `totem-1` or `totem-2`. `clock` is the server's; the token is good for TOKEN_TTL_MS of its time. */
export function kioskToken(kioskId: string, clock: Pick<Clock, 'nowMs'>): string {
  return signToken(testKeyOf(kioskId), kioskId, clock);
}

export function kioskAuthorization(
  kioskId: string,
  clock: Pick<Clock, 'nowMs'>,
): { readonly authorization: string } {
  return { authorization: `Bearer ${kioskToken(kioskId, clock)}` };
}

/** Writes totem-1 and totem-2 as enrolled; the demonstration shop must be there. */
export async function enrolTestKiosks(db: Queryable, atMs: number): Promise<void> {
  for (const [kioskId, { publicKey, keyId }] of Object.entries(KEYS)) {
    await db.query(
      `INSERT INTO kiosks (merchant_id, unit_id, kiosk_id, first_seen_at, last_seen_at, public_key, key_id, enrolled_at)
       VALUES ($1, $2, $3, $4, $4, $5, $6, $4)`,
      [DEMO_SHOP.merchantId, DEMO_SHOP.unitId, kioskId, new Date(atMs), JSON.stringify(publicKey), keyId],
    );
  }
}

/** What the totem sends to enrol itself. */
export function enrolRequest(key: TestKey, code: string, clock: Pick<Clock, 'nowMs'>): EnrolRequest {
  return { code, publicKey: key.publicKey, proof: signToken(key, 'new', clock) };
}

/** Enrols `totem-1` or `totem-2` as a manager and the totem do, over HTTP. */
export async function enrolOverHttp(
  serverUrl: string,
  managerToken: string,
  kioskId: string,
  clock: Pick<Clock, 'nowMs'>,
): Promise<EnrolResponse> {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${serverUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${managerToken}` },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
  const { code } = (await post('/v1/enrolments', { unitId: DEMO_SHOP.unitId, kioskId })) as { code: string };
  return (await post('/v1/enrol', enrolRequest(testKeyOf(kioskId), code, clock))) as EnrolResponse;
}
