import { createHash } from 'node:crypto';
import { jsonOf } from '../http/exchange.ts';
import { isSecretPath, secretPath } from '../secret-path.ts';
import type { RecurrenceHint, WebhookIntake, WebhookReading } from '../webhook-intake.ts';
import { WireWebhook } from './wire.ts';

/** On a Pix: shorter than that of a charge where it comes from a static code, which is none of ours. */
const TXID = /^[a-zA-Z0-9]{1,35}$/;

/**
 * API Pix signs nothing: the address holds a secret, which the bank learns when the webhook is registered, and a bank
 * that can shows its certificate.
 */
export function createWebhooks(settings: {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookNeedsCertificate?: boolean | undefined;
}): WebhookIntake {
  const secret = secretPath(settings.clientSecret, settings.clientId);
  return {
    addressPath: `/${secret}`,
    authenticate({ path, body, hasClientCertificate }) {
      // Banks append `/pix`, `/rec`, `/cobr` to the address, and some do not.
      const [given = ''] = path.split('/', 1);
      if (!isSecretPath(secret, given)) return { kind: 'refused', reason: 'secret' };
      // A bank that tries the address without its certificate wants to be refused.
      if (settings.webhookNeedsCertificate === true && !hasClientCertificate)
        return { kind: 'refused', reason: 'certificate' };
      // An event has no id. The same bytes name the same Pix, with nothing new to tell.
      return { kind: 'authentic', dedupeKey: createHash('sha256').update(body).digest('hex') };
    },
    read: ({ body }) => readCallback(jsonOf(Buffer.from(body).toString('utf8'))),
  };
}

/** What it is about is said by the body: banks differ in what they append to the address. */
function readCallback(json: unknown): WebhookReading {
  const parsed = WireWebhook.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.join('.') || '(body)').join(', ');
    return { kind: 'unreadable', reason: `not a Pix callback: ${where}`.slice(0, 300) };
  }
  const { pix = [], recs = [], cobsr = [] } = parsed.data;
  const txids = new Set(pix.flatMap(({ txid }) => (txid !== undefined && TXID.test(txid) ? [txid] : [])));
  const recurrences: RecurrenceHint[] = [
    ...recs.map(({ idRec }) => ({ kind: 'agreement' as const, id: idRec })),
    ...cobsr.map(({ txid }) => ({ kind: 'charge' as const, id: txid })),
  ];
  return {
    kind: 'event',
    type: recs.length > 0 ? 'rec' : cobsr.length > 0 ? 'cobr' : 'pix',
    charges: [...txids].map((txid) => ({ txid, providerChargeId: null })),
    recurrences,
  };
}
