import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { jsonOf } from '../http/exchange.ts';
import { isSecretPath, secretPath } from '../secret-path.ts';
import type {
  ChargeHint,
  RecurrenceHint,
  WebhookIntake,
  WebhookReading,
  WebhookRequest,
} from '../webhook-intake.ts';
import type { HubSignatures } from './hub-signature.ts';
import type { PagarmeSettings } from './settings.ts';
import { receiptIdOf } from './to-provider-charge.ts';

const SIGNATURE_HEADER = 'x-webhook-asymmetric-signature';
/** Ours, as the kiosk makes them: a code of another system of the merchant's may be anything. */
const TXID = /^[a-zA-Z0-9]{1,35}$/;
const HOOK_ID = /^hook_[\w-]{1,100}$/;

const Id = z.union([z.string(), z.number()]).transform(String);
/** Only what says what it is about. A part that is not as expected is as good as absent: the type is kept all the same. */
const Named = z.object({ id: Id.optional().catch(undefined), code: z.string().optional().catch(undefined) });
const Envelope = z.object({
  id: z.string().optional().catch(undefined),
  type: z.string().min(1).max(200),
  data: Named.extend({
    order: Named.optional().catch(undefined),
    subscription: Named.optional().catch(undefined),
    charge: Named.optional().catch(undefined),
    invoice: Named.optional().catch(undefined),
  })
    .nullable()
    .catch(null),
});

export function createWebhooks(
  settings: Pick<PagarmeSettings, 'secretKey' | 'webhooks'>,
  signatures: HubSignatures | null,
): WebhookIntake {
  const { webhooks } = settings;
  const secret = secretPath(settings.secretKey, 'pagarme');
  return {
    addressPath: webhooks.authentication === 'secret_address' ? `/${secret}` : '',
    async authenticate(request) {
      switch (webhooks.authentication) {
        case 'hub_signature': {
          const signed = await signatures?.isSigned(request.headers[SIGNATURE_HEADER], request.body);
          if (signed !== true) return { kind: 'refused', reason: 'signature' };
          break;
        }
        case 'basic':
          if (!isBasic(request.headers['authorization'], webhooks))
            return { kind: 'refused', reason: 'secret' };
          break;
        case 'secret_address':
          if (!isSecretPath(secret, request.path.split('/', 1)[0] ?? ''))
            return { kind: 'refused', reason: 'secret' };
          break;
      }
      return { kind: 'authentic', dedupeKey: dedupeKeyOf(request) };
    },
    read: ({ body }) => readEvent(Buffer.from(body).toString('utf8')),
  };
}

function isBasic(given: string | undefined, { user, password }: { user: string; password: string }): boolean {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected));
}

/** The hook's id is the same for each of its repetitions. Without one the bytes are. */
function dedupeKeyOf({ body }: Pick<WebhookRequest, 'body'>): string {
  const envelope = Envelope.safeParse(jsonOf(Buffer.from(body).toString('utf8')));
  const id = envelope.success ? envelope.data.id : undefined;
  return id !== undefined && HOOK_ID.test(id) ? id : createHash('sha256').update(body).digest('hex');
}

function readEvent(body: string): WebhookReading {
  const parsed = Envelope.safeParse(jsonOf(body));
  if (!parsed.success) return { kind: 'unreadable', reason: 'not a Pagar.me event: no type' };
  const { type, data } = parsed.data;
  return {
    kind: 'event',
    type,
    charges: chargesOf(type, data),
    recurrences: recurrencesOf(type, data),
    ...(type.startsWith('charge.') && data?.id !== undefined
      ? { receiptIds: [receiptIdOf({ id: data.id })] }
      : {}),
  };
}

type Data = z.infer<typeof Envelope>['data'];

/** Charges are named by their order: in `order.*` it is the object itself, in `charge.*` a part of it. */
function chargesOf(type: string, data: Data): ChargeHint[] {
  const [family] = type.split('.', 1);
  const order = family === 'order' ? data : family === 'charge' ? data?.order : undefined;
  const code = order?.code ?? (family === 'charge' ? data?.code : undefined);
  const txid = code !== undefined && TXID.test(code) ? code : null;
  const providerChargeId = order?.id ?? null;
  return txid === null && providerChargeId === null ? [] : [{ txid, providerChargeId }];
}

/** An invoice is what one period of a subscription asks for; a `charge.*` of its charge may name it. */
function recurrencesOf(type: string, data: Data): RecurrenceHint[] {
  const [family] = type.split('.', 1);
  const own = data?.id;
  if (family === 'subscription') return own === undefined ? [] : [{ kind: 'agreement', id: own }];
  const invoice = family === 'charge' ? data?.invoice?.id : undefined;
  if (invoice !== undefined) return [{ kind: 'request', id: invoice }];
  if (family !== 'invoice') return [];
  const agreement = data?.subscription?.id;
  return [
    ...(own === undefined ? [] : [{ kind: 'request', id: own } as const]),
    ...(agreement === undefined ? [] : [{ kind: 'agreement', id: agreement } as const]),
  ];
}
