import type { MoneyTroubles } from '../../domain/protocol/screens.ts';
import { formatMoney } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';

/** What may be done about it: asked for again, said to be back, said to be owed to nobody. */
export type OwedAction = 'retry' | 'returned' | 'nothing';

/** Money of which its payer has nothing, and that goes nowhere by itself. */
export interface Owed {
  readonly key: string;
  readonly of:
    | { readonly kind: 'sale' | 'recurring'; readonly refundId: string }
    | { readonly kind: 'return'; readonly receiptId: string; readonly returnId: string };
  /** By which it is known: the ticket, else the refund. */
  readonly label: string;
  readonly isTicket: boolean;
  readonly amount: string;
  readonly reason: string;
  readonly problem: string;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  readonly actions: readonly OwedAction[];
}

/** Of sales and of subscriptions, in one list. */
export function owedMoney({ failedRefunds, recurring }: MoneyTroubles): Owed[] {
  const words = text.admin.money;
  const ofSales = failedRefunds.map((refund): Owed => {
    const { refundId, ticketLabel, amountCents, currency, reason, lastError, initiatedBy, bouncedAt } =
      refund;
    return {
      key: refundId,
      of: { kind: 'sale', refundId },
      label: ticketLabel ?? refundId,
      isTicket: ticketLabel !== null,
      amount: formatMoney(amountCents, currency),
      reason: words.reasons[reason],
      problem: bouncedAt === null ? wordsOf(lastError) : words.bounced,
      sinceMs: bouncedAt ?? refund.createdAt,
      actions:
        initiatedBy === 'us' || bouncedAt !== null ? ['retry', 'returned'] : ['retry', 'returned', 'nothing'],
    };
  });
  const ofSubscriptions = (recurring?.failedRefunds ?? []).map(
    ({ refundId, amountCents, currency, lastError, createdAt }): Owed => ({
      key: refundId,
      of: { kind: 'recurring', refundId },
      label: refundId,
      isTicket: false,
      amount: formatMoney(amountCents, currency),
      reason: words.ofSubscription,
      problem: wordsOf(lastError),
      sinceMs: createdAt,
      actions: ['retry', 'returned'],
    }),
  );
  const lost = (recurring?.lostReturns ?? []).map(
    ({ receiptId, returnId, amountCents, currency, openedAt, bouncedAt }): Owed => ({
      key: `${receiptId} ${returnId}`,
      of: { kind: 'return', receiptId, returnId },
      label: returnId,
      isTicket: false,
      amount: formatMoney(amountCents, currency),
      reason: words.ofSubscription,
      problem: bouncedAt === null ? words.lostByProvider : words.bounced,
      sinceMs: bouncedAt ?? openedAt,
      // Another one is asked for in the list of subscriptions.
      actions: ['returned', 'nothing'],
    }),
  );
  return [...ofSales, ...ofSubscriptions, ...lost];
}

function wordsOf(error: string | null): string {
  return error === null ? '' : technicalWords(error);
}
