import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartupFailure } from './service.ts';
import { writeWholeSecretFile } from './whole-file.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals names and documents before they rest on disk (LGPD): AES-256-GCM, nonce ‖ tag ‖ ciphertext. */
export interface PersonalDataBox {
  seal(value: unknown): Buffer;
  /** Throws when the bytes were not sealed with this key or were changed. */
  open(sealed: Uint8Array): unknown;
  /** A key of 32 bytes for another purpose, always the same (HKDF-SHA-256, RFC 5869); tells nothing of this one. */
  deriveKey(purpose: string): Uint8Array;
}

export function createPersonalDataBox(key: Uint8Array): PersonalDataBox {
  if (key.length !== KEY_BYTES) throw new Error(`the personal-data key must have ${KEY_BYTES} bytes`);
  // Made once: from bytes each cipher makes it anew, which costs more than the sealing.
  const secret = createSecretKey(key);
  return {
    seal(value) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open(sealed) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
        decipher.final(),
      ]);
      return JSON.parse(text.toString('utf8')) as unknown;
    },
    deriveKey: (purpose) => new Uint8Array(hkdfSync('sha256', secret, '', purpose, KEY_BYTES)),
  };
}

/**
 * Reads the key at `file`, or makes it at the first start (mode 0600). The caller holds the folder's lock.
 * @throws StartupFailure when the file is damaged: a new key in its place would make what is sealed unreadable for good
 */
export function loadOrCreateKey(file: string): Uint8Array {
  if (existsSync(file)) return readKey(file);
  const key = randomBytes(KEY_BYTES);
  mkdirSync(dirname(file), { recursive: true });
  writeWholeSecretFile(file, `${key.toString('hex')}\n`);
  return key;
}

function readKey(file: string): Uint8Array {
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length === KEY_BYTES) return key;
  throw new StartupFailure(
    `the key ${file} is damaged: put it back from a copy, or move it away and start again. Without it the names and CPFs of sales under way cannot be read; sales, tickets and money are not touched`,
  );
}
