import type { SettlementDifferences } from '../../domain/protocol/settlement.ts';
import { formatCivilDay, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';

/** More nobody reads on a page: the spreadsheet has all that were asked for. */
const MAX_SHOWN = 50;

/** Line by line what makes days differ, with its transaction. */
export function DifferenceTable({ total, differences }: SettlementDifferences) {
  const words = text.admin.settlement;
  const shown = differences.slice(0, MAX_SHOWN);
  const money = (cents: number | null, currency: string): string =>
    cents === null ? words.nothing : formatMoney(cents, currency);
  return (
    <>
      <h3>{words.differencesTitle(shown.length, differences.length, total)}</h3>
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.day}</th>
              <th scope="col">{words.kind}</th>
              <th scope="col">{words.here}</th>
              <th scope="col">{words.there}</th>
              <th scope="col">{words.reference}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => {
              const isFee = one.kind === 'fee_differs';
              return (
                <tr key={`${one.provider} ${one.of} ${one.id} ${one.currency}`}>
                  <th scope="row" className="no-wrap">
                    {formatCivilDay(one.day)} <span className="soft">{one.provider}</span>
                  </th>
                  <td>
                    {words.kinds[one.kind]} <span className="soft">{words.of[one.of]}</span>
                  </td>
                  <td className="no-wrap">{money(isFee ? one.feeHereCents : one.hereCents, one.currency)}</td>
                  <td className="no-wrap">
                    {money(isFee ? one.feeThereCents : one.thereCents, one.currency)}
                  </td>
                  <td className="issue-transaction">
                    {one.transactionId ?? (
                      <span className="soft">
                        {words.noTransaction}: {one.id}
                      </span>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
