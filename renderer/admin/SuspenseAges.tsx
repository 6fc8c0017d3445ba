import { type AuditReport, SUSPENSE_AGES } from '../../domain/protocol/audit.ts';
import { formatCount, formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Amounts } from './Amounts.tsx';
import { AuditTable } from './AuditTable.tsx';
import { Bar } from './Bar.tsx';

/** Money that nobody has said what it is for, by how long that has been so. */
export function SuspenseAges({ suspense, at }: Pick<AuditReport, 'suspense' | 'at'>) {
  const words = text.admin.audit;
  const { open, ages, owners } = suspense;
  return (
    <>
      <h3>{words.suspenseTitle}</h3>
      {open.count === 0 ? (
        <p className="soft">{words.noSuspense}</p>
      ) : (
        <dl className="ages">
          {SUSPENSE_AGES.map((age) => {
            const money = ages.find((one) => one.age === age)?.money;
            return (
              <div key={age}>
                <dt>{words.ages[age]}</dt>
                <dd>
                  {formatCount(money?.count ?? 0)}{' '}
                  <span className="soft">
                    <Amounts sums={money?.cents ?? []} />
                  </span>
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
      {open.count > 0 && (
        <AuditTable
          title={words.owner}
          columns={[words.owner, words.count, words.amount, words.oldest]}
          none={words.noSuspense}
          rows={owners.map(({ owner, money: { count, cents, oldestAt } }) => ({
            name: owner ?? words.nobody,
            cells: [
              formatCount(count),
              <Amounts key="amount" sums={cents} />,
              oldestAt === null ? '—' : formatDuration(at - oldestAt),
            ],
          }))}
        />
      )}
    </>
  );
}
