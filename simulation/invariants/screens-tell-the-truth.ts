import type { CheckoutView } from '../../domain/protocol/screens.ts';
import type { Hall } from '../hall.ts';
import type { KioskSide } from '../sides/kiosk-side.ts';
import type { Invariant, Look } from './invariant.ts';
import { chargesOfSession } from './money-books.ts';
import { shownCheckout } from './shown.ts';

/** A spinner that turns for longer than this, whatever the line, is a screen that has got stuck. World time, ms. */
const MAX_SPINNER_MS = 4 * 60_000;
/** A totem hears within a second that a charge has ended, where nothing holds the news up. */
const NEWS_MS = 5_000;

interface Watched {
  readonly key: string;
  readonly sinceMs: number;
}

const watchedByHall = new WeakMap<Hall, Map<string, Watched>>();

export const screensTellTheTruth: Invariant = {
  name: 'screens tell the truth',
  says: 'No totem shows a spinner for minutes, the QR code of a charge of which it has read that it is over, or whose time at the bank is up, or a refund that nobody makes.',
  afterStep(look) {
    const { hall } = look;
    const watched = watchedByHall.get(hall) ?? new Map<string, Watched>();
    watchedByHall.set(hall, watched);
    for (const kiosk of hall.kiosks) {
      const view = shownCheckout(kiosk);
      if (view === undefined || view.step === 'idle') {
        watched.delete(kiosk.kioskId);
        continue;
      }
      const nowMs = hall.world.agenda.nowMs();
      const key = `${kiosk.machine.bootedAtMs} ${view.sessionId} ${view.step}`;
      const before = watched.get(kiosk.kioskId);
      const since = before?.key === key ? before : { key, sinceMs: nowMs };
      watched.set(kiosk.kioskId, since);
      const complaint = wrongScreen(look, kiosk, view, nowMs - since.sinceMs);
      // A paper that is held since the last commit leaves the spinner for the number.
      if (complaint !== null && kiosk.engine?.snapshot('totem').checkout.step === view.step)
        return `${kiosk.kioskId} shows ${view.step} of ${view.sessionId}: ${complaint}`;
    }
    return null;
  },
  atEnd({ hall }) {
    for (const { kioskId, db, goneForGood } of hall.kiosks) {
      if (goneForGood) continue;
      const notices = db
        .prepare<[], { sessionId: string; status: string; cents: number }>(
          'SELECT session_id AS sessionId, status, refund_cents AS cents FROM session_refunds',
        )
        .all();
      for (const { sessionId, status, cents } of notices) {
        const refunds = chargesOfSession(hall, sessionId).flatMap(({ pix }) =>
          pix.flatMap((one) => one.refunds),
        );
        if (!refunds.some((refund) => refund.amountCents === cents && refund.status === 'DEVOLVIDO'))
          return `${kioskId} says of ${sessionId} that ${cents} cents go back (${status}); the bank never did that`;
      }
      const over = db
        .prepare<[], { sessionId: string; status: string }>(
          `SELECT session_id AS sessionId, status FROM payment_sessions WHERE status IN ('expired', 'cancelled', 'failed')`,
        )
        .all();
      for (const { sessionId, status } of over)
        if (chargesOfSession(hall, sessionId).some(({ pix }) => pix.some((one) => one.refunds.length === 0)))
          return `${kioskId} calls ${sessionId} ${status} for good, whose money was kept`;
    }
    return null;
  },
};

function wrongScreen(
  { hall, history }: Look,
  kiosk: KioskSide,
  view: Exclude<CheckoutView, { step: 'idle' }>,
  shownMs: number,
): string | null {
  switch (view.step) {
    case 'ticket':
    case 'printing': {
      const label = history.confirmations.get(view.sessionId)?.payload.ticket.label;
      if (view.payment === 'pix' && view.ticketLabel !== label)
        return `it says ${view.ticketLabel}, the number is ${label}`;
      return view.step === 'printing' && shownMs > MAX_SPINNER_MS ? `for ${shownMs} ms` : null;
    }
    case 'creating_charge':
    case 'issuing':
      return shownMs > MAX_SPINNER_MS ? `for ${shownMs} ms` : null;
    case 'awaiting_payment': {
      const cursor = kiosk.db.prepare<[], number>('SELECT feed_cursor FROM sync_state').pluck().get() ?? 0;
      const over = history.ends.get(view.sessionId);
      if (over !== undefined && over <= cursor) return `it has read entry ${over} of the feed, which ends it`;
      const charge = chargesOfSession(hall, view.sessionId).find(({ brCode }) => brCode === view.brCode);
      if (charge === undefined) return 'no bank has such a charge';
      const overdueMs =
        hall.world.epochMs + hall.world.agenda.nowMs() - charge.createdAtMs - charge.expiresSeconds * 1000;
      // A totem that starts anew reads the feed first, and knows of the time that has passed only what its clock says.
      return overdueMs > NEWS_MS && shownMs > charge.expiresSeconds * 1000 + NEWS_MS
        ? `${overdueMs} ms after the bank’s end of it`
        : null;
    }
    default:
      return null;
  }
}
