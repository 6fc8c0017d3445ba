import { isStatusChangeAllowed } from '../../domain/payment-status.ts';
import type { Transaction } from '../db/database.ts';
import { SESSION_STATUS } from '../unified/follow-payment.ts';
import type { RowToAdopt } from './adopt-rows.ts';
import { adoptedIdOf } from './adopted-id.ts';
import { type AdoptedSession, type RowToWrite, readAdopted } from './adopted-store.ts';
import type { AdoptedLink, AdoptedSubscription } from './adopted-subscriptions.ts';
import { type AdoptedTransaction, changeTransaction, saysDisputeWon } from './change-transaction.ts';
import { findOwnCharges, readRelated } from './find-twins.ts';
import type { Place } from './place.ts';
import { isUnmapped, type ReadRow, type TransactionFacts } from './read-row.ts';
import type { Reason } from './reasons.ts';
import { createTwins, type Twins } from './twins.ts';

export interface TransactionChange {
  readonly before: AdoptedTransaction | null;
  readonly next: AdoptedTransaction;
  readonly row: ReadRow;
  readonly line: number;
}

export interface Decision {
  readonly decided: readonly (RowToAdopt & Pick<RowToWrite, 'state' | 'reasons'>)[];
  /** One of each transaction, whatever number of rows told of it. */
  readonly changes: readonly TransactionChange[];
  readonly sessions: readonly (Omit<AdoptedSession, 'rowId'> & { readonly line: number })[];
  readonly subscriptions: readonly (Omit<AdoptedSubscription, 'rowId'> & { readonly line: number })[];
  readonly links: readonly (Omit<AdoptedLink, 'rowId'> & { readonly line: number })[];
}

export interface KnownRow {
  readonly key: string;
  readonly hash: Uint8Array;
  readonly runId: string;
  readonly state: string;
  readonly merchantId: string | null;
}

/** What becomes of each row, given what is known and the rows before it. Reads only. */
export async function decide(
  transaction: Transaction,
  place: Place,
  source: string,
  rows: readonly RowToAdopt[],
  known: readonly KnownRow[],
): Promise<Decision> {
  const decided: Decision['decided'][number][] = [];
  const changes = new Map<string, TransactionChange>();
  const sessions: Decision['sessions'][number][] = [];
  const subscriptions: Decision['subscriptions'][number][] = [];
  const links: Decision['links'][number][] = [];
  const idOf = ({ merchantId, kind, key }: ReadRow): string =>
    merchantId === null ? '' : adoptedIdOf(merchantId, source, kind, key);
  const understood = rows.filter(({ row }) => !isUnmapped(row));
  const money = understood.filter(({ row }) => row.transaction !== null);
  const own = await findOwnCharges(transaction, money);
  const twins = createTwins([
    ...(
      await readAdopted(
        transaction,
        place,
        money.map(({ row }) => idOf(row)),
      )
    ).values(),
    ...(await readRelated(transaction, place, money)),
  ]);
  for (const one of rows) {
    const { row, line } = one;
    const earlier = known.filter(({ key, state }) => key === row.key && state !== 'duplicate');
    const isElsewhere = earlier.some(
      ({ state, merchantId }) => state !== 'unmapped' && merchantId !== null && merchantId !== row.merchantId,
    );
    const again = earlier.length > 0 ? ['known_with_other_content'] : [];
    const refuse = (reasons: readonly string[]): void => {
      decided.push({
        ...one,
        state: 'unmapped',
        reasons: [...new Set([...reasons, ...row.reasons, ...again])],
      });
    };
    if (isUnmapped(row) || row.merchantId === null) {
      refuse(isElsewhere ? ['merchant_may_not_change'] : []);
      continue;
    }
    const stop = isElsewhere ? 'merchant_may_not_change' : own.has(line) ? 'charge_is_of_this_system' : null;
    if (stop !== null) {
      refuse([stop]);
      continue;
    }
    const notes: string[] = [];
    if (row.transaction !== null) {
      const change = changeOf(twins, { ...row, merchantId: row.merchantId }, row.transaction, idOf(row));
      if (change.refused.length > 0) {
        refuse(change.refused);
        continue;
      }
      notes.push(...change.notes);
      twins.put(change.next);
      const first = changes.get(change.next.adoptedId);
      changes.set(
        change.next.adoptedId,
        first === undefined
          ? { before: change.before, next: change.next, row, line }
          : { ...first, next: change.next, row: { ...first.row, old: row.old } },
      );
    }
    if (row.session !== null) {
      const { status, ...facts } = row.session;
      sessions.push({
        ...facts,
        status: SESSION_STATUS[status],
        merchantId: row.merchantId,
        sessionId: idOf(row),
        source,
        key: row.key,
        oldStatus: row.old.statusV2 ?? row.old.status,
        line,
      });
    }
    const told = { merchantId: row.merchantId, source, key: row.key, line };
    const oldStatus = row.old.statusV2 ?? row.old.status;
    if (row.subscription !== null)
      subscriptions.push({ ...row.subscription, ...told, subscriptionId: idOf(row), oldStatus });
    if (row.subscription?.providerCustomerId)
      links.push({
        ...told,
        provider: row.subscription.provider,
        customerKey: row.subscription.customerKey,
        providerCustomerId: row.subscription.providerCustomerId,
        card: null,
        linkId: adoptedIdOf(row.merchantId, source, 'customer_provider of a subscription', row.key),
        kind: 'customer_provider',
      });
    if (row.link !== null) links.push({ ...row.link, ...told, linkId: idOf(row), kind: row.kind });
    const isWhole = row.reasons.length === 0 && notes.length === 0;
    decided.push({
      ...one,
      state: isWhole ? 'mapped' : 'partly',
      reasons: [...notes, ...row.reasons, ...again],
    });
  }
  return { decided, changes: [...changes.values()], sessions, subscriptions, links };
}

