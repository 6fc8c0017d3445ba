import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { formatDateTime, formatDuration, formatMoney } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Message } from '../ui/Message.tsx';

/** Money that goes back or is held back, messages that were given up, and how the providers do. */
export function MoneyView({ snapshot }: { readonly snapshot: AdminSnapshot }) {
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
      {money.failedRefunds.length > 0 && <FailedRefunds refunds={money.failedRefunds} />}
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

function FailedRefunds({ refunds }: { readonly refunds: AdminSnapshot['money']['failedRefunds'] }) {
  const words = text.admin.money;
  return (
    <>
      <h3>{words.failedTitle}</h3>
      <p className="soft">{words.failedDetail}</p>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.refund}</th>
            <th scope="col">{text.admin.amount}</th>
            <th scope="col">{words.reason}</th>
            <th scope="col">{words.problem}</th>
            <th scope="col">{words.askedAt}</th>
          </tr>
        </thead>
        <tbody>
          {refunds.map((refund) => (
            <tr key={refund.refundId}>
              <td className={refund.ticketLabel === null ? 'refund-id' : 'table-label'}>
                {refund.ticketLabel ?? refund.refundId}
              </td>
              <td className="no-wrap">{formatMoney(refund.amountCents, refund.currency)}</td>
              <td>{words.reasons[refund.reason]}</td>
              <td>{refund.lastError === null ? '' : technicalWords(refund.lastError)}</td>
              <td>{formatDateTime(refund.createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
