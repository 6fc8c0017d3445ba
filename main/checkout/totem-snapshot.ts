import type { Layers, PrinterState, ServerLink } from '../../domain/protocol/machine-state.ts';
import type { TotemSnapshot } from '../../domain/protocol/screens.ts';
import { waitingAhead } from '../../domain/queue-policy.ts';
import { canTakeCard, canTakePix } from '../diagnostics/layers.ts';
import type { KioskIdentity } from '../identity/kiosk-identity.ts';
import { ticketsInQueue } from '../queue/business-today.ts';
import type { KioskStore } from '../store/store.ts';
import type { ShownSession } from './checkout.ts';
import { checkoutView } from './checkout-view.ts';

/** Late money is announced this long beside whatever the screen shows: its customer may be in the hall. */
export const LATE_NOTICE_MS = 120_000;

export interface TotemSurroundings {
  readonly identity: KioskIdentity;
  readonly server: ServerLink;
  readonly printer: PrinterState;
  readonly layers: Layers;
  readonly shown: ShownSession | undefined;
}

export function totemSnapshot(store: KioskStore, around: TotemSurroundings, nowMs: number): TotemSnapshot {
  const { identity, server, printer, layers, shown } = around;
  const catalog = store.sync.catalog();
  const ticket = shown?.ticket;
  const ahead = ticket === undefined ? 0 : waitingAhead(ticket, ticketsInQueue(store, nowMs));
  return {
    screen: 'totem',
    at: nowMs,
    kioskId: identity.current()?.kioskId ?? null,
    enrolment: identity.status(),
    unit:
      catalog === null ? null : { merchantName: catalog.unit.merchantName, unitName: catalog.unit.unitName },
    services: catalog?.services ?? [],
    server,
    printer,
    layers,
    storage: store.storage.state,
    pixAvailable: canTakePix(layers),
    cardAvailable: canTakeCard(layers),
    checkout: checkoutView(shown, { printer: printer.status, waitingAhead: ahead }),
    lateTicket: store.tickets.newestLateOffScreen(nowMs - LATE_NOTICE_MS) ?? null,
  };
}
