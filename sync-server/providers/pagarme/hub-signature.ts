import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../domain/clock.ts';
import { exchange, type HttpPort, jsonOf } from '../http/exchange.ts';

/** A stranger who makes up key ids must not make us ask for keys all the time. */
export const REFETCH_AFTER_MS = 60_000;
/** A key set holds the current key and, while they change, the next. */
const MAX_KEYS = 20;
/** Shorter could be broken; longer is not in use. RSASSA-PKCS1-v1_5 of 2048 to 4096 bits, as RFC 7518 asks for. */
const MIN_MODULUS_BITS = 2048;
/** The signature's own text: kid, and 512 bytes in base64url. */
const MAX_HEADER_LENGTH = 2000;

const KeySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) });
const RsaKey = z.object({
  kty: z.literal('RSA'),
  kid: z.string().min(1),
  n: z.string(),
  e: z.string(),
  alg: z.literal('RS256').optional(),
  use: z.literal('sig').optional(),
});

export interface HubSignatures {
  /** @param header `X-Webhook-Asymmetric-Signature` @returns whether Pagar.me's Hub signed these bytes */
  isSigned(header: string | undefined, body: Uint8Array): Promise<boolean>;
}

/**
 * `alg=RS256; kid=…; signature=<base64url>` over the raw body, by a key of the Hub's published set. Only RS256 with an
 * RSA key is taken, whatever the header asks for. Keys are kept; an unknown one makes the set be read again, at most
 * once a minute.
 */
export function createHubSignatures(keysUrl: string, http: HttpPort, clock: Clock): HubSignatures {
  let keys: ReadonlyMap<string, KeyObject> = new Map();
  let askedAtMs: number | null = null;
  let underWay: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    askedAtMs = clock.monotonicMs();
    const read = await readKeys(keysUrl, http);
    // An answer that cannot be read takes nothing away: the keys that are known stay.
    if (read !== null) keys = read;
  }

  async function keyOf(kid: string): Promise<KeyObject | undefined> {
    const known = keys.get(kid);
    if (known !== undefined) return known;
    const rested = askedAtMs === null || clock.monotonicMs() - askedAtMs >= REFETCH_AFTER_MS;
    if (underWay === undefined && rested)
      underWay = refresh().finally(() => {
        underWay = undefined;
      });
    await underWay;
    return keys.get(kid);
  }

  return {
    async isSigned(header, body) {
      const parts = parseHeader(header);
      if (parts === null) return false;
      const key = await keyOf(parts.kid);
      return key !== undefined && verify('RSA-SHA256', body, key, parts.signature);
    },
  };
}

function parseHeader(header: string | undefined): { kid: string; signature: Buffer } | null {
  if (header === undefined || header.length > MAX_HEADER_LENGTH) return null;
  const fields = new Map<string, string>();
  for (const part of header.split(';')) {
    const [, name, value] = /^\s*([a-z]+)\s*=\s*(\S+)\s*$/i.exec(part) ?? [];
    if (name === undefined || value === undefined || fields.has(name.toLowerCase())) return null;
    fields.set(name.toLowerCase(), value);
  }
  const kid = fields.get('kid');
  const signature = fields.get('signature');
  if (fields.get('alg') !== 'RS256' || kid === undefined || signature === undefined) return null;
  if (!/^[\w-]+={0,2}$/.test(signature)) return null;
  return { kid, signature: Buffer.from(signature, 'base64url') };
}

async function readKeys(url: string, http: HttpPort): Promise<ReadonlyMap<string, KeyObject> | null> {
  let text: string;
  try {
    const answer = await exchange(http, url, { method: 'GET', headers: { accept: 'application/json' } });
    if (!answer.response.ok) return null;
    text = answer.text;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return null;
  }
  const set = KeySet.safeParse(jsonOf(text));
  if (!set.success) return null;
  return new Map(
    set.data.keys.flatMap((each): [string, KeyObject][] => {
      const parsed = RsaKey.safeParse(each);
      const key = parsed.success ? toKey(parsed.data) : null;
      return parsed.success && key !== null ? [[parsed.data.kid, key]] : [];
    }),
  );
}

function toKey({ kty, n, e }: z.infer<typeof RsaKey>): KeyObject | null {
  try {
    const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_MODULUS_BITS ? key : null;
  } catch (error) {
    // Numbers that make no key are a key that is not there.
    if (error instanceof Error) return null;
    throw error;
  }
}
