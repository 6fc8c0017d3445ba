import { type AuditReport, SUSPENSE_AGES } from '../../domain/protocol/audit.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Bar } from './Bar.tsx';

/** Money that nobody has said what it is for, by how long that has been so. */
export function SuspenseAges({ suspense }: Pick<AuditReport, 'suspense'>) {
  const words = text.admin.audit;
  const { open, ages } = suspense;
  return (
    <>
      <h3>{words.suspenseTitle}</h3>
      {open.count === 0 ? (
        <p className="soft">{words.noSuspense}</p>
      ) : (
        <dl className="ages">
          {SUSPENSE_AGES.map((age) => {
            const money = ages.find((one) => one.age === age)?.money;
            const amount = money?.cents
              .map(({ cents, currency }) => formatMoney(cents, currency))
              .join(' + ');
            return (
              <div key={age}>
                <dt>{words.ages[age]}</dt>
                <dd>
                  {money?.count ?? 0} <span className="soft">{amount}</span>
                  <Bar
                    percent={(100 * (money?.count ?? 0)) / open.count}
                    tone={age === 'over_30_days' ? 'danger' : age === '7_to_30_days' ? 'warning' : 'plain'}
                  />
                </dd>
              </div>
            );
          })}
        </dl>
      )}
    </>
  );
}
