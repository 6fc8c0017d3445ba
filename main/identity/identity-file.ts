import { existsSync, readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { EnrolResponse } from '../../domain/protocol/identity.ts';
import { EpochMs } from '../../domain/protocol/primitives.ts';
import { StartupFailure } from '../../platform/service.ts';
import { writeWholeSecretFile } from '../../platform/whole-file.ts';
import { type KeyPair, keyPairOf, PrivateKey } from './key-pair.ts';
import type { Enrolled } from './kiosk-identity.ts';

const OTHERS_MAY_READ = 0o077;

const Stored = EnrolResponse.omit({ serverTime: true }).extend({
  /** Kept, so that a revoked totem does not come back to life while it is cut off from who revoked it. */
  revokedAt: EpochMs.nullable(),
  privateKey: PrivateKey,
});

export interface StoredIdentity {
  readonly enrolled: Enrolled;
  readonly keys: KeyPair;
  readonly revokedAt: number | null;
}

export interface IdentityFile {
  /**
   * Null when there is none.
   * @throws StartupFailure when it cannot be read: a new key in its place would shut the totem out for good
   */
  read(): StoredIdentity | null;
  write(identity: StoredIdentity): void;
  /** Who else may read the key, in English; null when nobody may. */
  warning(): string | null;
}

/** The totem's identity, apart from the database, so that neither takes the other with it. Mode 0600, whole or not at all. */
export function createIdentityFile(file: string): IdentityFile {
  return {
    read() {
      if (!existsSync(file)) return null;
      try {
        const { privateKey, revokedAt, ...enrolled } = Stored.parse(JSON.parse(readFileSync(file, 'utf8')));
        const keys = keyPairOf(privateKey);
        if (keys.keyId !== enrolled.keyId) throw new Error('the key is not the one that was enrolled');
        return { enrolled, keys, revokedAt };
      } catch (error) {
        throw new StartupFailure(
          `${file} cannot be used (${reasonOf(error)}): put a copy of it back, or delete it and enrol the totem again`,
        );
      }
    },
    write({ enrolled, keys, revokedAt }) {
      const stored = Stored.parse({ ...enrolled, revokedAt, privateKey: keys.exportPrivateKey() });
      writeWholeSecretFile(file, `${JSON.stringify(stored, null, 2)}\n`);
    },
    warning() {
      // Windows has no such modes; there the folder's access list decides.
      if (process.platform === 'win32' || !existsSync(file)) return null;
      const mode = statSync(file).mode & 0o777;
      if ((mode & OTHERS_MAY_READ) === 0) return null;
      return `${file} has mode ${mode.toString(8)}: others can read the private key; chmod 600, then enrol again`;
    },
  };
}

/** Never the text of the file itself: JSON's own errors quote it. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it is no JSON';
  if (error instanceof z.ZodError)
    return `wrong: ${error.issues.map((issue) => issue.path.join('.')).join(', ')}`;
  return error instanceof Error ? error.message : String(error);
}
