import { type DueLoop, startDueLoop } from './due-loop.ts';
import type { ProviderContext } from './provider-context.ts';
import type { Pix } from './store/pix.ts';

/** How long a refund stays EM_PROCESSAMENTO: long enough to be seen, short enough to wait for. */
export const REFUND_PROCESSING_MS = 2000;
/** Between a notification and its copy under the fault `duplicate`, so that they travel as two requests. */
const DUPLICATE_AFTER_MS = 250;

/** Lets Pix under way arrive, and refunds in processing reach their end, when their time has come. */
export function startSettlement(context: ProviderContext): DueLoop {
  const { store, clock, log } = context;
  return startDueLoop(clock, log, {
    nextDueAt: () => {
      const pixDueAt = store.pix.nextDueAt();
      const requestedAt = store.refunds.oldestRequestedAt();
      const refundDueAt = requestedAt === null ? null : requestedAt + REFUND_PROCESSING_MS;
      if (pixDueAt === null || refundDueAt === null) return pixDueAt ?? refundDueAt;
      return Math.min(pixDueAt, refundDueAt);
    },
    run: (nowMs) => {
      store.transaction(() => {
        for (const pix of store.pix.dueBy(nowMs)) settlePix(context, pix);
        settleRefunds(context, nowMs);
      });
      context.wake();
    },
  });
}

/**
 * The money of `pix` is in the payee's account: the charge is CONCLUIDA and the notification is owed, in the caller's
 * transaction. A charge that the payee has removed keeps its status, and the money still came.
 */
export function settlePix(context: ProviderContext, pix: Pix): void {
  const { store, clock, log } = context;
  store.pix.settle(pix.endToEndId, clock.nowMs());
  log.info({ endToEndId: pix.endToEndId, txid: pix.txid, amountCents: pix.amountCents }, 'pix received');
  if (pix.txid === null) return;
  if (store.charges.byTxid(pix.txid)?.status === 'ATIVA') store.charges.setStatus(pix.txid, 'CONCLUIDA');
  oweNotification(context, pix, null);
  for (const tell of context.onMoney) tell(pix.txid);
}

function settleRefunds(context: ProviderContext, nowMs: number): void {
  const { store } = context;
  for (const refund of store.refunds.requestedBy(nowMs - REFUND_PROCESSING_MS)) {
    store.refunds.settle(refund, nowMs);
    const pix = store.pix.settled(refund.endToEndId);
    if (pix !== undefined) notifyOfRefund(context, pix, refund.id);
  }
}

/** What goes back of a Pix has moved on. In the caller's transaction. */
export function notifyOfRefund(context: ProviderContext, pix: Pix, refundId: string): void {
  if (pix.txid === null) return;
  oweNotification(context, pix, refundId);
  for (const tell of context.onMoney) tell(pix.txid);
}

/** API Pix notifies of a Pix with txid, to a key that has a webhook at that moment. */
function oweNotification({ store, clock }: ProviderContext, pix: Pix, refundId: string | null): void {
  if (store.webhooks.byKey(pix.key) === undefined) return;
  const { webhook: fault, webhookDelayMs } = store.faults.get();
  if (fault === 'lost') return;
  const notification = { key: pix.key, endToEndId: pix.endToEndId, refundId };
  const dueAt = clock.nowMs() + (fault === 'delayed' ? webhookDelayMs : 0);
  store.callbacks.owe(notification, dueAt);
  if (fault === 'duplicate') store.callbacks.owe(notification, dueAt + DUPLICATE_AFTER_MS);
}
