import type { Invariant } from './invariant.ts';
import { chargesOfSession } from './money-books.ts';
import { shownCheckout } from './shown.ts';

export const paidIsSaidByTheServer: Invariant = {
  name: 'paid is said by the server first',
  says: 'No screen and no session says "paid" before the server has committed its confirmation, and the server confirms nothing before the bank has settled it.',
  afterStep({ hall, history }) {
    for (const { payload } of history.confirmations.values()) {
      const settled = chargesOfSession(hall, payload.sessionId).some(({ pix }) =>
        pix.some((one) => one.amountCents === payload.amountCents),
      );
      if (!settled)
        return `the server confirmed ${payload.sessionId}, for which nothing of its amount had arrived`;
    }
    for (const kiosk of hall.kiosks) {
      const { kioskId, db } = kiosk;
      const paid = db
        .prepare<[], { id: string }>(`SELECT session_id AS id FROM payment_sessions WHERE status = 'paid'`)
        .all();
      for (const { id } of paid)
        if (!history.confirmations.has(id)) return `${kioskId} calls ${id} paid; the server never said so`;
      const view = shownCheckout(kiosk);
      const shown = view?.step === 'printing' || view?.step === 'ticket' ? view : null;
      if (shown !== null && shown.payment === 'pix' && !history.confirmations.has(shown.sessionId))
        return `${kioskId} shows ${shown.step} for ${shown.sessionId}; the server never said that it is paid`;
    }
    return null;
  },
};
