import type { AuditMoney, AuditReport } from '../../domain/protocol/audit.ts';
import { formatCount, formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Amounts } from './Amounts.tsx';
import { inWords } from './AuditLists.tsx';

type Row = readonly [name: string, money: AuditMoney];

/** Money that is not where it should end, and since when. */
export function AuditMoneyTable({ report }: { readonly report: AuditReport }) {
  const words = text.admin.audit;
  return (
    <>
      <h3>{words.moneyTitle}</h3>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.money}</th>
              <th scope="col">{words.count}</th>
              <th scope="col">{words.amount}</th>
              <th scope="col">{words.oldest}</th>
            </tr>
          </thead>
          <tbody>
            {rowsOf(report).map(([name, { count, cents, oldestAt }]) => (
              <tr key={name}>
                <th scope="row" className="table-label">
                  {name}
                </th>
                <td className="tabular">{formatCount(count)}</td>
                <td>
                  <Amounts sums={cents} />
                </td>
                <td className="no-wrap">{oldestAt === null ? '—' : formatDuration(report.at - oldestAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function rowsOf({
  paidWithoutTicket,
  ticketsWithoutPayment,
  unwantedMoney,
  refunds,
  disputes,
}: AuditReport): Row[] {
  const words = text.admin.audit;
  return [
    [words.paidWithoutTicket, paidWithoutTicket],
    [
      words.ticketsWithoutPayment,
      {
        count: ticketsWithoutPayment.count,
        cents: [],
        oldestAt: ticketsWithoutPayment.listed[0]?.issuedAt ?? null,
      },
    ],
    ...unwantedMoney.map(
      ({ disposition, all, waiting }): Row => [
        words.unwanted[disposition],
        disposition === 'late_kept' ? all : waiting,
      ],
    ),
    ...refunds.map(
      ({ status, reason, money }): Row => [
        `${inWords(words.refund, status)}: ${inWords(text.admin.money.reasons, reason)}`,
        money,
      ],
    ),
    ...disputes.map(
      ({ status, kind, money }): Row => [
        `${inWords(words.dispute, status)} (${kind === 'med' ? 'MED' : kind})`,
        money,
      ],
    ),
  ];
}
