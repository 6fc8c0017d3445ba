import { useState } from 'react';
import { formatDateTime } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminAnswer, AdminCommands, AdminRefusal } from './admin-commands.ts';
import type { Owed, OwedAction } from './owed-money.ts';
import { ReturnedDialog } from './ReturnedDialog.tsx';

export type OwedCommands = Pick<AdminCommands, 'closeReturned' | 'retryRefund' | 'closeReturn'>;

interface Props {
  readonly owed: readonly Owed[];
  readonly commands: OwedCommands;
}

/** Refunds that did not arrive: asked for again here, or closed by a person. */
export function FailedRefunds({ owed, commands }: Props) {
  const words = text.admin.money;
  const [closing, setClosing] = useState<{ readonly one: Owed; readonly nothingOwed: boolean } | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  const run = async (work: () => Promise<AdminAnswer<unknown>>, told: string): Promise<void> => {
    setBusy(true);
    setProblem(null);
    setDone(null);
    const answer = await work();
    setBusy(false);
    setClosing(null);
    if (answer.ok) setDone(told);
    else setProblem(answer.code);
  };
  const press = (one: Owed, action: OwedAction): void => {
    const { of } = one;
    if (action !== 'retry') setClosing({ one, nothingOwed: action === 'nothing' });
    else if (of.kind !== 'return') void run(() => commands.retryRefund(of.kind, of.refundId), words.retried);
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
      {done !== null && (
        <Notice icon="check" tone="good">
          {done}
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
            {owed.map((one) => (
              <tr key={one.key}>
                <td className={one.isTicket ? 'table-label' : 'refund-id'}>{one.label}</td>
                <td className="no-wrap">{one.amount}</td>
                <td>{one.reason}</td>
                <td>{one.problem}</td>
                <td>{formatDateTime(one.sinceMs)}</td>
                <td>
                  <div className="fleet-actions">
                    {one.actions.map((action) => (
                      <Button
                        key={action}
                        variant="secondary"
                        busy={isBusy}
                        label={words[`${action}Of`](one.label)}
                        onPress={() => press(one, action)}
                      >
                        {words[action]}
                      </Button>
                    ))}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {closing !== null && (
        <ReturnedDialog
          amount={closing.one.amount}
          nothingOwed={closing.nothingOwed}
          busy={isBusy}
          onConfirm={(by, note) =>
            void run(
              () => close(commands, closing.one, { by, note, nothingOwed: closing.nothingOwed }),
              words.returnedDone,
            )
          }
          onKeep={() => setClosing(null)}
        />
      )}
    </>
  );
}

function close(
  commands: OwedCommands,
  { of }: Owed,
  said: { readonly by: string; readonly note: string; readonly nothingOwed: boolean },
): Promise<AdminAnswer<unknown>> {
  if (of.kind !== 'return') return commands.closeReturned(of.kind, { refundId: of.refundId, ...said });
  const { by, note } = said;
  const sentBack = !said.nothingOwed;
  return commands.closeReturn({ receiptId: of.receiptId, returnId: of.returnId, by, note, sentBack });
}
