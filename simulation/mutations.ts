import { FULFILMENT_MUTATIONS } from './mutations/fulfilment.ts';
import { MONEY_MUTATIONS } from './mutations/money.ts';
import { TICKET_MUTATIONS } from './mutations/tickets.ts';
import { TOTEM_MUTATIONS } from './mutations/totem.ts';

export interface SourceChange {
  /** From the project's folder. */
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A bug that is put into the source on purpose, to prove that the simulation would see it. */
export interface Mutation extends SourceChange {
  readonly name: string;
  /** The seed that found it the last time, written by `--mutations --note`: it is looked for there first. */
  readonly foundAt?: number;
  /** Where the product has a second defence that would hide the bug: it goes as well. */
  readonly also?: readonly SourceChange[];
  /** The invariants that may report it. */
  readonly breaks: readonly string[];
}

const ENDS = 'everything ends';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the callback’s word is trusted',
    foundAt: 1,
    file: 'sync-server/payments/check-charge.ts',
    find: '    : await fetchOrCapture(provider, payment);',
    replace: `    : cause === 'webhook'
      ? { kind: 'found', charge: { txid: payment.txid, providerChargeId: null, currency: 'BRL', refunds: [], disputes: [], pixKey: payment.pixKey, amountCents: payment.amountCents,
          status: 'SUCCEEDED', closedBy: null, providerStatus: 'CONCLUIDA', createdAtMs: payment.createdAt.getTime(),
          expiresAtMs: payment.createdAt.getTime() + 60_000, brCode: payment.brCode, receipts: [{
            receiptId: 'E' + payment.txid.slice(0, 31), endToEndId: null, feeCents: null, txid: payment.txid, pixKey: payment.pixKey,
            amountCents: payment.amountCents, paidAtMs: payment.createdAt.getTime() }] } }
      : await fetchOrCapture(provider, payment);`,
    breaks: ['paid is said by the server first', 'no ticket without its money', 'every Pix ends once', ENDS],
  },
  {
    name: 'a cent too little is accepted',
    foundAt: 1,
    file: 'sync-server/payments/judge-receipts.ts',
    find: 'receipt.amountCents !== payment.amountCents',
    replace: 'receipt.amountCents < payment.amountCents - 1',
    breaks: ['paid is said by the server first', 'no ticket without its money'],
  },
  {
    name: 'a second Pix counts as settling',
    foundAt: 6,
    file: 'sync-server/payments/judge-receipts.ts',
    find: 'let settled = payment.settledReceiptId !== null;',
    replace: 'let settled = false;',
    breaks: [ENDS, 'every Pix ends once'],
  },
  {
    name: 'the sale’s amount is sent back instead of what came',
    foundAt: 1,
    file: 'sync-server/payments/refunds.ts',
    find: '          amountCents: refund.amountCents,',
    replace: '          amountCents: refund.expectedCents,',
    breaks: [ENDS, 'every Pix ends once', 'no money twice', 'the books balance', 'screens tell the truth'],
  },
  {
    name: 'a refund is not posted',
    foundAt: 1,
    file: 'sync-server/payments/refunds.ts',
    find: 'await postRefund(context,',
    replace: 'if (atMs < 0) await postRefund(context,',
    breaks: ['the books balance'],
  },
  {
    name: 'the counter of numbers stands still',
    foundAt: 1,
    file: 'sync-server/payments/reserve-ticket-number.ts',
    find: 'last_number = CASE WHEN c.last_number + 1 < $5 THEN c.last_number + 1',
    replace: 'last_number = CASE WHEN c.last_number + 1 < $5 THEN c.last_number',
    breaks: [ENDS, 'one number, one ticket'],
  },
  {
    name: 'money after a cancellation is dropped',
    foundAt: 4,
    file: 'sync-server/payments/apply-provider-charge.ts',
    find: 'if (recorded.settling !== null)\n',
    replace: 'if (recorded.settling !== null && payment.cancelRequestedAt === null)\n',
    breaks: ['every Pix ends once', 'screens tell the truth', ENDS],
  },
  {
    name: 'nobody asks the bank by himself',
    foundAt: 5,
    file: 'sync-server/reconciliation/poller.ts',
    find: 'const due = await claimDue(context, provider);',
    replace: 'const due: DueCheck[] = []; if (due.length === 0) return null;',
    breaks: [ENDS, 'sessions end alike'],
  },
  {
    name: 'a transaction is held while the bank is asked',
    foundAt: 1,
    file: 'sync-server/payments/check-charge.ts',
    find: '    : await fetchOrCapture(provider, payment);',
    replace: '    : await context.db.transaction(() => fetchOrCapture(provider, payment));',
    breaks: ['no transaction waits'],
  },
  {
    name: 'a start is answered and not stored',
    foundAt: 1,
    file: 'sync-server/queue/queue-command.ts',
    find: 'await saveTicketChanges(transaction, context.feedWake, unit, changes, atMs);',
    replace:
      "if (command.kind !== 'queue.start') await saveTicketChanges(transaction, context.feedWake, unit, changes, atMs);",
    breaks: ['operators are told the truth', 'all agree'],
  },
  {
    name: 'a repeated press is decided anew',
    foundAt: 1,
    file: 'sync-server/queue/queue-command.ts',
    find: 'if (earlier !== null) return earlier;',
    replace:
      'if (earlier !== null) Object.assign(command, { commandId: command.commandId.slice(0, -8) + String(atMs).slice(-8) });',
    breaks: ['operators are told the truth'],
  },
  {
    name: 'the feed has a gap',
    foundAt: 1,
    file: 'sync-server/sync/feed-log.ts',
    find: 'SET feed_head = feed_head + $3 WHERE',
    replace: 'SET feed_head = feed_head + $3 + 1 WHERE',
    breaks: ['nothing goes backwards', 'the shop opens'],
  },
  {
    name: 'the stream leaves out what came while it was sending',
    foundAt: 2,
    file: 'sync-server/sync/feed-stream.ts',
    find: 'sent = entry.seq;',
    replace: 'sent = Math.max(entry.seq, page.head + 1);',
    breaks: [ENDS],
  },
  {
    name: 'the cursor moves before the effect',
    foundAt: 149,
    file: 'main/sync/feed-effects.ts',
    find: `      store.write(() => {
        let cursor = store.sync.read().feedCursor;`,
    replace: `      const before = store.sync.read().feedCursor;
      store.write(() => { for (const entry of entries) store.sync.moveCursor(entry.seq); });
      store.write(() => {
        let cursor = before;`,
    breaks: [ENDS, 'all agree', 'every Pix ends once', 'no ticket is stuck', 'screens tell the truth'],
  },
  {
    name: 'an older state of a ticket replaces a newer one',
    foundAt: 3,
    file: 'main/sync/ticket-merge.ts',
    find: 'if (incoming.revision <= known.revision) return null;',
    replace: '',
    breaks: ['nothing goes backwards', 'all agree'],
  },
  {
    name: 'money after the countdown is not taken',
    foundAt: 13,
    file: 'domain/payment-session.ts',
    find: "  expired: ['paid'],",
    replace: '  expired: [],',
    breaks: [ENDS, 'all agree', 'screens tell the truth'],
  },
  {
    name: 'an uncertain paper is printed again',
    foundAt: 4,
    file: 'main/printing/print-queue.ts',
    find: "const retryAfterMs = result.kind === 'not_started' ?",
    replace: "const retryAfterMs = result.kind !== 'printed' ?",
    breaks: ['one first paper'],
  },
  {
    name: 'a paper that a power cut interrupted is printed again',
    foundAt: 61,
    file: 'main/printing/print-queue.ts',
    find: "endAttempt(job, { kind: 'uncertain', printer: state, detail: INTERRUPTED });",
    replace: "endAttempt(job, { kind: 'not_started', printer: state });",
    breaks: ['one first paper'],
  },
  {
    name: 'a copy does not say that it is one',
    foundAt: 65,
    file: 'domain/receipt.ts',
    find: 'const isCopy = paper.copyNumber > 1;',
    replace: 'const isCopy = false;',
    breaks: ['one first paper'],
  },
  {
    name: 'an event leaves the outbox before its answer',
    foundAt: 1,
    file: 'main/sync/outbox-pusher.ts',
    find: 'const answer = await client.push(batch);',
    replace: `store.write(() => { for (const { id } of batch) store.outbox.settle({ id, outcome: 'applied', reason: null }); });
      const answer = await client.push(batch);`,
    breaks: [
      'losers are told',
      'all agree',
      ENDS,
      'no ticket is stuck',
      'every Pix ends once',
      'rejections are explained',
    ],
  },
  {
    name: 'the outbox is sent from its end',
    foundAt: 1,
    file: 'main/store/outbox.ts',
    find: 'WHERE outcome IS NULL ORDER BY position',
    replace: 'WHERE outcome IS NULL ORDER BY position DESC',
    breaks: ['rejections are explained', ENDS, 'all agree', 'no ticket is stuck'],
  },
  {
    name: 'a lapsed lease is acted on',
    foundAt: 64,
    file: 'main/checkout/confirmations.ts',
    find: 'return actBefore !== null && latestMs !== null && latestMs < actBefore;',
    replace: 'return actBefore !== null;',
    breaks: ['rescued is not issued again'],
  },
  {
    name: 'a held paper is not held',
    foundAt: 219,
    file: 'main/checkout/paper-gate.ts',
    find: "return ticket.revision > 0 && link.state === 'online' ? 'go' : 'hold';",
    replace: "return 'go';",
    breaks: ['rescued is not issued again'],
  },
  {
    name: 'a cut-off totem calls the tickets of others',
    foundAt: 13,
    file: 'main/queue/local-calls.ts',
    find: 'const next = waiting.find(({ own }) => own);',
    replace: 'const [next] = waiting;',
    breaks: ['rejections are explained'],
  },
  {
    name: 'a local call that lost is kept quiet',
    foundAt: 9,
    file: 'main/queue/local-calls.ts',
    find: 'store.localCalls.addConflict(event.id, {',
    replace: 'if (current === null) store.localCalls.addConflict(event.id, {',
    breaks: ['losers are told'],
  },
  {
    name: 'numbers are leased to a second totem',
    foundAt: 1,
    file: 'sync-server/numbers/lease-numbers.ts',
    find: 'UPDATE ticket_counters SET next_local_number = next_local_number + $5',
    replace: 'UPDATE ticket_counters SET next_local_number = next_local_number + $5 / 2',
    breaks: ['local numbers are leased', 'one number, one ticket'],
  },
  {
    name: 'an answer settles whatever waits, not its own event',
    foundAt: 2,
    file: 'main/store/outbox.ts',
    find: 'WHERE event_id = @id AND outcome IS NULL',
    replace: 'WHERE (event_id = @id OR 1) AND outcome IS NULL',
    breaks: [
      'all agree',
      ENDS,
      'no ticket is stuck',
      'every Pix ends once',
      'losers are told',
      'rejections are explained',
    ],
  },
  {
    name: 'a revoked totem is let in',
    foundAt: 11,
    file: 'sync-server/access/kiosk-token.ts',
    find: "if (row.revoked_at !== null) return refused('revoked');",
    replace: '',
    breaks: ['revoked is out'],
  },
  {
    name: 'a refund is posted twice',
    foundAt: 1,
    file: 'sync-server/payments/refunds.ts',
    find: 'await postRefund(context, transaction, { ...refund, occurredAtMs: atMs });',
    replace: `for (const again of ['', ' again'])
    await postRefund(context, transaction, { ...refund, refundId: refund.refundId + again, occurredAtMs: atMs });`,
    breaks: ['the books balance'],
  },
  {
    name: 'a charge that the bank closed stays on the screen',
    foundAt: 42,
    file: 'main/sync/feed-effects.ts',
    find: `    'payment.closed': (closed, nowMs) => {
`,
    replace: `    'payment.closed': (closed, nowMs) => {
      if (nowMs > 0) return;
`,
    breaks: ['screens tell the truth'],
  },
  ...FULFILMENT_MUTATIONS,
  ...MONEY_MUTATIONS,
  ...TICKET_MUTATIONS,
  ...TOTEM_MUTATIONS,
];
