import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWholeSecretFile } from '../../platform/whole-file.ts';

const Secrets = z.object({
  managerToken: z.string(),
  pixClientSecret: z.string(),
  technicianPin: z.string(),
});
export type Secrets = z.infer<typeof Secrets>;

const newToken = (): string => randomBytes(24).toString('base64url');

/** The demonstration's secrets: made at the first start, kept in the data folder (mode 0600), never built in. */
export function loadSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const secrets: Secrets = existsSync(file)
    ? Secrets.parse(JSON.parse(readFileSync(file, 'utf8')))
    : {
        managerToken: newToken(),
        pixClientSecret: newToken(),
        technicianPin: String(randomInt(100_000, 1_000_000)),
      };
  mkdirSync(dataDir, { recursive: true });
  writeWholeSecretFile(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** Writes the sync server's access file (token hashes alone) and answers its path. */
export function writeAccessFile(dataDir: string, secrets: Secrets, merchantId: string): string {
  const file = join(dataDir, 'access.json');
  const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
  const entries = [{ role: 'manager', tokenSha256: hash(secrets.managerToken), merchantId }];
  writeWholeSecretFile(file, `${JSON.stringify(entries, null, 2)}\n`);
  return file;
}
