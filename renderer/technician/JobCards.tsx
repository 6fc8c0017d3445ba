import { useState } from 'react';
import type { z } from 'zod';
import type { PrintJobView } from '../../domain/protocol/screens.ts';
import { formatTime } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Message, type Tone } from '../ui/Message.tsx';

type Job = z.infer<typeof PrintJobView>;

const TONE: Record<Job['status'], Tone> = {
  queued: 'calm',
  sending: 'calm',
  printed: 'good',
  failed: 'danger',
  uncertain: 'warning',
  superseded: 'calm',
};

interface AttentionProps {
  readonly jobs: readonly Job[];
  readonly busy: boolean;
  readonly onReprint: (ticketId: string, label: string) => void;
}

/** Tickets whose paper failed, or may have: each with its second copy. */
export function AttentionCard({ jobs, busy, onReprint }: AttentionProps) {
  const [asked, setAsked] = useState<{ ticketId: string; label: string } | null>(null);
  const words = text.technician;
  return (
    <section className="card">
      <h2>{words.attention}</h2>
      {jobs.length === 0 && (
        <Message icon="check" tone="good" title={words.attentionNone}>
          <p>{words.attentionNoneDetail}</p>
        </Message>
      )}
      <ul>
        {jobs.map((job) => (
          <li key={job.jobId} className="attention-row">
            <span className="table-label tabular">{job.label}</span>
            <StatusBadge status={job.status} />
            <span className="attention-error technical">
              {job.lastError !== null && technicalWords(job.lastError)}
            </span>
            {job.ticketId !== null && (
              <Button
                variant="secondary"
                busy={busy}
                label={words.reprintTicket(job.label)}
                onPress={() =>
                  job.ticketId !== null && setAsked({ ticketId: job.ticketId, label: job.label })
                }
              >
                {words.reprint}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked !== null && (
        <Dialog title={words.reprintTitle(asked.label)} onDismiss={() => setAsked(null)}>
          <p>{words.reprintDetail}</p>
          <div className="dialog-actions">
            <Button variant="secondary" onPress={() => setAsked(null)}>
              {text.common.cancel}
            </Button>
            <Button
              autoFocus
              onPress={() => {
                setAsked(null);
                onReprint(asked.ticketId, asked.label);
              }}
            >
              {words.reprint}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

export function RecentJobsCard({ jobs }: { readonly jobs: readonly Job[] }) {
  const words = text.technician;
  return (
    <section className="card wide">
      <h2>{words.jobs}</h2>
      {jobs.length === 0 ? (
        <Message icon="printer" title={words.jobsNone}>
          <p>{words.jobsNoneDetail}</p>
        </Message>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.time}</th>
              <th scope="col">{words.job}</th>
              <th scope="col">{words.kind}</th>
              <th scope="col">{words.statusColumn}</th>
              <th scope="col">{words.attempts}</th>
              <th scope="col">{words.error}</th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <tr key={job.jobId}>
                {/* The technician stands at the kiosk: its own zone is the unit's. */}
                <td>{formatTime(job.createdAt, null)}</td>
                <td className="table-label">{job.label}</td>
                <td>{words.jobKind[job.kind]}</td>
                <td>
                  <StatusBadge status={job.status} />
                </td>
                <td>{job.attempts}</td>
                <td className="technical">{job.lastError !== null && technicalWords(job.lastError)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function StatusBadge({ status }: { readonly status: Job['status'] }) {
  return <span className={`badge tone-${TONE[status]}`}>{text.technician.jobStatus[status]}</span>;
}
