import { createHash } from 'node:crypto';
import { isSecretPath, secretPath } from '../secret-path.ts';
import type { WebhookIntake, WebhookReading } from '../webhook-intake.ts';
import { WireWebhook } from './wire.ts';

/** On a Pix: shorter than that of a charge where it comes from a static code, which is none of ours. */
const TXID = /^[a-zA-Z0-9]{1,35}$/;

/** API Pix signs nothing: the address holds a secret, which the bank learns when the webhook is registered. */
export function createWebhooks(settings: {
  readonly clientId: string;
  readonly clientSecret: string;
}): WebhookIntake {
  const secret = secretPath(settings.clientSecret, settings.clientId);
  return {
    addressPath: `/${secret}`,
    authenticate({ path, body }) {
      // Banks append `/pix` to the address, and some do not.
      const [given = ''] = path.split('/', 1);
      if (!isSecretPath(secret, given)) return { kind: 'refused', reason: 'secret' };
      // An event has no id. The same bytes name the same Pix, with nothing new to tell.
      return { kind: 'authentic', dedupeKey: createHash('sha256').update(body).digest('hex') };
    },
    read: ({ body }) => readCallback(Buffer.from(body).toString('utf8')),
  };
}

function readCallback(body: string): WebhookReading {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'unreadable', reason: 'not JSON' };
  }
  const parsed = WireWebhook.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.join('.') || '(body)').join(', ');
    return { kind: 'unreadable', reason: `not a Pix callback: ${where}`.slice(0, 300) };
  }
  const txids = new Set(
    parsed.data.pix.flatMap(({ txid }) => (txid !== undefined && TXID.test(txid) ? [txid] : [])),
  );
  return {
    kind: 'event',
    type: 'pix',
    charges: [...txids].map((txid) => ({ txid, providerChargeId: null })),
    recurrences: [],
  };
}
