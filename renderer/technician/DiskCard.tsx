import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { formatDateTime } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';

type Disk = Pick<TechnicianSnapshot, 'storage' | 'lastBackupAt' | 'backupError' | 'recovery'>;

/** Whether the disk takes what has to be stored, and what stands behind it. */
export function DiskCard({ disk }: { readonly disk: Disk }) {
  const words = text.technician.disk;
  const { storage, lastBackupAt, backupError, recovery } = disk;
  return (
    <section className="card stack">
      <h2>{words.title}</h2>
      <p className="badge-row" role="status">
        <span className={`badge tone-${storage.status === 'ok' ? 'good' : 'danger'}`}>
          {words.status[storage.status]}
        </span>
        {storage.detail !== null && <span className="soft technical">{technicalWords(storage.detail)}</span>}
      </p>
      <dl className="facts tabular">
        <div className={backupError === null ? undefined : 'troubled'}>
          <dt>{words.backup}</dt>
          <dd>
            {lastBackupAt === null ? words.noBackup : formatDateTime(lastBackupAt)}
            {backupError !== null && (
              <span className="technical"> {words.backupFailed(technicalWords(backupError))}</span>
            )}
          </dd>
        </div>
        {recovery !== null && (
          <div className="troubled">
            <dt>{words.recovery}</dt>
            <dd>
              {words.recovered(formatDateTime(recovery.at), recovery.savedEvents)}
              <span className="technical">{words.recoveredFrom(recovery.file)}</span>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
