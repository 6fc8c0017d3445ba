import { createHash } from 'node:crypto';
import { z } from 'zod';
import { jsonOf } from '../http/exchange.ts';
import { isSecretPath, secretPath } from '../secret-path.ts';
import type { ChargeHint, RecurrenceHint, WebhookIntake, WebhookReading } from '../webhook-intake.ts';
import { Id } from './amounts.ts';

/** Ours, as the kiosk makes them; it travels as a product's sku, where the account's shape tells products. */
const TXID = /^[a-zA-Z0-9]{26,35}$/;
const MAX_PRODUCTS = 50;

const Products = z
  .array(z.object({ sku: z.string().optional().catch(undefined) }))
  .max(MAX_PRODUCTS)
  .optional()
  .catch(undefined);
/** A part that is not as expected is as good as absent: the event is kept all the same. `data` may be a list. */
const Envelope = z.object({
  event: z.string().min(1).max(200),
  data: z
    .object({
      id: Id.optional().catch(undefined),
      order_id: Id.optional().catch(undefined),
      customer_id: Id.optional().catch(undefined),
      products: Products,
      order_products: Products,
      subscription: z
        .object({ id: Id.optional().catch(undefined) })
        .optional()
        .catch(undefined),
    })
    .nullable()
    .catch(null),
});
type Data = z.infer<typeof Envelope>['data'];

/** Appmax signs nothing, and sends neither id nor time: the address is the secret, and the order is read for the rest. */
export function createWebhooks(secretOfTheAccount: string): WebhookIntake {
  const secret = secretPath(secretOfTheAccount, 'appmax');
  return {
    addressPath: `/${secret}`,
    authenticate({ path, body }) {
      if (!isSecretPath(secret, path.split('/', 1)[0] ?? '')) return { kind: 'refused', reason: 'secret' };
      // The same bytes say the same of the same order, with nothing new to tell.
      return { kind: 'authentic', dedupeKey: createHash('sha256').update(body).digest('hex') };
    },
    read: ({ body }) => readEvent(Buffer.from(body).toString('utf8')),
  };
}

function readEvent(body: string): WebhookReading {
  const parsed = Envelope.safeParse(jsonOf(body));
  if (!parsed.success) return { kind: 'unreadable', reason: 'not an Appmax event: no event' };
  const { event, data } = parsed.data;
  return { kind: 'event', type: event, charges: chargesOf(event, data), recurrences: recurrencesOf(data) };
}

/**
 * The five shapes that an account can choose differ in where the order's id is: `order_id`, or `id` beside a
 * `customer_id`. Of an event about a customer `id` is the customer's.
 */
function chargesOf(event: string, data: Data): ChargeHint[] {
  if (data === null || /^customer/i.test(event)) return [];
  const providerChargeId = data.order_id ?? (data.customer_id === undefined ? undefined : data.id) ?? null;
  const skus = [...(data.products ?? []), ...(data.order_products ?? [])].flatMap(({ sku }) => sku ?? []);
  const txid = skus.find((sku) => TXID.test(sku)) ?? null;
  return providerChargeId === null && txid === null ? [] : [{ txid, providerChargeId }];
}

function recurrencesOf(data: Data): RecurrenceHint[] {
  const id = data?.subscription?.id;
  return id === undefined ? [] : [{ kind: 'agreement', id }];
}
