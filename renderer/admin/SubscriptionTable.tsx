import type { SubscriptionView } from '../../domain/protocol/recurring.ts';
import { formatCivilDay, formatDateTime, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import type { Tone } from '../ui/Message.tsx';

const TONES: Readonly<Record<NonNullable<SubscriptionView['status']>, Tone>> = {
  created: 'calm',
  active: 'good',
  failed: 'danger',
  rejected: 'danger',
  expired: 'calm',
  canceled: 'calm',
  paid: 'good',
  incomplete: 'warning',
  trialing: 'good',
  past_due: 'danger',
  paused: 'warning',
};

interface Props {
  readonly subscriptions: readonly SubscriptionView[];
  readonly onOpen: (subscription: SubscriptionView) => void;
}

/** One line each: whose, for what, how it stands in our words and in the provider's. */
export function SubscriptionTable({ subscriptions, onOpen }: Props) {
  const words = text.admin.subscriptions;
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.customer}</th>
            <th scope="col">{words.plan}</th>
            <th scope="col">{words.price}</th>
            <th scope="col">{words.status}</th>
            <th scope="col">{words.period}</th>
            <th scope="col">{words.came}</th>
            <th scope="col">{words.actions}</th>
          </tr>
        </thead>
        <tbody>
          {subscriptions.map((one) => (
            <tr key={one.subscriptionId}>
              <td>{customerOf(one)}</td>
              <td>
                {one.plan ?? words.noPlan}
                <Detail>{one.isNative ? words.native : words.providerRun(one.provider)}</Detail>
              </td>
              <td className="no-wrap">
                {one.amountCents === null
                  ? words.variable
                  : formatMoney(one.amountCents, one.currency ?? undefined)}
              </td>
              <td>
                <span className={`badge tone-${one.status === null ? 'warning' : TONES[one.status]}`}>
                  {words.statuses[one.status ?? 'unknown']}
                </span>
                {one.providerStatus !== null && <Detail>{words.providerWord(one.providerStatus)}</Detail>}
              </td>
              <td>{periodOf(one)}</td>
              <td className="no-wrap">
                {formatMoney(one.receivedCents, one.currency ?? undefined)}
                {one.returnedCents > 0 && (
                  <Detail>{words.wentBack(formatMoney(one.returnedCents, one.currency ?? undefined))}</Detail>
                )}
              </td>
              <td>
                <Button
                  variant="secondary"
                  label={words.detailsOf(subscriptionName(one))}
                  onPress={() => onOpen(one)}
                >
                  {words.details}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Detail({ children }: { readonly children: string }) {
  return <span className="row-detail">{children}</span>;
}

/** By which a manager knows it again, and a screen reader its button. */
export function subscriptionName(one: SubscriptionView): string {
  const words = text.admin.subscriptions;
  return `${one.plan ?? words.noPlan}, ${customerOf(one)}`;
}

function customerOf({ customer }: SubscriptionView): string {
  return customer?.name ?? customer?.document ?? customer?.email ?? text.admin.subscriptions.nobody;
}

function periodOf({ periodStartsOn, periodEndsOn, startedAt, trialEndsAt, status }: SubscriptionView) {
  const words = text.admin.subscriptions;
  const period =
    periodStartsOn !== null && periodEndsOn !== null
      ? `${formatCivilDay(periodStartsOn)} – ${formatCivilDay(periodEndsOn)}`
      : startedAt === null
        ? ''
        : formatDateTime(startedAt);
  const isTrial = trialEndsAt !== null && (status === 'trialing' || status === 'active');
  return (
    <>
      {period}
      {isTrial && <Detail>{words.trialUntil(formatDateTime(trialEndsAt))}</Detail>}
    </>
  );
}
