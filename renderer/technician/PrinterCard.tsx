import type { PrinterState, PrinterStatus } from '../../domain/protocol/machine-state.ts';
import { formatDuration } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import type { Tone } from '../ui/Message.tsx';

const TONE: Record<PrinterStatus, Tone> = {
  ready: 'good',
  paper_low: 'warning',
  paper_out: 'danger',
  cover_open: 'danger',
  offline: 'danger',
  error: 'danger',
  unknown: 'warning',
};

interface Props {
  readonly printer: PrinterState;
  readonly at: number;
  readonly busy: boolean;
  readonly onTestPrint: () => void;
}

/** How the printer is, what that means, and what to do about it. */
export function PrinterCard({ printer, at, busy, onTestPrint }: Props) {
  const words = text.technician;
  const isMock = printer.kind === 'mock';
  return (
    <section className="card stack" data-printer={printer.status}>
      <h2>{words.printer}</h2>
      <p className="badge-row" role="status">
        <span className={`badge tone-${isMock ? 'calm' : TONE[printer.status]}`}>
          {isMock ? words.printerKind.mock : words.printerStatus[printer.status]}
        </span>
        {!isMock && <span className="soft">{words.printerKind.escpos}</span>}
      </p>
      <p>{isMock ? words.mockAdvice : words.printerAdvice[printer.status]}</p>
      {printer.detail !== null && <p className="soft technical">{technicalWords(printer.detail)}</p>}
      <p className="soft tabular">
        {printer.checkedAt === null
          ? words.neverChecked
          : words.checked(formatDuration(at - printer.checkedAt))}
      </p>
      <Button variant="secondary" busy={busy} onPress={onTestPrint}>
        {words.testPrint}
      </Button>
    </section>
  );
}
