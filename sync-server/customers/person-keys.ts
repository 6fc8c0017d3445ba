import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Clock, RandomBytes } from '../../domain/clock.ts';
import { createPersonalDataBox, type PersonalDataBox } from '../../platform/personal-data.ts';
import type { Queryable } from '../db/database.ts';

/** What the functions of this folder need of the server beside its database. */
export interface PersonDeps {
  /** The master key: it seals the persons' keys, and the key of the search is made from it. */
  readonly personalData: PersonalDataBox;
  readonly randomBytes: RandomBytes;
}

/** What the functions that make customers need beside the database. */
export interface PeopleDeps extends PersonDeps {
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface PersonId {
  readonly merchantId: string;
  readonly customerId: string;
}

export type IdentifierKind = 'email' | 'document';

/** What a customer is found by. */
export interface Identifier {
  readonly kind: IdentifierKind;
  /** Normalised. */
  readonly value: string;
  readonly hash: Buffer;
}

const KEY_BYTES = 32;
const SealedKey = z.object({ customerId: z.string(), key: z.string() });

/**
 * Finds a value again without keeping it: HMAC-SHA-256 under a key of its own. A bare hash of a CPF, one of 10⁹, is
 * guessed within a second.
 */
export function identifierOf(
  { personalData }: Pick<PersonDeps, 'personalData'>,
  merchantId: string,
  kind: IdentifierKind,
  value: string,
): Identifier {
  const key = personalData.deriveKey('totem customer search v1');
  // With the merchant in it: nobody who has two merchants' rows sees that a person is a customer of both.
  const hash = createHmac('sha256', key).update(`${merchantId}\n${kind}\n${value}`).digest();
  return { kind, value, hash };
}

export interface PersonKey {
  readonly box: PersonalDataBox;
  /** As it rests in `person_keys`. */
  readonly sealed: Buffer;
}

/** Makes the key of a new person. */
export function makePersonKey({ personalData, randomBytes }: PersonDeps, customerId: string): PersonKey {
  const key = randomBytes(KEY_BYTES);
  // Sealed together with whose it is: a row that was moved to another person opens nothing.
  const sealed = personalData.seal({ customerId, key: Buffer.from(key).toString('base64') });
  return { box: createPersonalDataBox(key), sealed };
}

/** @throws when it was sealed by another master key, or is another person's */
export function boxOfKey(
  { personalData }: Pick<PersonDeps, 'personalData'>,
  customerId: string,
  sealed: Uint8Array,
): PersonalDataBox {
  const held = SealedKey.parse(personalData.open(sealed));
  if (held.customerId !== customerId)
    throw new Error(`the key of customer ${customerId} is another person's`);
  return createPersonalDataBox(Buffer.from(held.key, 'base64'));
}

/** @returns the box of a person; null once it was erased. @throws when the key was sealed by another master key */
export async function openPersonKey(
  { personalData }: Pick<PersonDeps, 'personalData'>,
  database: Queryable,
  { merchantId, customerId }: PersonId,
): Promise<PersonalDataBox | null> {
  const [row] = await database.query<{ sealed: Uint8Array }>(
    'SELECT key_sealed AS sealed FROM person_keys WHERE merchant_id = $1 AND customer_id = $2',
    [merchantId, customerId],
  );
  return row === undefined ? null : boxOfKey({ personalData }, customerId, row.sealed);
}

/** @throws when it holds no text: it was sealed by somebody else */
export function openText(box: PersonalDataBox, sealed: Uint8Array): string {
  return z.string().parse(box.open(sealed));
}
