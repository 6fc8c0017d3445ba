import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { EnrolmentCode, EnrolResponse } from '../../domain/protocol/identity.ts';
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

/** A key that was sent to the server with a code, and whose answer has not come. */
export interface EnrolmentAttempt {
  readonly code: string;
  readonly keys: KeyPair;
}

const StoredAttempt = z.object({ code: EnrolmentCode, privateKey: PrivateKey });

export interface IdentityFile {
  /**
   * Null when there is none.
   * @throws StartupFailure when it cannot be read: a new key in its place would shut the totem out for good
   */
  read(): StoredIdentity | null;
  write(identity: StoredIdentity): void;
  /** Null when there is none, or none that can be read: it only spares a person a second code. */
  readAttempt(): EnrolmentAttempt | null;
  /** @param attempt null forgets it */
  writeAttempt(attempt: EnrolmentAttempt | null): void;
  /** Who else may read the key, in English; null when nobody may. */
  warning(): string | null;
}

/** The totem's identity, apart from the database, so that neither takes the other with it. Mode 0600, whole or not at all. */
export function createIdentityFile(file: string): IdentityFile {
  const attemptFile = `${file}.attempt`;
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
    readAttempt() {
      if (!existsSync(attemptFile)) return null;
      try {
        const { code, privateKey } = StoredAttempt.parse(JSON.parse(readFileSync(attemptFile, 'utf8')));
        return { code, keys: keyPairOf(privateKey) };
      } catch {
        rmSync(attemptFile, { force: true });
        return null;
      }
    },
    writeAttempt(attempt) {
      if (attempt === null) return rmSync(attemptFile, { force: true });
      const stored = StoredAttempt.parse({ code: attempt.code, privateKey: attempt.keys.exportPrivateKey() });
      writeWholeSecretFile(attemptFile, `${JSON.stringify(stored, null, 2)}\n`);
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
