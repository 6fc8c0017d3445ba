import { text } from '../i18n/text.ts';
import { Notice } from '../ui/Notice.tsx';
import { printerNotice } from './navigation.ts';
import { totemStore } from './stores.ts';

/** Said before anybody pays: there will be no paper. */
export function PrinterNotice() {
  const printer = totemStore((state) => state.snapshot?.printer);
  const notice = printer === undefined ? null : printerNotice(printer);
  if (notice === null) return null;
  return (
    <Notice icon="printer" tone={notice === 'mock' ? 'calm' : 'warning'}>
      {text.totem.printerNotice[notice]}
    </Notice>
  );
}
