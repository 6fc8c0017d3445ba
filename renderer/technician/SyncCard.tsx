import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { syncFacts } from './sync-facts.ts';

interface Props {
  readonly sync: TechnicianSnapshot['sync'];
  readonly at: number;
  readonly busy: boolean;
  readonly onSyncNow: () => void;
}

export function SyncCard({ sync, at, busy, onSyncNow }: Props) {
  const words = text.technician;
  const lastContact =
    sync.lastContactAt === null ? words.never : words.ago(formatDuration(at - sync.lastContactAt));
  return (
    <section className="card stack">
      <h2>{words.sync}</h2>
      <p className="badge-row" role="status">
        <span className={`badge tone-${sync.server === 'online' ? 'good' : 'warning'}`}>
          {text.server.state[sync.server]}
        </span>
        <span className="soft technical">{sync.serverUrl}</span>
      </p>
      <dl className="facts tabular">
        <div>
          <dt>{words.lastContact}</dt>
          <dd>{lastContact}</dd>
        </div>
        {syncFacts(sync).map((fact) => (
          <div key={fact.name} className={fact.troubled ? 'troubled' : undefined}>
            <dt>{fact.name}</dt>
            <dd>{fact.value}</dd>
          </div>
        ))}
      </dl>
      <Button variant="secondary" busy={busy} onPress={onSyncNow}>
        {words.syncNow}
      </Button>
    </section>
  );
}