interface RowChange {
  readonly before: AdoptedTransaction | null;
  readonly next: AdoptedTransaction;
  /** Why nothing is made of it; then nothing is. */
  readonly refused: readonly string[];
  readonly notes: readonly Reason[];
}

/** What a row makes of its own transaction, or of the one that is known of its charge. */
function changeOf(
  twins: Twins,
  row: ReadRow & { readonly merchantId: string },
  facts: TransactionFacts,
  adoptedId: string,
): RowChange {
  const isDisputeWon = saysDisputeWon([row.old.status, row.old.statusV2]);
  const before = twins.of(adoptedId);
  const fresh: AdoptedTransaction = { merchantId: row.merchantId, adoptedId, wonCents: 0, ...facts };
  const twin = twins.find(fresh);
  const refused = (reason: Reason): RowChange => ({ before, next: fresh, refused: [reason], notes: [] });
  if (before !== null) {
    // One id, two charges: the source's ids are no ids.
    if (isOther(before, fresh)) return refused('charge_may_not_change');
    if (twin?.by === 'charge') return refused(reasonOf(twin.known, fresh));
    if (twin?.by === 'order' && before.paidAtMs === null) return refused('order_adopted_already');
    return { before, ...changeTransaction(before, facts, isDisputeWon), notes: [] };
  }
  if (twin === null) return { before: null, next: fresh, refused: [], notes: [] };
  if (twin.by === 'order') return refused('order_adopted_already');
  const { known } = twin;
  if (known.merchantId !== fresh.merchantId) return refused('charge_of_another_merchant');
  // The placeholder of a checkout came first, and this row knows how it ended; what says no more is the same money again.
  const saysMore =
    isStatusChangeAllowed(known.status, facts.status) || facts.refundedCents > known.refundedCents;
  if (!saysMore) return refused('charge_adopted_already');
  const moved = changeTransaction(known, facts, isDisputeWon);
  if (moved.refused.length > 0)
    return { before: known, next: known, refused: ['charge_adopted_already', ...moved.refused], notes: [] };
  return { before: known, next: moved.next, refused: [], notes: ['charge_known_under_another_id'] };
}

function reasonOf(known: AdoptedTransaction, fresh: AdoptedTransaction): Reason {
  return known.merchantId === fresh.merchantId ? 'charge_adopted_already' : 'charge_of_another_merchant';
}

/** Both name a charge, and not the same one; a PaymentIntent beside its charge is the same. */
function isOther(known: AdoptedTransaction, told: AdoptedTransaction): boolean {
  if (known.chargeId === null || told.chargeId === null || known.chargeId === told.chargeId) return false;
  return known.orderId !== told.chargeId && known.chargeId !== told.orderId;
}
