import { useState } from 'react';
import type { RecurringRefundRequest } from '../../domain/protocol/recurring.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { newCommandId } from '../shell/new-command-id.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminRefusal } from './admin-commands.ts';
import type { Receipt } from './PaymentTable.tsx';
import { centsOf, priceText } from './price-text.ts';

interface Props {
  readonly receipt: Receipt;
  readonly busy: boolean;
  /** Why the last press came to nothing. */
  readonly problem: AdminRefusal | null;
  readonly onConfirm: (request: RecurringRefundRequest) => void;
  readonly onKeep: () => void;
}

/** The server asks for as much of a reason. */
const SHORTEST_NOTE = 3;

/** Asks how much and why. Pressed again after an answer that was lost, it is the same refund. */
export function RefundDialog({ receipt, busy, problem, onConfirm, onKeep }: Props) {
  const words = text.admin.subscriptions;
  const [amount, setAmount] = useState(priceText(receipt.refundableCents));
  const [note, setNote] = useState('');
  const [requestId, setRequestId] = useState(newCommandId);
  const amountCents = centsOf(amount);
  const left = formatMoney(receipt.refundableCents, receipt.currency);
  const isAmount = amountCents !== null && amountCents > 0 && amountCents <= receipt.refundableCents;
  const canConfirm = isAmount && note.trim().length >= SHORTEST_NOTE;
  const confirm = (): void => {
    if (canConfirm && !busy)
      onConfirm({ requestId, receiptId: receipt.receiptId, amountCents, note: note.trim() });
  };
  return (
    <Dialog title={words.dialogTitle(formatMoney(receipt.amountCents, receipt.currency))} onDismiss={onKeep}>
      <p>{words.dialogDetail(left)}</p>
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
        }}
      >
        <div className="dialog-field">
          <label className="field-label" htmlFor="refund-amount">
            {words.amount}
          </label>
          <input
            id="refund-amount"
            className="field"
            inputMode="decimal"
            autoComplete="off"
            maxLength={11}
            value={amount}
            aria-invalid={!isAmount}
            aria-describedby="refund-amount-hint"
            onChange={(event) => {
              setAmount(event.target.value);
              // Another amount is another refund.
              setRequestId(newCommandId());
            }}
          />
          <p id="refund-amount-hint" className={`field-hint ${isAmount ? '' : 'tone-danger'}`}>
            {isAmount ? words.amountHint : words.amountTooMuch(left)}
          </p>
        </div>
        <div className="dialog-field">
          <label className="field-label" htmlFor="refund-note">
            {words.reason}
          </label>
          <input
            id="refund-note"
            className="field"
            autoComplete="off"
            maxLength={140}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </div>
        <div className="dialog-actions">
          <Button variant="secondary" onPress={onKeep}>
            {words.keep}
          </Button>
          <Button variant="danger" disabled={!canConfirm} busy={busy}>
            {words.confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
