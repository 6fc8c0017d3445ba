import type { Clock } from '../../domain/clock.ts';
import type { CommandResult, TechnicianCommand } from '../../domain/protocol/screen-commands.ts';
import { composeTestPrint } from '../../domain/receipt.ts';
import { markReprinting } from '../checkout/paper-outcome.ts';
import type { KioskIdentity } from '../identity/kiosk-identity.ts';
import type { PrintQueue } from '../printing/print-queue.ts';
import type { KioskStore } from '../store/store.ts';
import type { PinGuard } from './technician-pin.ts';

export interface TechnicianOptions {
  readonly store: KioskStore;
  readonly printQueue: PrintQueue;
  readonly pinGuard: PinGuard;
  readonly identity: KioskIdentity;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly syncNow: () => void;
  readonly retrySetAside: () => void;
}

/** Every command carries the PIN: there is no unlocked state that the next person at the totem could find. */
export async function executeTechnicianCommand(
  options: TechnicianOptions,
  command: TechnicianCommand,
): Promise<CommandResult> {
  const { store, printQueue, pinGuard, identity, clock, syncNow, retrySetAside } = options;
  const pin = pinGuard.check(command.pin);
  if (!pin.ok) return pin;
  switch (command.kind) {
    case 'technician.unlock':
      return { ok: true };
    case 'technician.reprint':
      return store.write((): CommandResult => {
        if (store.tickets.byId(command.ticketId)?.status === 'voided')
          return { ok: false, code: 'not_allowed' };
        const reprint = printQueue.enqueueReprint(command.ticketId);
        if (!reprint.ok) return reprint;
        markReprinting(store, command.ticketId);
        return { ok: true };
      });
    case 'technician.test_print': {
      const timeZone = store.sync.catalog()?.unit.timeZone ?? 'UTC';
      const kioskId = identity.current()?.kioskId ?? '–';
      const document = composeTestPrint({ kioskId, timeZone, printedAt: clock.nowMs() });
      store.write(() => printQueue.enqueueTest(document));
      return { ok: true };
    }
    case 'technician.sync_now':
      syncNow();
      return { ok: true };
    case 'technician.enrol':
      return identity.enrol(command.code);
    case 'technician.retry_set_aside':
      retrySetAside();
      return { ok: true };
  }
}
