import type { Mutation } from '../mutations.ts';

const ENDS = 'everything ends';

/** What a totem reads, sends and prints, and who it is. */
export const TOTEM_MUTATIONS: readonly Mutation[] = [
  {
    // The cursor itself only moves forwards, which hides the first half alone.
    name: 'what was read before is read again, and the cursor follows',
    foundAt: 2,
    file: 'main/sync/feed-effects.ts',
    find: 'if (entry.seq <= cursor) continue;',
    replace: '',
    also: [
      {
        file: 'main/store/sync-state.ts',
        find: "'UPDATE sync_state SET feed_cursor = ? WHERE feed_cursor < ?'",
        replace: "'UPDATE sync_state SET feed_cursor = ? WHERE feed_cursor <> ?'",
      },
    ],
    breaks: ['nothing goes backwards'],
  },
  {
    name: 'a page of the feed leaves out its first entry',
    foundAt: 1,
    file: 'sync-server/sync/feed-page.ts',
    find: 'seq > $3 ORDER',
    replace: 'seq > $3 + 1 ORDER',
    breaks: ['the shop opens', 'all agree', 'screens tell the truth', 'every Pix ends once', ENDS],
  },
  {
    name: 'the end of a sale is not sent',
    foundAt: 3,
    file: 'main/checkout/session-life.ts',
    find: "store.outbox.append('session.ended',",
    replace: "if (outcome !== 'cancelled') store.outbox.append('session.ended',",
    breaks: ['sessions end alike'],
  },
  {
    name: 'the whole CPF is printed',
    foundAt: 1,
    file: 'domain/receipt.ts',
    find: 'maskCpf(content.customerCpf)',
    replace: 'content.customerCpf',
    breaks: ['personal data stays sealed'],
  },
  {
    name: 'a token that was good once is good for ever',
    foundAt: 11,
    file: 'sync-server/access/kiosk-token.ts',
    find: "if (row.revoked_at !== null) return refused('revoked');",
    replace: "if (known === undefined && row.revoked_at !== null) return refused('revoked');",
    breaks: ['revoked is out'],
  },
  {
    name: 'a revoked totem goes on hearing the feed',
    foundAt: 11,
    file: 'sync-server/access/kiosk-streams.ts',
    find: "key_id = ANY($1::text[]) AND revoked_at IS NULL',",
    replace: "key_id = ANY($1::text[])',",
    breaks: ['revoked is out'],
  },
  {
    // That a ticket has one paper of each number is also an index of the database, so the paper itself lies.
    name: 'a reprint is printed as the first paper',
    foundAt: 88,
    file: 'main/printing/print-queue.ts',
    find: 'stampReceipt(document.data, job)',
    replace: "stampReceipt(document.data, job.kind === 'reprint' ? { ...job, copyNumber: 1 } : job)",
    breaks: ['one first paper', 'deliveries are true'],
  },
  {
    name: 'a reprint counts as the first paper',
    foundAt: 64,
    file: 'main/checkout/paper-outcome.ts',
    find: 'if (!isBeforeQueue(ticket.status)) return;',
    replace: 'if (job.copyNumber === 1 && !isBeforeQueue(ticket.status)) return;',
    breaks: ['all agree', 'rejections are explained', 'nothing goes backwards', ENDS],
  },
];
