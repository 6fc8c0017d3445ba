import { useState } from 'react';
import type { ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { useCommand } from '../shell/use-command.ts';
import { goToScreen } from '../shell/use-screen.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { DiskCard } from './DiskCard.tsx';
import { IdentityCard } from './IdentityCard.tsx';
import { AttentionCard, RecentJobsCard } from './JobCards.tsx';
import { LayersCard } from './LayersCard.tsx';
import { PrinterCard } from './PrinterCard.tsx';
import { SetAsideCard } from './SetAsideCard.tsx';
import { SyncCard } from './SyncCard.tsx';
import { lock } from './technician-store.ts';

interface Props {
  readonly snapshot: TechnicianSnapshot;
  readonly pin: string;
}

export function Diagnostics({ snapshot, pin }: Props) {
  const { busy, refusal, send } = useCommand();
  const [done, setDone] = useState<string | null>(null);
  const run = async (command: ScreenCommand, doneWords: string): Promise<boolean> => {
    setDone(null);
    const result = await send(command);
    if (!result?.ok) return false;
    setDone(doneWords);
    return true;
  };

  return (
    <main className="diagnostics" data-view="diagnostics">
      <header className="staff-header">
        <div>
          <ViewTitle>{text.technician.pinTitle}</ViewTitle>
          <p className="soft tabular">
            {text.technician.kiosk(snapshot.kioskId, snapshot.version)} ·{' '}
            {text.technician.upFor(formatDuration(snapshot.at - snapshot.startedAt))}
          </p>
        </div>
        <Button variant="secondary" onPress={() => goToScreen('totem')}>
          {text.technician.toTotem}
        </Button>
        <Button variant="secondary" onPress={lock}>
          <Icon name="lock" />
          {text.technician.lock}
        </Button>
      </header>
      {refusal !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.refusal[refusal.code]}
        </Notice>
      )}
      {done !== null && (
        <Notice icon="check" tone="good">
          {done}
        </Notice>
      )}
      <div className="diagnostics-grid">
        <div className="diagnostics-column">
          <LayersCard layers={snapshot.layers} at={snapshot.at} />
          <PrinterCard
            printer={snapshot.printer}
            at={snapshot.at}
            busy={busy !== null}
            onTestPrint={() => run({ kind: 'technician.test_print', pin }, text.technician.testSent)}
          />
          <AttentionCard
            jobs={snapshot.needsAttention}
            busy={busy !== null}
            onReprint={(ticketId, label) =>
              run({ kind: 'technician.reprint', pin, ticketId }, text.technician.reprintSent(label))
            }
          />
        </div>
        <div className="diagnostics-column">
          <IdentityCard
            snapshot={snapshot}
            busy={busy !== null}
            onEnrol={(code) =>
              run({ kind: 'technician.enrol', pin, code }, text.technician.identity.enrolled)
            }
          />
          <SyncCard
            sync={snapshot.sync}
            at={snapshot.at}
            busy={busy !== null}
            onSyncNow={() => run({ kind: 'technician.sync_now', pin }, text.technician.syncSent)}
          />
          <SetAsideCard
            events={snapshot.sync.setAside}
            at={snapshot.at}
            busy={busy !== null}
            onRetry={() => run({ kind: 'technician.retry_set_aside', pin }, text.technician.setAsideRetried)}
          />
          <DiskCard disk={snapshot} />
          <TodayCard today={snapshot.sessionsToday} />
        </div>
        <RecentJobsCard jobs={snapshot.recentJobs} />
      </div>
    </main>
  );
}

function TodayCard({ today }: { readonly today: TechnicianSnapshot['sessionsToday'] }) {
  return (
    <section className="card">
      <h2>{text.technician.today}</h2>
      <dl className="figures">
        <div>
          <dt>{text.technician.opened}</dt>
          <dd>{today.opened}</dd>
        </div>
        <div>
          <dt>{text.technician.paid}</dt>
          <dd>{today.paid}</dd>
        </div>
        <div>
          <dt>{text.technician.tickets}</dt>
          <dd>{today.tickets}</dd>
        </div>
      </dl>
    </section>
  );
}
