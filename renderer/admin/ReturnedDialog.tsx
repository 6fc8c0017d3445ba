import { useState } from 'react';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';

interface Props {
  readonly amount: string;
  /** Nobody waits for it, in place of: it is back. */
  readonly nothingOwed: boolean;
  readonly busy: boolean;
  readonly onConfirm: (by: string, note: string) => void;
  readonly onKeep: () => void;
}

/** The server asks for as much of a note. */
const SHORTEST_NOTE = 3;

/** Asks who says that the money is back, and how it went, before the refund is closed for good. */
export function ReturnedDialog({ amount, nothingOwed, busy, onConfirm, onKeep }: Props) {
  const words = text.admin.money;
  const [by, setBy] = useState('');
  const [note, setNote] = useState('');
  const canConfirm = by.trim() !== '' && note.trim().length >= SHORTEST_NOTE;
  return (
    <Dialog title={nothingOwed ? words.nothingTitle(amount) : words.returnedTitle(amount)} onDismiss={onKeep}>
      <p>{nothingOwed ? words.nothingDetail : words.returnedDetail}</p>
      <div className="dialog-field">
        <label className="field-label" htmlFor="returned-by">
          {words.returnedBy}
        </label>
        <input
          id="returned-by"
          className="field"
          autoComplete="off"
          maxLength={100}
          value={by}
          onChange={(event) => setBy(event.target.value)}
        />
      </div>
      <div className="dialog-field">
        <label className="field-label" htmlFor="returned-note">
          {nothingOwed ? words.nothingNote : words.returnedNote}
        </label>
        <input
          id="returned-note"
          className="field"
          autoComplete="off"
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </div>
      <div className="dialog-actions">
        <Button variant="secondary" onPress={onKeep}>
          {words.returnedKeep}
        </Button>
        <Button
          variant="danger"
          disabled={!canConfirm}
          busy={busy}
          onPress={() => onConfirm(by.trim(), note.trim())}
        >
          {nothingOwed ? words.nothingConfirm : words.returnedConfirm}
        </Button>
      </div>
    </Dialog>
  );
}
