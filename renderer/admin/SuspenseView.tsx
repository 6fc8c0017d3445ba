import type { IntegrationStatus } from '../../domain/protocol/integration.ts';
import { formatDuration, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Message } from '../ui/Message.tsx';

/** Money that came and belongs to no charge, and how fast the providers told of theirs. */
export function SuspenseView({ integration }: { readonly integration: IntegrationStatus }) {
  const { suspense, webhooks = [] } = integration;
  const words = text.admin.suspense;
  // A server of the release before does not tell.
  if (suspense === undefined) return null;
  const { open, openCents, oldestAgeSeconds } = suspense;
  return (
    <section className="card money-troubles" aria-labelledby="suspense-title">
      <h2 id="suspense-title">{words.title}</h2>
      <dl className="figures">
        <div>
          <dt>{words.open}</dt>
          <dd>{open}</dd>
        </div>
        <div>
          <dt>{words.amount}</dt>
          <dd>{formatMoney(openCents)}</dd>
        </div>
      </dl>
      {oldestAgeSeconds === null ? (
        <Message icon="check" tone="good" title={words.none}>
          <p>{words.noneDetail}</p>
        </Message>
      ) : (
        <p className="soft">{words.oldest(formatDuration(oldestAgeSeconds * 1000))}</p>
      )}
      {webhooks.length > 0 && (
        <>
          <h3>{words.webhooks}</h3>
          <ul className="provider-list">
            {webhooks.map(({ provider, receipts, missing, p90Ms }) => (
              <li key={provider}>
                {provider}{' '}
                <span className="soft">
                  {p90Ms === null ? words.noWebhooks : words.pace(formatDuration(p90Ms), missing, receipts)}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
