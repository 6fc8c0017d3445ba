import type { Mutation } from '../mutations.ts';

const ENDS = 'everything ends';

/** From the bank’s callback to the refund. */
export const MONEY_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the callback is acknowledged before its commit',
    foundAt: 2,
    file: 'sync-server/webhooks/inbox-writer.ts',
    find: `      return new Promise((resolve) => {
        waiting.push({ item, resolve });
        writing ??= drain();
      });`,
    replace: `      waiting.push({ item, resolve: () => undefined });
      writing ??= drain();
      return Promise.resolve('stored');`,
    breaks: ['acknowledged is stored'],
  },
  {
    name: 'a callback that could not be stored is acknowledged',
    foundAt: 7,
    file: 'sync-server/webhooks/inbox-writer.ts',
    find: "outcome = 'database_unavailable';",
    replace: '',
    breaks: ['acknowledged is stored'],
  },
  {
    name: 'a surplus Pix is kept',
    foundAt: 3,
    file: 'sync-server/payments/record-receipts.ts',
    find: '      refunds.push(await openRefund(',
    replace: "      if (item.disposition !== 'surplus') refunds.push(await openRefund(",
    breaks: ['every Pix ends once', 'the books balance'],
  },
  {
    name: 'money that buys nothing is booked as a sale',
    foundAt: 1,
    file: 'sync-server/payments/record-receipts.ts',
    find: 'await postUnexpectedMoney(context',
    replace: 'await postSale(context',
    breaks: ['the books balance'],
  },
  {
    name: 'any amount settles',
    foundAt: 1,
    file: 'sync-server/payments/judge-receipts.ts',
    find: 'receipt.amountCents !== payment.amountCents',
    replace: 'receipt.amountCents < 0',
    breaks: ['paid is said by the server first', 'no ticket without its money'],
  },
  {
    name: 'a refund has a new id at each try',
    foundAt: 1,
    file: 'sync-server/payments/refunds.ts',
    find: `          refundId: refund.refundId,
          amountCents`,
    replace: `          refundId: refund.refundId.slice(0, -2) + String(refund.attempts).padStart(2, '0'),
          amountCents`,
    breaks: ['no money twice', ENDS],
  },
  {
    name: 'a withdrawal that the bank refuses is not looked behind',
    foundAt: 7,
    file: 'sync-server/payments/cancel-charge.ts',
    find: "return outcome.kind === 'unavailable' ? outcome : provider.fetchCharge(",
    replace: 'if (outcome) return outcome;\n  return provider.fetchCharge(',
    breaks: [ENDS, 'every Pix ends once'],
  },
  {
    name: 'nobody withdraws what was cancelled',
    foundAt: 1,
    file: 'sync-server/sync/push-state.ts',
    find: 'if (state.endedSessions.size > 0) {',
    replace: 'if (state.endedSessions.size > 99) {',
    breaks: ['sessions end alike'],
  },
  {
    name: 'the customer’s name is stored as it was typed',
    foundAt: 1,
    file: 'sync-server/customers/customer-store.ts',
    find: 'box.seal(fields[field])',
    replace: 'Buffer.from(fields[field] as string)',
    breaks: ['personal data stays sealed'],
  },
  {
    name: 'the sweep is switched off',
    foundAt: 69,
    file: 'sync-server/reconciliation/sweeper.ts',
    find: 'if (provider.listReceipts === undefined) return null;',
    replace: 'if (provider.listReceipts !== undefined) return null;',
    breaks: [ENDS, 'sessions end alike'],
  },
  {
    name: 'a payment is confirmed once more when it is looked at again',
    foundAt: 1,
    file: 'sync-server/payments/apply-provider-charge.ts',
    find: 'await settle(context, transaction, payment, recorded.settling, charge.expiresAtMs, atMs);',
    replace: `await settle(context, transaction, payment, recorded.settling, charge.expiresAtMs, atMs);
    else if (locked.settledReceiptId !== null && charge.receipts[0] !== undefined)
      await settle(context, transaction, payment, charge.receipts[0], charge.expiresAtMs, atMs);`,
    breaks: ['paid is said once', ENDS],
  },
];
