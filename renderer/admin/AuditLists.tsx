import type { AuditReport } from '../../domain/protocol/audit.ts';
import { formatCount, formatDateTime, formatDuration, formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { AuditTable } from './AuditTable.tsx';

/** One by one: what somebody has to look after, and where it is. */
export function AuditLists({ report }: { readonly report: AuditReport }) {
  const words = text.admin.audit;
  const { at, paidWithoutTicket, ticketsWithoutPayment, deadLetters, unitsWithoutMerchant, adopted } = report;
  return (
    <>
      {paidWithoutTicket.count > 0 && (
        <AuditTable
          title={words.listTitle(
            words.paidWithoutTicket,
            paidWithoutTicket.listed.length,
            paidWithoutTicket.count,
          )}
          columns={[words.transaction, words.unit, words.amount, words.paidAt]}
          none={words.ofNone}
          rows={paidWithoutTicket.listed.map(({ transactionId, unit, amountCents, currency, paidAt }) => ({
            name: transactionId,
            cells: [unit, formatMoney(amountCents, currency), formatDateTime(paidAt)],
          }))}
        />
      )}
      {ticketsWithoutPayment.count > 0 && (
        <AuditTable
          title={words.listTitle(
            words.ticketsWithoutPayment,
            ticketsWithoutPayment.listed.length,
            ticketsWithoutPayment.count,
          )}
          columns={[words.ticket, words.unit, words.issuedAt]}
          none={words.ofNone}
          rows={ticketsWithoutPayment.listed.map(({ ticketId, label, unit, issuedAt }) => ({
            name: label,
            id: ticketId,
            cells: [unit, formatDateTime(issuedAt)],
          }))}
        />
      )}
      <AuditTable
        title={words.deadTitle}
        columns={[words.provider, words.count, words.oldest]}
        none={words.noDead}
        rows={deadLetters.map(({ provider, count, oldestAt }) => ({
          name: provider,
          cells: [formatCount(count), formatDuration(at - oldestAt)],
        }))}
      />
      <AuditTable
        title={words.unitsTitle}
        columns={[words.unit, words.transactions, words.lastSale]}
        none={words.noUnits}
        rows={unitsWithoutMerchant.map(({ unitId, name, transactions, lastSaleAt }) => ({
          name,
          id: unitId,
          cells: [formatCount(transactions), lastSaleAt === null ? '—' : formatDateTime(lastSaleAt)],
        }))}
      />
      {adopted.length > 0 && (
        <AuditTable
          title={words.adoptedTitle}
          columns={[words.adoptedKind, words.adoptedState, words.count]}
          none={words.ofNone}
          rows={adopted.map(({ kind, state, rows }) => ({
            name: inWords(words.kinds, kind),
            id: `${kind} ${state}`,
            cells: [inWords(words.states, state), formatCount(rows)],
          }))}
        />
      )}
    </>
  );
}

/** A word of a newer server is shown as it is. */
export function inWords(words: Readonly<Record<string, string>>, word: string): string {
  return words[word] ?? word;
}
