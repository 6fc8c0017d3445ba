import { useEffect, useState } from 'react';
import type { AuditReport } from '../../domain/protocol/audit.ts';
import { formatCount, formatDateTime, formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import { AuditChecks, VERDICT_TONE } from './AuditChecks.tsx';
import { AuditFill } from './AuditFill.tsx';
import { AuditLists } from './AuditLists.tsx';
import { AuditMoneyTable } from './AuditMoneyTable.tsx';
import { AuditPeople } from './AuditPeople.tsx';
import { AuditProviders } from './AuditProviders.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { auditCsv } from './audit-csv.ts';
import { SuspenseAges } from './SuspenseAges.tsx';
import { dayOf, saveFile } from './save-file.ts';

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
    <section
      className={`card audit ${report === null ? '' : 'is-read'}`}
      aria-labelledby="audit-title"
      aria-busy={isBusy}
    >
      <h2 id="audit-title">{words.title}</h2>
      {report === null && <p className="soft">{words.intro}</p>}
      {isBusy && <Progress />}
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
        {report !== null && <Handouts report={report} />}
      </div>
    </section>
  );
}

const SECOND_MS = 1_000;

/** That it goes on, and for how long it has. */
function Progress() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const ticking = setInterval(() => setSeconds((before) => before + 1), SECOND_MS);
    return () => clearInterval(ticking);
  }, []);
  return <p className="soft tabular">{text.admin.audit.progress(formatDuration(seconds * SECOND_MS))}</p>;
}

function Handouts({ report }: { readonly report: AuditReport }) {
  const words = text.admin.audit;
  const name = `auditoria-${dayOf(report.at)}`;
  return (
    <>
      <Button
        variant="secondary"
        onPress={() => saveFile(`${name}.json`, 'application/json', JSON.stringify(report, null, 2))}
      >
        {words.save}
      </Button>
      <Button variant="secondary" onPress={() => saveFile(`${name}.csv`, 'text/csv', auditCsv(report))}>
        {words.saveCsv}
      </Button>
      <Button variant="secondary" onPress={() => window.print()}>
        {words.print}
      </Button>
    </>
  );
}

function Report({ report }: { readonly report: AuditReport }) {
  const words = text.admin.audit;
  const { summary, ledger } = report;
  const hasSales = report.fillRates.overall.transactions > 0;
  return (
    <>
      <Message
        icon={summary.verdict === 'ok' ? 'check' : 'warning'}
        tone={VERDICT_TONE[summary.verdict]}
        title={hasSales || summary.verdict !== 'ok' ? words.verdict[summary.verdict] : words.noSales}
      >
        <p>{hasSales ? words.verdictDetail[summary.verdict] : words.noSalesDetail}</p>
        <p className="soft">{words.at(formatDateTime(report.at))}</p>
      </Message>
      <AuditChecks checks={summary.checks} />
      <AuditFill fillRates={report.fillRates} />
      <AuditPeople {...report} />
      <AuditProviders providers={report.providers} />
      <AuditMoneyTable report={report} />
      <SuspenseAges suspense={report.suspense} at={report.at} />
      <AuditLists report={report} />
      <p className={ledger.findings === 0 ? 'soft' : 'tone-danger'}>
        {words.ledger(formatCount(ledger.entries), ledger.findings)}
      </p>
    </>
  );
}
