import type { ReactNode } from 'react';
import type { IntegrationStatus } from '../../domain/protocol/integration.ts';
import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration, formatMoney, formatPercent, formatSeconds, formatTime } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message, type Tone } from '../ui/Message.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { AdminNav } from './AdminNav.tsx';

const TONE: Record<IntegrationStatus['health'], Tone> = {
  healthy: 'good',
  warning: 'warning',
  critical: 'danger',
};

interface Props {
  readonly snapshot: AdminSnapshot;
  readonly onLeave: () => void;
  /** What else the manager's page has, below. */
  readonly children: ReactNode;
}

export function IntegrationView({ snapshot, onLeave, children }: Props) {
  const { integration } = snapshot;
  return (
    <main className="admin" data-view="integration">
      <header className="staff-header">
        <div>
          <ViewTitle>{text.admin.title}</ViewTitle>
          <p className="soft">{snapshot.merchantName}</p>
        </div>
        <p className="soft tabular">{text.admin.updated(formatTime(snapshot.at, null))}</p>
        <Button variant="secondary" onPress={onLeave}>
          {text.admin.leave}
        </Button>
      </header>
      <AdminNav />
      <section className={`card health tone-${TONE[integration.health]}`} role="status">
        <p className={`badge tone-${TONE[integration.health]}`}>{text.admin.health[integration.health]}</p>
        <p>{text.admin.healthDetail[integration.health]}</p>
      </section>
      <section className="card">
        <Figures figures={integrationFigures(integration)} />
      </section>
      <section className="card">
        <h2>{text.admin.atCounter}</h2>
        <Figures
          figures={[
            [text.admin.atCounterReceived, formatMoney(snapshot.atCounter.receivedCents)],
            [text.admin.atCounterTickets, snapshot.atCounter.receivedCount],
            [text.admin.atCounterUnpaid, formatMoney(snapshot.atCounter.unpaidCents)],
            [text.admin.atCounterUnpaidTickets, snapshot.atCounter.unpaidCount],
          ]}
        />
      </section>
      <section className="card">
        <h2>{text.admin.issues}</h2>
        <Issues issues={integration.issues} />
      </section>
      {children}
    </main>
  );
}

type Figure = readonly [name: string, value: string | number];

function integrationFigures(integration: IntegrationStatus): readonly Figure[] {
  return [
    [text.admin.conversion, formatPercent(integration.conversionPercent)],
    [text.admin.sessions, integration.sessions],
    [text.admin.paid, integration.paid],
    [text.admin.tickets, integration.tickets],
    [text.admin.average, formatSeconds(integration.averageSecondsToTicket)],
    [text.admin.p95, formatSeconds(integration.p95SecondsToTicket)],
    [text.admin.refundsOpen, integration.refundsOpen],
  ];
}

function Figures({ figures }: { readonly figures: readonly Figure[] }) {
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Issues({ issues }: { readonly issues: IntegrationStatus['issues'] }) {
  if (issues.length === 0) {
    return (
      <Message icon="check" tone="good" title={text.admin.issuesNone}>
        <p>{text.admin.issuesNoneDetail}</p>
      </Message>
    );
  }
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{text.admin.age}</th>
          <th scope="col">{text.admin.kiosk}</th>
          <th scope="col">{text.admin.amount}</th>
          <th scope="col">{text.admin.paidAt}</th>
          <th scope="col">{text.admin.transaction}</th>
        </tr>
      </thead>
      <tbody>
        {issues.map((issue) => (
          <tr key={issue.sessionId}>
            <td className="table-label no-wrap">{formatDuration(issue.ageSeconds * 1000)}</td>
            <td className="no-wrap">{issue.kioskId}</td>
            <td>{formatMoney(issue.amountCents, issue.currency)}</td>
            <td>{formatTime(issue.paidAt, null)}</td>
            <td className="issue-transaction">{issue.transactionId}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
