import { createHash } from 'node:crypto';
import { jsonOf } from '../http/exchange.ts';
import { isSecretPath } from '../secret-path.ts';
import type { WebhookIntake, WebhookReading, WebhookRequest, WebhookVerdict } from '../webhook-intake.ts';
import type { PaymentIds } from './payment-ids.ts';
import type { OpenFinanceSettings } from './settings.ts';
import { ConsentId, PaymentId, WireWebhook } from './wire.ts';

/** What the specification puts after the address (webhook 1.2.0), and what each is about. */
const SUBJECTS = [
  { pattern: /\/payments\/v\d+\/consents\/(.+)$/, type: 'consent' },
  { pattern: /\/payments\/v\d+\/pix\/payments\/([^/]+)$/, type: 'payment' },
  { pattern: /\/automatic-payments\/v\d+\/recurring-consents\/(.+)$/, type: 'recurring_consent' },
  { pattern: /\/automatic-payments\/v\d+\/pix\/recurring-payments\/([^/]+)$/, type: 'recurring_payment' },
  { pattern: /\/enrollments\/v\d+\/enrollments\/(.+)$/, type: 'enrollment' },
] as const;

/** They carry no status and no signature: which id changed, and when. Answered 202. */
export function createWebhooks(settings: OpenFinanceSettings, paymentIds: PaymentIds): WebhookIntake {
  const { webhookSecret, webhookNeedsCertificate } = settings;
  return {
    authenticate(request) {
      if (webhookNeedsCertificate && !request.hasClientCertificate) return refused('certificate');
      if (webhookSecret !== undefined && !isUnderSecret(request.path, webhookSecret))
        return refused('secret');
      return { kind: 'authentic', dedupeKey: dedupeKeyOf(request) };
    },
    read: (webhook) => read(webhook, paymentIds),
    addressPath: webhookSecret === undefined ? '' : `/${webhookSecret}`,
    acknowledgeWith: 202,
  };
}

function refused(reason: Extract<WebhookVerdict, { kind: 'refused' }>['reason']): WebhookVerdict {
  return { kind: 'refused', reason };
}

function isUnderSecret(path: string, secret: string): boolean {
  const [first = ''] = path.replace(/^\//, '').split('/', 1);
  return isSecretPath(secret, first);
}

/**
 * The interaction's id is another one at each attempt, and the body's time counts whole seconds, in which a payment
 * can change twice: taking the same notice twice costs one read, taking two for one could cost a sale its ticket.
 */
function dedupeKeyOf({ path, headers, body }: WebhookRequest): string {
  return createHash('sha256')
    .update(`${headers['x-webhook-interaction-id'] ?? ''}\n${path}\n`)
    .update(body)
    .digest('hex');
}

function read({ path, body }: Pick<WebhookRequest, 'path' | 'body'>, paymentIds: PaymentIds): WebhookReading {
  if (!WireWebhook.safeParse(jsonOf(Buffer.from(body).toString('utf8'))).success)
    return { kind: 'unreadable', reason: 'not an Open Finance webhook: data.timestamp' };
  for (const { pattern, type } of SUBJECTS) {
    const id = decoded(pattern.exec(path)?.[1]);
    if (id !== undefined) return readingOf(type, id, paymentIds);
  }
  return { kind: 'unreadable', reason: 'the path names no consent and no payment' };
}

function readingOf(
  type: (typeof SUBJECTS)[number]['type'],
  id: string,
  paymentIds: PaymentIds,
): WebhookReading {
  const event = { kind: 'event', type, charges: [], recurrences: [] } as const;
  if (type === 'enrollment') return event;
  const isId = (type === 'consent' || type === 'recurring_consent' ? ConsentId : PaymentId).safeParse(
    id,
  ).success;
  if (!isId) return { kind: 'unreadable', reason: `not the id of a ${type}` };
  if (type === 'recurring_consent') return { ...event, recurrences: [{ kind: 'agreement', id }] };
  if (type === 'recurring_payment') return { ...event, recurrences: [{ kind: 'charge', id }] };
  const providerChargeId = type === 'consent' ? id : (paymentIds.consentOf(id) ?? id);
  return { ...event, charges: [{ txid: null, providerChargeId }] };
}

/** Of a part of the path, which may have been decoded on its way here already. */
function decoded(part: string | undefined): string | undefined {
  if (part === undefined) return undefined;
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}
