import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import { FailedRefunds, type OwedCommands } from './FailedRefunds.tsx';
import { owedMoney } from './owed-money.ts';

interface Props {
  readonly snapshot: AdminSnapshot;
  readonly commands: OwedCommands;
}

/** Money that goes back or is held back, messages that were given up, and how the providers do. */
export function MoneyView({ snapshot, commands }: Props) {
  const { money, at } = snapshot;
  const words = text.admin.money;
  const { recurring, unattended } = money;
  const owed = owedMoney(money);
  const failed = money.refundsFailed + (recurring?.refundsFailed ?? 0);
  const disputes = money.disputesOpen + (recurring?.disputesOpen ?? 0);
  const isCalm = failed === 0 && disputes === 0 && money.deadLetters === 0 && unattended.length === 0;
  return (
    <section className="card money-troubles" aria-labelledby="money-title">
      <h2 id="money-title">{words.title}</h2>
      <dl className="figures">
        <Figure name={words.underWay} value={money.refundsUnderWay + (recurring?.refundsUnderWay ?? 0)} />
        <Figure name={words.failed} value={failed} />
        <Figure name={words.disputes} value={disputes} />
        <Figure name={words.disputed} value={disputedText(money)} />
        <Figure name={words.deadLetters} value={money.deadLetters} />
        <Figure name={words.refusedWebhooks} value={money.refusedWebhooks} />
      </dl>
      {isCalm ? (
        <Message icon="check" tone="good" title={words.calm}>
          <p>{words.calmDetail}</p>
        </Message>
      ) : null}
      {money.oldestDeadLetterAt !== null && (
        <p className="soft">
          {words.oldestDeadLetter(formatDuration(Math.max(0, at - money.oldestDeadLetterAt)))}
        </p>
      )}
      {unattended.map(({ provider, charges, refunds }) => (
        <Notice key={provider} icon="warning" tone="danger">
          {words.unattended(provider, charges + refunds)}
        </Notice>
      ))}
      {owed.length > 0 && <FailedRefunds owed={owed} commands={commands} />}
      <h3>{words.providers}</h3>
      <ul className="provider-list">
        {money.providers.map(({ name, status, downSince }) => (
          <li key={name}>
            {name}{' '}
            <span className={`badge tone-${status === 'ok' ? 'good' : 'danger'}`}>
              {words.status[status]}
            </span>
            {downSince !== null && (
              <span className="soft"> {words.since(formatDuration(Math.max(0, at - downSince)))}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Of sales in reais; of subscriptions in whatever they are paid in. */
function disputedText({ disputedCents, recurring }: AdminSnapshot['money']): string {
  const sums = new Map([['BRL', disputedCents]]);
  for (const { currency, cents } of recurring?.disputed ?? [])
    sums.set(currency, (sums.get(currency) ?? 0) + cents);
  return [...sums]
    .filter(([currency, cents]) => cents > 0 || currency === 'BRL')
    .map(([currency, cents]) => formatMoney(cents, currency))
    .join(' + ');
}

function Figure({ name, value }: { readonly name: string; readonly value: string | number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
