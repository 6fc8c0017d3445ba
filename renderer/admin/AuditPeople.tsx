import type { AuditReport, Share } from '../../domain/protocol/audit.ts';
import { formatCount, formatPercent } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { AuditTable } from './AuditTable.tsx';
import { Bar } from './Bar.tsx';

type Props = Pick<AuditReport, 'withoutCustomer' | 'sessions' | 'savedMethods'>;

/** Of whom nothing is known, which sessions became payments, and which cards are kept. */
export function AuditPeople({ withoutCustomer, sessions, savedMethods }: Props) {
  const words = text.admin.audit;
  return (
    <>
      <AuditTable
        title={words.withoutCustomerTitle}
        columns={[words.provider, words.withoutCustomer]}
        none={words.noneWithoutCustomer}
        rows={withoutCustomer.map(({ provider, transactions, without }) => ({
          name: provider,
          cells: [
            <Part key="part" of={transactions} have={without} percent={(100 * without) / transactions} />,
          ],
        }))}
      />
      <AuditTable
        title={words.sessionsTitle}
        columns={[words.sessions, words.linked]}
        none={words.ofNone}
        rows={(['checkout', 'totem'] as const).map((kind) => ({
          name: words[kind],
          cells: [<Part key="part" {...sessions[kind]} />],
        }))}
      />
      <AuditTable
        title={words.methodsTitle}
        columns={[words.provider, words.saved, words.used, words.customers]}
        none={words.noMethods}
        rows={savedMethods.map(({ provider, saved, used, customers }) => ({
          name: provider,
          cells: [saved, used, customers].map(formatCount),
        }))}
      />
    </>
  );
}

function Part({ of, have, percent }: Share) {
  const words = text.admin.audit;
  if (percent === null) return <span className="soft">{words.ofNone}</span>;
  return (
    <>
      {formatPercent(percent)} <span className="soft">{words.of(formatCount(have), formatCount(of))}</span>
      <Bar percent={percent} />
    </>
  );
}
