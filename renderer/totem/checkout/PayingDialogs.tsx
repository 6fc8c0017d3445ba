import { text } from '../../i18n/text.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';

/** The code as text, for who cannot scan it: a screen reader, a companion who types. */
export function CodeDialog({ brCode, onClose }: { readonly brCode: string; readonly onClose: () => void }) {
  return (
    <Dialog title={text.totem.paying.codeTitle} onDismiss={onClose}>
      <p className="soft">{text.totem.paying.codeDetail}</p>
      <textarea
        className="code-text"
        readOnly
        rows={6}
        aria-label={text.totem.paying.codeLabel}
        value={brCode}
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
