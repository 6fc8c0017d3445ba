import type { RecurrenceView, RecurringRefundView } from '../../domain/protocol/recurring.ts';
import { formatCivilDay, formatDateTime, formatMoney, formatTime } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import type { Tone } from '../ui/Message.tsx';
import { Detail } from './SubscriptionTable.tsx';

export type Receipt = RecurrenceView['receipts'][number];
type Return = RecurrenceView['returns'][number];

const TONES: Readonly<Record<RecurringRefundView['status'], Tone>> = {
  requested: 'warning',
  processing: 'warning',
  settled: 'good',
  failed: 'danger',
};

interface Props {
  readonly charges: readonly RecurrenceView[];
  readonly busy: boolean;
  readonly onRefund: (receipt: Receipt) => void;
  readonly onRetry: (refund: RecurringRefundView) => void;
}

/** A line for each charge, newest first, with its money and what became of it. */
export function PaymentTable({ charges, busy, onRefund, onRetry }: Props) {
  const words = text.admin.subscriptions;
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.charge}</th>
            <th scope="col">{words.status}</th>
            <th scope="col">{words.payment}</th>
            <th scope="col">{words.back}</th>
            <th scope="col">{words.actions}</th>
          </tr>
        </thead>
        <tbody>
          {charges.map((charge) => (
            <tr key={`${charge.provider} ${charge.id}`}>
              <td>
                {charge.amountCents === null
                  ? words.variable
                  : formatMoney(charge.amountCents, charge.currency ?? undefined)}
                <Detail>{periodOf(charge)}</Detail>
              </td>
              <td>
                {words.statuses[charge.status ?? 'unknown']}
                {charge.providerStatus !== null && (
                  <Detail>{words.providerWord(charge.providerStatus)}</Detail>
                )}
              </td>
              <td>
                {charge.receipts.length === 0
                  ? words.notPaid
                  : charge.receipts.map((receipt) => (
                      <div key={receipt.receiptId} className="no-wrap">
                        {formatMoney(receipt.amountCents, receipt.currency)}
                        <Detail>{formatDateTime(receipt.paidAt)}</Detail>
                      </div>
                    ))}
              </td>
              <td>
                <Back charge={charge} busy={busy} onRetry={onRetry} />
              </td>
              <td>
                {charge.receipts.map((receipt) => (
                  <Refund key={receipt.receiptId} receipt={receipt} busy={busy} onRefund={onRefund} />
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function periodOf({ periodStartsOn, periodEndsOn, dueOn, id }: RecurrenceView): string {
  if (periodStartsOn !== null && periodEndsOn !== null)
    return `${formatCivilDay(periodStartsOn)} – ${formatCivilDay(periodEndsOn)}`;
  return dueOn === null ? id : text.admin.subscriptions.dueOn(formatCivilDay(dueOn));
}

function Refund({
  receipt,
  busy,
  onRefund,
}: {
  readonly receipt: Receipt;
  readonly busy: boolean;
  readonly onRefund: (receipt: Receipt) => void;
}) {
  const words = text.admin.subscriptions;
  if (receipt.noRefund !== null) return <p className="soft">{words.noRefund[receipt.noRefund]}</p>;
  const amount = formatMoney(receipt.amountCents, receipt.currency);
  return (
    <Button
      variant="secondary"
      busy={busy}
      label={words.refundOf(amount, formatDateTime(receipt.paidAt))}
      onPress={() => onRefund(receipt)}
    >
      {words.refund}
    </Button>
  );
}

/** What we asked for, and what went back without us. */
function Back({
  charge,
  busy,
  onRetry,
}: Pick<Props, 'busy' | 'onRetry'> & { readonly charge: RecurrenceView }) {
  const words = text.admin.subscriptions;
  const { refunds } = charge;
  const others = charge.returns.filter(
    ({ returnId, bouncedAt }) => bouncedAt !== null || refunds.every(({ refundId }) => refundId !== returnId),
  );
  if (refunds.length + others.length === 0) return <span className="soft">{words.noneBack}</span>;
  return (
    <ul className="plain-list">
      {refunds.map((refund) => (
        <li key={refund.refundId}>
          <span className={`badge tone-${TONES[refund.status]}`}>{words.refundStatuses[refund.status]}</span>{' '}
          {formatMoney(refund.amountCents, refund.currency)}
          <Detail>{refund.note}</Detail>
          {problemsOf(refund).map((problem) => (
            <Detail key={problem}>{problem}</Detail>
          ))}
          {refund.status === 'failed' && refund.returned === null && (
            <Button
              variant="secondary"
              busy={busy}
              label={words.retryOf(formatMoney(refund.amountCents, refund.currency))}
              onPress={() => onRetry(refund)}
            >
              {words.retry}
            </Button>
          )}
        </li>
      ))}
      {others.map((one) => (
        <li key={`${one.receiptId} ${one.returnId}`}>
          {formatMoney(one.amountCents, one.currency)}
          <Detail>{otherText(one)}</Detail>
        </li>
      ))}
    </ul>
  );
}

function problemsOf({ lastError, nextAttemptAt, returned, status }: RecurringRefundView): string[] {
  const words = text.admin.subscriptions;
  if (returned !== null) return [words.byHand(returned.by)];
  if (status === 'settled') return [];
  return [
    ...(lastError === null ? [] : [technicalWords(lastError)]),
    ...(nextAttemptAt === null || lastError === null ? [] : [words.again(formatTime(nextAttemptAt, null))]),
  ];
}

function otherText({ kind, status, bouncedAt, closed }: Return): string {
  const words = text.admin.subscriptions;
  const state = bouncedAt === null ? words.returnStatuses[status] : words.bounced;
  const seen = closed === null ? '' : ` (${closed.by}: ${closed.note})`;
  return `${words.returnKinds[kind]}: ${state}${seen}`;
}
