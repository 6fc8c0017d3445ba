import { useState } from 'react';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';

interface Props {
  readonly busy: boolean;
  readonly onConfirm: (reason: string, by: string) => void;
  readonly onKeep: () => void;
}

/** The server asks for as much of a reason. */
const SHORTEST_REASON = 3;

/** Asks why and who, and has a word typed: what is erased here comes back for nobody. */
export function EraseDialog({ busy, onConfirm, onKeep }: Props) {
  const words = text.admin.customers;
  const [reason, setReason] = useState('');
  const [by, setBy] = useState('');
  const [typed, setTyped] = useState('');
  const canErase =
    reason.trim().length >= SHORTEST_REASON &&
    by.trim() !== '' &&
    typed.trim().toUpperCase() === words.eraseWord;
  return (
    <Dialog title={words.eraseTitle} onDismiss={onKeep}>
      <p>{words.eraseDetail}</p>
      <Field id="erase-reason" label={words.eraseReason} max={200} value={reason} onChange={setReason} />
      <Field id="erase-by" label={words.eraseBy} max={60} value={by} onChange={setBy} />
      <Field id="erase-word" label={words.eraseConfirmLabel} max={20} value={typed} onChange={setTyped} />
      <div className="dialog-actions">
        <Button variant="secondary" onPress={onKeep}>
          {words.eraseKeep}
        </Button>
        <Button
          variant="danger"
          disabled={!canErase}
          busy={busy}
          onPress={() => onConfirm(reason.trim(), by.trim())}
        >
          {words.eraseConfirm}
        </Button>
      </div>
    </Dialog>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly max: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ id, label, max, value, onChange }: FieldProps) {
  return (
    <div className="dialog-field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="field"
        autoComplete="off"
        maxLength={max}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
