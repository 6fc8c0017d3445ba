import { useCallback, useEffect, useRef, useState } from 'react';
import type { RecurrenceView } from '../../domain/protocol/recurring.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { PaymentTable, type Receipt } from './PaymentTable.tsx';
import { RefundDialog } from './RefundDialog.tsx';

interface Props {
  readonly title: string;
  /** The provider's id; null of a native subscription, and of charges that name none. */
  readonly agreementId: string | null;
  readonly isLoose: boolean;
  readonly commands: AdminCommands;
  readonly onClose: () => void;
}

/** What was charged by one subscription, what came, what went back; and the button that sends money back. */
export function SubscriptionPayments({ title, agreementId, isLoose, commands, onClose }: Props) {
  const words = text.admin.subscriptions;
  const [charges, setCharges] = useState<readonly RecurrenceView[] | null>(null);
  const [refunding, setRefunding] = useState<Receipt | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);

  const load = useCallback(async (): Promise<void> => {
    if (agreementId === null && !isLoose) return setCharges([]);
    setBusy(true);
    const answer = await commands.readRecurringPayments(agreementId);
    if (answer.ok) setCharges(answer.value.recurrences.filter(({ kind }) => kind !== 'agreement'));
    else setProblem(answer.code);
    setBusy(false);
  }, [agreementId, isLoose, commands]);
  // It opens below the table: whoever asked for it is taken there.
  useEffect(() => {
    heading.current?.focus();
    void load();
  }, [load]);

  const work = async (
    ask: () => Promise<{ ok: true } | { ok: false; code: AdminRefusal }>,
    told: string,
  ): Promise<void> => {
    setBusy(true);
    setProblem(null);
    setDone(null);
    const answer = await ask();
    setBusy(false);
    if (!answer.ok) return setProblem(answer.code);
    setRefunding(null);
    setDone(told);
    await load();
  };

  return (
    <div className="payments" aria-busy={isBusy}>
      <h3 ref={heading} tabIndex={-1}>
        {title}
      </h3>
      {problem !== null && refunding === null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      {done !== null && (
        <Notice icon="check" tone="good">
          {done}
        </Notice>
      )}
      {charges === null && isBusy && (
        <p className="soft" role="status">
          {words.loading}
        </p>
      )}
      {charges !== null && charges.length === 0 && (
        <Message icon="money" title={words.noPayments}>
          <p>{words.noPaymentsDetail}</p>
        </Message>
      )}
      {charges !== null && charges.length > 0 && (
        <PaymentTable
          charges={charges}
          busy={isBusy}
          onRefund={(receipt) => {
            setProblem(null);
            setRefunding(receipt);
          }}
          onRetry={({ refundId }) =>
            void work(() => commands.retryRefund('recurring', refundId), words.retried)
          }
        />
      )}
      <div className="fleet-actions">
        <Button
          variant="secondary"
          busy={isBusy}
          onPress={() => {
            setProblem(null);
            setDone(null);
            void load();
          }}
        >
          {words.refresh}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {words.close}
        </Button>
      </div>
      {refunding !== null && (
        <RefundDialog
          receipt={refunding}
          busy={isBusy}
          problem={problem}
          onConfirm={(request) => void work(() => commands.refundRecurring(request), words.requested)}
          onKeep={() => {
            setProblem(null);
            setRefunding(null);
          }}
        />
      )}
    </div>
  );
}
