import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type JsonWebKey,
} from 'node:crypto';
import { z } from 'zod';
import type { PspContext } from '../psp/psp-context.ts';
import type { WebhookTarget } from '../psp/webhook-delivery.ts';
import { Lie } from './orders.ts';

const KIND = 'pagarme.dashboard';
const KEY_BITS = 2048;

/** What a merchant sets in Pagar.me's pages, and, for tests, what goes wrong. */
export const Dashboard = z.strictObject({
  webhook: z
    .strictObject({
      url: z.url(),
      authentication: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('hub_signature') }),
        z.strictObject({ kind: z.literal('basic'), user: z.string(), password: z.string() }),
        z.strictObject({ kind: z.literal('none') }),
      ]),
    })
    .nullable(),
  lie: Lie,
});
export type Dashboard = z.infer<typeof Dashboard>;

const HubKey = z.object({ privateKey: z.string() });

export function dashboardOf({ store }: PspContext): Dashboard {
  return store.get(KIND, 'settings', Dashboard) ?? { webhook: null, lie: 'none' };
}

export function putDashboard({ store }: PspContext, dashboard: Dashboard): void {
  store.put(KIND, 'settings', dashboard);
}

/** The Hub's signing key; made at its first use. */
function hubKey(context: PspContext): { readonly privateKey: string; readonly kid: string } {
  const stored = context.store.get(KIND, 'hub-key', HubKey);
  const privateKey = stored?.privateKey ?? rotateHubKey(context);
  return { privateKey, kid: createHash('sha256').update(privateKey).digest('hex').slice(0, 16) };
}

export function rotateHubKey({ store }: PspContext): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  store.put(KIND, 'hub-key', { privateKey });
  return privateKey;
}

export function keySet(context: PspContext): { readonly keys: readonly JsonWebKey[] } {
  const { privateKey, kid } = hubKey(context);
  const key = createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' });
  return { keys: [{ ...key, kid, alg: 'RS256', use: 'sig' }] };
}

/** Where a webhook goes, and what says that it comes from Pagar.me. */
export function addressWebhook(context: PspContext, body: string): WebhookTarget | null {
  const { webhook } = dashboardOf(context);
  if (webhook === null) return null;
  const { url, authentication } = webhook;
  switch (authentication.kind) {
    case 'none':
      return { url, headers: {} };
    case 'basic': {
      const pair = Buffer.from(`${authentication.user}:${authentication.password}`).toString('base64');
      return { url, headers: { authorization: `Basic ${pair}` } };
    }
    case 'hub_signature': {
      const { privateKey, kid } = hubKey(context);
      const signature = createSign('RSA-SHA256').update(body).sign(privateKey, 'base64url');
      return {
        url,
        headers: { 'x-webhook-asymmetric-signature': `alg=RS256; kid=${kid}; signature=${signature}` },
      };
    }
  }
}
