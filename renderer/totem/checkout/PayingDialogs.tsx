import { text } from '../../i18n/text.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';

interface CodeProps {
  /** What the QR code holds. */
  readonly code: string;
  readonly words: Readonly<Record<'codeTitle' | 'codeDetail' | 'codeLabel', string>>;
  readonly onClose: () => void;
}

/** The code as text, for who cannot scan it: a screen reader, a companion who types. */
export function CodeDialog({ code, words, onClose }: CodeProps) {
  return (
    <Dialog title={words.codeTitle} onDismiss={onClose}>
      <p className="soft">{words.codeDetail}</p>
      <textarea
        className="code-text"
        readOnly
        rows={6}
        aria-label={words.codeLabel}
        value={code}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div className="dialog-actions">
        <Button onPress={onClose} autoFocus>
          {text.common.close}
        </Button>
      </div>
    </Dialog>
  );
}

interface CancelProps {
  readonly onKeep: () => void;
  readonly onCancel: () => void;
}

export function CancelDialog({ onKeep, onCancel }: CancelProps) {
  return (
    <Dialog title={text.totem.paying.cancelTitle} onDismiss={onKeep}>
      <p>{text.totem.paying.cancelDetail}</p>
      <div className="dialog-actions">
        <Button onPress={onKeep} autoFocus>
          {text.totem.paying.keep}
        </Button>
        <Button variant="danger" onPress={onCancel}>
          {text.totem.paying.cancelConfirm}
        </Button>
      </div>
    </Dialog>
  );
}
