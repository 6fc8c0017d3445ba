import { useState } from 'react';
import type { AuditReport } from '../../domain/protocol/audit.ts';
import { formatCount, formatDateTime } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import { AuditChecks, VERDICT_TONE } from './AuditChecks.tsx';
import { AuditFill } from './AuditFill.tsx';
import { AuditMoneyTable } from './AuditMoneyTable.tsx';
import { AuditProviders } from './AuditProviders.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { SuspenseAges } from './SuspenseAges.tsx';
import { saveFile } from './save-file.ts';

/** The audit report; asked for by hand, because the server reads the whole ledger for it. */
export function AuditView({ commands }: { readonly commands: AdminCommands }) {
  const words = text.admin.audit;
  const [report, setReport] = useState<AuditReport | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [isBusy, setBusy] = useState(false);

  const read = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    const answer = await commands.readAudit();
    if (answer.ok) setReport(answer.value);
    else setProblem(answer.code);
    setBusy(false);
  };

  return (
    <section className="card audit" aria-labelledby="audit-title" aria-busy={isBusy}>
      <h2 id="audit-title">{words.title}</h2>
      {report === null && <p className="soft">{words.intro}</p>}
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      {report !== null && <Report report={report} />}
      <div className="fleet-actions">
        <Button variant="secondary" busy={isBusy} onPress={() => void read()}>
          {isBusy ? words.reading : report === null ? words.read : words.again}
        </Button>
        {report !== null && (
          <Button
            variant="secondary"
            onPress={() =>
              saveFile(
                `auditoria-${new Date(report.at).toISOString().slice(0, 10)}.json`,
                'application/json',
                JSON.stringify(report, null, 2),
              )
            }
          >
            {words.save}
          </Button>
        )}
      </div>
    </section>
  );
}

function Report({ report }: { readonly report: AuditReport }) {
  const words = text.admin.audit;
  const { summary, ledger } = report;
  return (
    <>
      <Message
        icon={summary.verdict === 'ok' ? 'check' : 'warning'}
        tone={VERDICT_TONE[summary.verdict]}
        title={words.verdict[summary.verdict]}
      >
        <p>{words.verdictDetail[summary.verdict]}</p>
        <p className="soft">{words.at(formatDateTime(report.at))}</p>
      </Message>
      <AuditChecks checks={summary.checks} />
      <AuditFill fillRates={report.fillRates} />
      <AuditProviders providers={report.providers} />
      <AuditMoneyTable report={report} />
      <SuspenseAges suspense={report.suspense} />
      <p className={ledger.findings === 0 ? 'soft' : 'tone-danger'}>
        {words.ledger(formatCount(ledger.entries), ledger.findings)}
      </p>
    </>
  );
}
