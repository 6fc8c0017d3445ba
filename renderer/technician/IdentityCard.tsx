import { useState } from 'react';
import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { formatDateTime } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { EnrolForm } from './EnrolForm.tsx';

/** Enough of a key's thumbprint to compare by eye with what the manager's page shows. */
const KEY_ID_SHOWN = 12;

interface Props {
  readonly snapshot: Pick<TechnicianSnapshot, 'kioskId' | 'enrolment' | 'identity'>;
  readonly busy: boolean;
  /** @returns whether the totem is enrolled by it */
  readonly onEnrol: (code: string) => Promise<boolean>;
}

/** Who the totem is at its server, and how it becomes known there. */
export function IdentityCard({ snapshot, busy, onEnrol }: Props) {
  const words = text.technician.identity;
  const { kioskId, enrolment, identity } = snapshot;
  const [renewing, setRenewing] = useState(false);
  const asksForCode = renewing || enrolment !== 'enrolled';
  return (
    <section className="card stack" data-enrolment={enrolment}>
      <h2>{words.title}</h2>
      <p className="badge-row" role="status">
        <span className={`badge tone-${enrolment === 'enrolled' ? 'good' : 'danger'}`}>
          {words.status[enrolment]}
        </span>
      </p>
      <p>{words.advice[renewing ? 'not_enrolled' : enrolment]}</p>
      {identity !== null && (
        <dl className="facts tabular">
          <div>
            <dt>{words.kiosk}</dt>
            <dd>{kioskId}</dd>
          </div>
          <div>
            <dt>{words.key}</dt>
            <dd className="technical">{identity.keyId.slice(0, KEY_ID_SHOWN)}</dd>
          </div>
          <div>
            <dt>{words.since}</dt>
            <dd>{formatDateTime(identity.enrolledAt)}</dd>
          </div>
          {identity.warning !== null && (
            <div className="troubled">
              <dt>{words.warning}</dt>
              <dd className="technical">{technicalWords(identity.warning)}</dd>
            </div>
          )}
        </dl>
      )}
      {asksForCode ? (
        <EnrolForm
          busy={busy}
          onCancel={enrolment === 'enrolled' ? () => setRenewing(false) : null}
          onEnrol={async (code) => {
            if (await onEnrol(code)) setRenewing(false);
          }}
        />
      ) : (
        <Button variant="secondary" busy={busy} onPress={() => setRenewing(true)}>
          {words.renew}
        </Button>
      )}
    </section>
  );
}
