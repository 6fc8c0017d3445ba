import {
  createHash,
  createPrivateKey,
  createPublicKey,
  KeyObject,
  sign,
  verify,
  type webcrypto,
} from 'node:crypto';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Transform } from 'node:stream';
import { gunzipSync } from 'node:zlib';

/**
 * Some of Node's own work is done by other threads, and ends when it ends. In a simulated world it has to end within
 * the step that asked for it, so the same work is done here at once: Ed25519 and digests of WebCrypto, and gunzip.
 */
export function bringThreadsHome(): void {
  const subtle: Record<string, unknown> = {
    importKey: async (
      format: string,
      key: object,
      algorithm: { name: string },
      extractable: boolean,
      usages: KeyUsage[],
    ) => {
      if (format !== 'jwk') throw new Error(`a key as ${format} is not simulated`);
      const object =
        'd' in key
          ? createPrivateKey({ key: key as never, format: 'jwk' })
          : createPublicKey({ key: key as never, format: 'jwk' });
      return object.toCryptoKey(algorithm, extractable, usages);
    },
    sign: async (_algorithm: unknown, key: webcrypto.CryptoKey, data: Uint8Array) =>
      sign(null, data, KeyObject.from(key)),
    verify: async (_algorithm: unknown, key: webcrypto.CryptoKey, signature: Uint8Array, data: Uint8Array) =>
      verify(null, data, KeyObject.from(key), signature),
    digest: async (algorithm: string | { name: string }, data: Uint8Array) => {
      const name = typeof algorithm === 'string' ? algorithm : algorithm.name;
      return createHash(name.replace('-', '').toLowerCase()).update(data).digest();
    },
  };
  for (const [name, value] of Object.entries(subtle))
    Object.defineProperty(globalThis.crypto.subtle, name, { value, configurable: true });

  const zlib = createRequire(import.meta.url)('node:zlib') as Record<string, unknown>;
  Object.defineProperty(zlib, 'createGunzip', {
    value: createGunzipAtOnce,
    configurable: true,
    enumerable: true,
  });
  syncBuiltinESMExports();
}

type KeyUsage = 'sign' | 'verify';

function createGunzipAtOnce(): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      try {
        done(null, gunzipSync(Buffer.concat(chunks)));
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
