import { useState } from 'react';
import type { FulfilmentList, FulfilmentView, StageView } from '../../domain/protocol/fulfilment.ts';
import { formatDateTime, formatMoney, formatTime } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message, type Tone } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';

interface Props {
  readonly fulfilment: FulfilmentList;
  readonly commands: Pick<AdminCommands, 'resync'>;
}

/** What became of the last press. */
type Told = { readonly label: string } | { readonly refusal: AdminRefusal } | null;

/** What follows the payments: what stands still first, with a button that has it tried again. */
export function DeliveriesView({ fulfilment, commands }: Props) {
  const words = text.admin.deliveries;
  const { fulfilments, failedPermanent, retrying, open } = fulfilment;
  const [told, setTold] = useState<Told>(null);
  const [busyId, setBusyId] = useState<string | null>(null);

  const resync = async ({ transactionId, ticketLabel }: FulfilmentView): Promise<void> => {
    setBusyId(transactionId);
    const answer = await commands.resync(transactionId);
    setTold(answer.ok ? { label: ticketLabel } : { refusal: answer.code });
    setBusyId(null);
  };

  return (
    <section className="card money-troubles" aria-labelledby="deliveries-title">
      <h2 id="deliveries-title">{words.title}</h2>
      <p className="soft">{words.detail}</p>
      <dl className="figures">
        <Figure name={words.open} value={open} />
        <Figure name={words.retrying} value={retrying} />
        <Figure name={words.failedPermanent} value={failedPermanent} />
      </dl>
      {told !== null && <Answer told={told} />}
      {fulfilments.length === 0 ? (
        <Message icon="ticket" title={words.none}>
          <p>{words.noneDetail}</p>
        </Message>
      ) : (
        <>
          {failedPermanent + retrying === 0 && (
            <Message icon="check" tone="good" title={words.calm}>
              <p>{words.calmDetail}</p>
            </Message>
          )}
          <DeliveryTable fulfilments={fulfilments} busyId={busyId} onResync={(one) => void resync(one)} />
        </>
      )}
    </section>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Answer({ told }: { readonly told: NonNullable<Told> }) {
  const words = text.admin.deliveries;
  if ('label' in told)
    return (
      <Notice icon="check" tone="good">
        {words.resynced(told.label)}
      </Notice>
    );
  return (
    <Notice icon="warning" tone="danger" urgent>
      {text.admin.fleet.refusal[told.refusal]}
    </Notice>
  );
}

interface TableProps {
  readonly fulfilments: readonly FulfilmentView[];
  readonly busyId: string | null;
  readonly onResync: (one: FulfilmentView) => void;
}

function DeliveryTable({ fulfilments, busyId, onResync }: TableProps) {
  const words = text.admin.deliveries;
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.ticket}</th>
            <th scope="col">{text.admin.amount}</th>
            <th scope="col">{words.status}</th>
            <th scope="col">{words.problem}</th>
            <th scope="col">{words.since}</th>
            <th scope="col">{words.actions}</th>
          </tr>
        </thead>
        <tbody>
          {fulfilments.map((one) => (
            <tr key={one.transactionId}>
              <td className="table-label">{one.ticketLabel}</td>
              <td className="no-wrap">{formatMoney(one.amountCents, one.currency)}</td>
              <td>
                <span className={`badge tone-${toneOf(one)}`}>{words.statuses[one.status]}</span>
              </td>
              <td className="breakable">{one.stages.filter(isTroubled).map(problemOf).join('; ')}</td>
              <td>{formatDateTime(one.changedAt)}</td>
              <td>
                {one.stages.some(isTroubled) && (
                  <Button
                    variant="secondary"
                    busy={busyId === one.transactionId}
                    label={words.resyncOf(one.ticketLabel)}
                    onPress={() => onResync(one)}
                  >
                    {words.resync}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function toneOf({ status }: FulfilmentView): Tone {
  if (status === 'failed_permanent') return 'danger';
  if (status.startsWith('failed_at_')) return 'warning';
  return status === 'completed' ? 'good' : 'calm';
}

function isTroubled({ state }: StageView): boolean {
  return state === 'failed' || state === 'failed_permanent';
}

function problemOf({ stage, detail, dueAt }: StageView): string {
  const words = text.admin.deliveries;
  const problem = words.stageProblem(words.stages[stage], detail === null ? '' : technicalWords(detail));
  return dueAt === null ? problem : `${problem} (${words.again(formatTime(dueAt, null))})`;
}
