import { useState } from 'react';
import type { RefundView } from '../../domain/protocol/refunds.ts';
import { formatDateTime, formatMoney } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { ReturnedDialog } from './ReturnedDialog.tsx';

interface Props {
  readonly refunds: readonly RefundView[];
  readonly commands: Pick<AdminCommands, 'closeReturned'>;
}

/** Refunds that were given up; one whose money went back by hand is closed here. */
export function FailedRefunds({ refunds, commands }: Props) {
  const words = text.admin.money;
  const [closing, setClosing] = useState<RefundView | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [isDone, setDone] = useState(false);
  const [isBusy, setBusy] = useState(false);

  const close = async (refundId: string, by: string, note: string): Promise<void> => {
    setBusy(true);
    setProblem(null);
    setDone(false);
    const answer = await commands.closeReturned({ refundId, by, note });
    setBusy(false);
    setClosing(null);
    if (answer.ok) setDone(true);
    else setProblem(answer.code);
  };

  return (
    <>
      <h3>{words.failedTitle}</h3>
      <p className="soft">{words.failedDetail}</p>
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      {isDone && (
        <Notice icon="check" tone="good">
          {words.returnedDone}
        </Notice>
      )}
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{words.refund}</th>
              <th scope="col">{text.admin.amount}</th>
              <th scope="col">{words.reason}</th>
              <th scope="col">{words.problem}</th>
              <th scope="col">{words.askedAt}</th>
              <th scope="col">{words.actions}</th>
            </tr>
          </thead>
          <tbody>
            {refunds.map((refund) => (
              <tr key={refund.refundId}>
                <td className={refund.ticketLabel === null ? 'refund-id' : 'table-label'}>
                  {refund.ticketLabel ?? refund.refundId}
                </td>
                <td className="no-wrap">{formatMoney(refund.amountCents, refund.currency)}</td>
                <td>{words.reasons[refund.reason]}</td>
                <td>{refund.lastError === null ? '' : technicalWords(refund.lastError)}</td>
                <td>{formatDateTime(refund.createdAt)}</td>
                <td>
                  {refund.initiatedBy === 'us' && (
                    <Button
                      variant="secondary"
                      busy={isBusy}
                      label={words.returnedOf(refund.ticketLabel ?? refund.refundId)}
                      onPress={() => setClosing(refund)}
                    >
                      {words.returned}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {closing !== null && (
        <ReturnedDialog
          amount={formatMoney(closing.amountCents, closing.currency)}
          busy={isBusy}
          onConfirm={(by, note) => void close(closing.refundId, by, note)}
          onKeep={() => setClosing(null)}
        />
      )}
    </>
  );
}
