import type { AuditCheck, AuditVerdict } from '../../domain/protocol/audit.ts';
import { formatDecimal } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import type { Tone } from '../ui/Message.tsx';

export const VERDICT_TONE: Readonly<Record<AuditVerdict, Tone>> = {
  ok: 'good',
  warning: 'warning',
  critical: 'danger',
};

/** The executive summary, the worst first. */
export function AuditChecks({ checks }: { readonly checks: readonly AuditCheck[] }) {
  const words = text.admin.audit;
  return (
    <>
      <h3>{words.checksTitle}</h3>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.check}</th>
              <th scope="col">{words.value}</th>
              <th scope="col">{words.limit}</th>
            </tr>
          </thead>
          <tbody>
            {checks.map(({ check, verdict, value, unit, worse, warnAt }) => (
              <tr key={check}>
                <th scope="row" className="table-label">
                  <span className={`badge tone-${VERDICT_TONE[verdict]}`}>{words.verdict[verdict]}</span>{' '}
                  {words.checks[check]}
                </th>
                <td className="no-wrap">{value === null ? words.nothing : measured(value, unit)}</td>
                <td className="no-wrap">{words.limits[worse](measured(warnAt, unit))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Nobody counts two months in hours. */
function measured(value: number, unit: AuditCheck['unit']): string {
  const { units } = text.admin.audit;
  const isLong = unit === 'hours' && value >= 48;
  return isLong ? units.days(formatDecimal(value / 24, 1)) : units[unit](formatDecimal(value, 2));
}
