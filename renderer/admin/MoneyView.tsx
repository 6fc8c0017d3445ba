import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Message } from '../ui/Message.tsx';
import type { AdminCommands } from './admin-commands.ts';
import { FailedRefunds } from './FailedRefunds.tsx';

interface Props {
  readonly snapshot: AdminSnapshot;
  readonly commands: Pick<AdminCommands, 'closeReturned'>;
}

/** Money that goes back or is held back, messages that were given up, and how the providers do. */
export function MoneyView({ snapshot, commands }: Props) {
  const { money, at } = snapshot;
  const words = text.admin.money;
  const isCalm = money.refundsFailed === 0 && money.disputesOpen === 0 && money.deadLetters === 0;
  return (
    <section className="card money-troubles" aria-labelledby="money-title">
      <h2 id="money-title">{words.title}</h2>
      <dl className="figures">
        <Figure name={words.underWay} value={money.refundsUnderWay} />
        <Figure name={words.failed} value={money.refundsFailed} />
        <Figure name={words.disputes} value={money.disputesOpen} />
        <Figure name={words.disputed} value={formatMoney(money.disputedCents)} />
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
      {money.failedRefunds.length > 0 && <FailedRefunds refunds={money.failedRefunds} commands={commands} />}
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

function Figure({ name, value }: { readonly name: string; readonly value: string | number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
