import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import type { RecurrenceHint, WebhookReading } from '../providers/webhook-intake.ts';
import { keepRecurrence, noteRecurrence, type RecurrenceKey } from './keep-recurrence.ts';
import { ownerOf } from './recurrence-owner.ts';

export type TakenRecurrence =
  | { readonly kind: 'applied' }
  /** It stands in the list, and cannot be read there. */
  | { readonly kind: 'noted' }
  | { readonly kind: 'not_found' }
  /** Several merchants receive by this account, and nothing says which of them is meant. */
  | { readonly kind: 'nobodys' }
  | { readonly kind: 'unavailable' | 'rejected'; readonly detail: string };

export type RecurrenceOrigin =
  | { readonly cause: 'webhook'; readonly receivedAtMs: number }
  | { readonly cause: 'sweep'; readonly merchantId: string };

/**
 * Reads an agreement, or what is charged by one, back from the provider and writes it down. Of a charge whose agreement
 * is not known yet the agreement is read too.
 * @param origin of a webhook, when it came; of a sweep, the merchant in whose list the money stands: it is theirs where
 *   nobody else is known to hold it
 */
export async function takeRecurrence(
  context: ServerContext,
  provider: PaymentProvider,
  hint: RecurrenceHint,
  origin: RecurrenceOrigin,
): Promise<TakenRecurrence> {
  const readAtMs = context.clock.nowMs();
  const outcome = await provider.readRecurrence?.(hint);
  if (outcome !== undefined && outcome.kind !== 'found') {
    if (outcome.kind === 'rejected')
      context.log.error(
        { provider: provider.name, kind: hint.kind, code: outcome.code },
        'the provider refused to tell of a recurrence',
      );
    return outcome;
  }
  const recurrence = outcome?.recurrence;
  const finder = origin.cause === 'sweep' ? origin.merchantId : null;
  const merchantId = (await ownerOf(context.db, provider.name, recurrence ?? hint)) ?? finder;
  if (merchantId === null) return { kind: 'nobodys' };
  const key = { ...hint, merchantId, provider: provider.name };
  if (origin.cause === 'webhook') await noteRecurrence(context, key, origin.receivedAtMs);
  if (recurrence === undefined) return { kind: 'noted' };
  await keepRecurrence(context, key, recurrence, origin.cause, readAtMs);
  const { agreementId } = recurrence;
  if (agreementId !== null)
    await takeAgreement(context, provider, { ...key, kind: 'agreement', id: agreementId }, origin.cause);
  return { kind: 'applied' };
}

/** Once: from then on its own webhooks tell of it. Without an answer the next charge of it asks again. */
async function takeAgreement(
  context: ServerContext,
  provider: PaymentProvider,
  key: RecurrenceKey,
  cause: RecurrenceOrigin['cause'],
): Promise<void> {
  if (await isKnownRecurrence(context, provider.name, key)) return;
  const readAtMs = context.clock.nowMs();
  const outcome = await provider.readRecurrence?.({ kind: key.kind, id: key.id });
  if (outcome?.kind === 'found') await keepRecurrence(context, key, outcome.recurrence, cause, readAtMs);
}

export async function isKnownRecurrence(
  { db }: Pick<ServerContext, 'db'>,
  provider: string,
  { kind, id }: RecurrenceHint,
): Promise<boolean> {
  const rows = await db.query(
    'SELECT 1 FROM recurrences WHERE provider = $1 AND kind = $2 AND recurrence_id = $3',
    [provider, kind, id],
  );
  return rows.length > 0;
}

/** Those that a webhook names, and those that are known to have brought the money that it speaks of. */
export async function recurrencesNamed(
  database: Queryable,
  provider: string,
  {
    recurrences,
    receiptIds = [],
  }: Pick<Extract<WebhookReading, { kind: 'event' }>, 'recurrences' | 'receiptIds'>,
): Promise<readonly RecurrenceHint[]> {
  if (receiptIds.length === 0) return recurrences;
  const byMoney = await database.query<{ kind: RecurrenceHint['kind']; id: string }>(
    'SELECT kind, recurrence_id AS id FROM recurring_receipts WHERE provider = $1 AND receipt_id = ANY($2)',
    [provider, receiptIds],
  );
  const isNew = (known: RecurrenceHint): boolean =>
    recurrences.every(({ kind, id }) => kind !== known.kind || id !== known.id);
  return [...recurrences, ...byMoney.filter(isNew)];
}
