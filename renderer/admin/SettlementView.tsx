import { useState } from 'react';
import type {
  SettlementDay,
  SettlementDifferences,
  SettlementReport,
} from '../../domain/protocol/settlement.ts';
import { formatCivilDay, formatCount, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import type { Tone } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { DifferenceTable } from './DifferenceTable.tsx';
import { dayOf, saveFile } from './save-file.ts';
import { settlementCsv } from './settlement-csv.ts';

const TONE: Readonly<Record<SettlementDay['state'], Tone>> = {
  settled: 'good',
  differs: 'danger',
  open: 'warning',
};
const SHOWN_DAYS = 14;
const DAY_MS = 86_400_000;

interface Props {
  readonly commands: AdminCommands;
  /** The server's, epoch milliseconds. */
  readonly nowMs: number;
}

/** What providers should have settled, day by day, beside what their statements say. */
export function SettlementView({ commands, nowMs }: Props) {
  const words = text.admin.settlement;
  const [from, setFrom] = useState(() => dayOf(nowMs - (SHOWN_DAYS - 1) * DAY_MS));
  const [to, setTo] = useState(() => dayOf(nowMs));
  const [found, setFound] = useState<(SettlementReport & SettlementDifferences) | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isWrongOrder = from > to;

  const canCompare = from !== '' && to !== '' && !isWrongOrder;

  const compare = async (): Promise<void> => {
    if (!canCompare || isBusy) return;
    setBusy(true);
    setProblem(null);
    const report = await commands.readSettlement(from, to);
    const differences = report.ok ? await commands.readDifferences(from, to) : report;
    if (report.ok && differences.ok) setFound({ ...report.value, ...differences.value });
    else if (!differences.ok) setProblem(differences.code);
    setBusy(false);
  };

  return (
    <section
      className={`card audit ${found === null ? '' : 'is-read'}`}
      aria-labelledby="settlement-title"
      aria-busy={isBusy}
    >
      <h2 id="settlement-title">{words.title}</h2>
      <p className="soft">{words.intro}</p>
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      <form
        className="new-code"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void compare();
        }}
      >
        <DayField
          id="settlement-from"
          label={words.from}
          day={from}
          onChange={setFrom}
          isWrong={isWrongOrder}
        />
        <DayField id="settlement-to" label={words.to} day={to} onChange={setTo} isWrong={isWrongOrder} />
        <Button variant="secondary" busy={isBusy} disabled={!canCompare}>
          {isBusy ? words.showing : words.show}
        </Button>
      </form>
      {isWrongOrder && (
        <p id="settlement-wrong" className="tone-danger">
          {words.wrongOrder}
        </p>
      )}
      {found !== null && <Days days={found.days} />}
      {found !== null && found.total > 0 && <DifferenceTable {...found} />}
      {found !== null && (
        <div className="fleet-actions">
          <Button
            variant="secondary"
            onPress={() =>
              saveFile(`repasses-${found.from}-${found.to}.csv`, 'text/csv', settlementCsv(found))
            }
          >
            {words.saveCsv}
          </Button>
          <Button variant="secondary" onPress={() => window.print()}>
            {words.print}
          </Button>
        </div>
      )}
    </section>
  );
}

interface DayFieldProps {
  readonly id: string;
  readonly label: string;
  readonly day: string;
  readonly onChange: (day: string) => void;
  readonly isWrong: boolean;
}

function DayField({ id, label, day, onChange, isWrong }: DayFieldProps) {
  return (
    <div>
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="field"
        type="date"
        value={day}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? 'settlement-wrong' : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

function Days({ days }: Pick<SettlementReport, 'days'>) {
  const words = text.admin.settlement;
  if (days.length === 0) return <p className="soft">{words.none}</p>;
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.expected}</th>
            <th scope="col">{words.settled}</th>
            <th scope="col">{words.payouts}</th>
          </tr>
        </thead>
        <tbody>
          {days.map(({ day, provider, currency, state, expected, settled, payoutsCents, differences }) => (
            <tr key={`${day} ${provider} ${currency}`}>
              <th scope="row">
                <span className="no-wrap">{formatCivilDay(day)}</span>{' '}
                <span className="soft">{provider}</span>
              </th>
              <td>
                <span className={`badge tone-${TONE[state]}`}>{words.states[state]}</span>{' '}
                {differences > 0 && (
                  <span className="soft">{words.count(formatCount(differences), differences)}</span>
                )}
              </td>
              <Side side={expected} currency={currency} />
              <Side side={settled} currency={currency} />
              <td className="no-wrap">{formatMoney(payoutsCents, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface SideProps {
  readonly side: SettlementDay['expected'];
  readonly currency: string;
}

/** Before fees, because most providers tell theirs on the statement alone; below it what they keep and leave. */
function Side({ side: { netCents, feesCents }, currency }: SideProps) {
  const words = text.admin.settlement;
  return (
    <td>
      <span className="no-wrap">{formatMoney(netCents + feesCents, currency)}</span>{' '}
      {feesCents !== 0 && (
        <span className="soft">
          {words.afterFees(formatMoney(feesCents, currency), formatMoney(netCents, currency))}
        </span>
      )}
    </td>
  );
}
