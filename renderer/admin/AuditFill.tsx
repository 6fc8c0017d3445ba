import type { AuditReport, Share } from '../../domain/protocol/audit.ts';
import { formatCount, formatPercent } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Bar } from './Bar.tsx';

const FIELDS = ['status', 'provider', 'customer', 'customerProvider'] as const;

/** How much of what is known of a transaction is filled in, of all and of late. */
export function AuditFill({ fillRates }: Pick<AuditReport, 'fillRates'>) {
  const words = text.admin.audit;
  return (
    <>
      <h3>{words.fillTitle}</h3>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <td />
              <th scope="col">{words.overall}</th>
              <th scope="col">{words.last7Days}</th>
            </tr>
          </thead>
          <tbody>
            {FIELDS.map((field) => (
              <tr key={field}>
                <th scope="row" className="table-label">
                  {words.fill[field]}
                </th>
                <Filled share={fillRates.overall[field]} />
                <Filled share={fillRates.last7Days[field]} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Filled({ share: { of, have, percent } }: { readonly share: Share }) {
  const words = text.admin.audit;
  if (percent === null) return <td className="soft">{words.ofNone}</td>;
  return (
    <td className="bar-cell">
      <span>
        {formatPercent(percent)} <span className="soft">{words.of(formatCount(have), formatCount(of))}</span>
      </span>
      <Bar percent={percent} />
    </td>
  );
}
