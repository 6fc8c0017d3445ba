import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWholeSecretFile } from '../../platform/whole-file.ts';

const newToken = (): string => randomBytes(24).toString('base64url');

const Secrets = z.object({
  managerToken: z.string(),
  pixClientSecret: z.string(),
  technicianPin: z.string(),
  /** Signs the simulated Stripe's events; a folder of before cards has none yet. */
  stripeWebhookSecret: z.string().default(() => `whsec_${newToken()}`),
});
export type Secrets = z.infer<typeof Secrets>;

/** The demonstration's secrets: made at the first start, kept in the data folder (mode 0600), never built in. */
export function loadSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  const secrets: Secrets = existsSync(file)
    ? Secrets.parse(JSON.parse(readFileSync(file, 'utf8')))
    : {
        managerToken: newToken(),
        pixClientSecret: newToken(),
        technicianPin: String(randomInt(100_000, 1_000_000)),
        stripeWebhookSecret: `whsec_${newToken()}`,
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

/** Writes the sync server's providers file: cards by the simulated Stripe, beside the PIX of the environment. */
export function writeProvidersFile(
  dataDir: string,
  secrets: Secrets,
  reached: { readonly apiBaseUrl: string; readonly scriptUrl: string },
): string {
  const file = join(dataDir, 'providers.json');
  const international = {
    provider: 'stripe',
    secretKey: 'sk_test_simulated',
    publishableKey: 'pk_test_simulated',
    webhookSecrets: [secrets.stripeWebhookSecret],
    ...reached,
  };
  writeWholeSecretFile(file, `${JSON.stringify({ international }, null, 2)}\n`);
  return file;
}

/** Tells the simulated Stripe where its events go. @throws Error when it does not take it */
export async function registerStripeWebhook(
  stripeUrl: string,
  secrets: Secrets,
  serverUrl: string,
): Promise<void> {
  const webhook = {
    url: new URL('/v1/webhooks/stripe', serverUrl).href,
    secret: secrets.stripeWebhookSecret,
  };
  const response = await fetch(`${stripeUrl}/sim/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ webhook }),
  });
  if (!response.ok) throw new Error(`the simulated Stripe refused its webhook: HTTP ${response.status}`);
}
