import type { Mutation } from '../mutations.ts';

const ENDS = 'everything ends';
const RESCUED = 'rescued is not issued again';

/** Who may issue a ticket, its number, and the queue. */
export const TICKET_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a rescue does not wait for the lease',
    foundAt: 3,
    file: 'sync-server/confirmations/rescue-ticket.ts',
    find: 'if (!leaseWatch.isOver(payment.transactionId, payment.actBeforeMs, atMs))',
    replace: 'if (atMs < 0)',
    breaks: ['leases are kept', RESCUED],
  },
  {
    name: 'a rescue does not wait for the paper',
    foundAt: 5,
    file: 'sync-server/confirmations/rescue-ticket.ts',
    find: "if (!leaseWatch.isOver(existing.ticketId, itsTotemsUntilMs, atMs)) return refuse('lease_running', existing);",
    replace: '',
    breaks: ['leases are kept', RESCUED],
  },
  {
    name: 'a ticket’s id is not made from its session',
    foundAt: 1,
    file: 'main/checkout/ticket-issue.ts',
    find: '    ticketId: ticketIdOfSession(sessionId),',
    replace: '    ticketId: sessionId,',
    breaks: [ENDS, 'no ticket without its money', 'one number, one ticket', 'no ticket is stuck'],
  },
  {
    name: 'a totem is told of one number more than it was leased',
    foundAt: 1,
    file: 'sync-server/numbers/lease-numbers.ts',
    find: 'return leases.filter(({ leaseId }) => storedIds.has(leaseId));',
    replace:
      'return leases.filter(({ leaseId }) => storedIds.has(leaseId)).map((lease) => ({ ...lease, to: lease.to + 1 }));',
    breaks: ['local numbers are leased'],
  },
  {
    name: 'two leases share a number',
    foundAt: 1,
    file: 'sync-server/numbers/lease-numbers.ts',
    find: 'next_local_number - $5 * wanted.leases AS "from"',
    replace: 'next_local_number - $5 * wanted.leases - 1 AS "from"',
    breaks: ['local numbers are leased'],
  },
  {
    name: 'the day begins at midnight in Greenwich',
    foundAt: 6,
    file: 'domain/business-day.ts',
    find: 'formatterOf(timeZone).formatToParts(instantMs)',
    replace: "formatterOf(timeZone === '' ? timeZone : 'UTC').formatToParts(instantMs)",
    breaks: ['numbers are of their day'],
  },
  {
    name: 'who came last is called first',
    foundAt: 5,
    file: 'sync-server/queue/ticket-store.ts',
    find: 'ORDER BY issued_at, label COLLATE "C" LIMIT 1 FOR UPDATE',
    replace: 'ORDER BY issued_at DESC, label COLLATE "C" LIMIT 1 FOR UPDATE',
    breaks: ['first come, first called'],
  },
  {
    name: 'a claim is granted although the ticket exists',
    foundAt: 101,
    file: 'sync-server/confirmations/claim-confirmation.ts',
    find: "if (ticket !== undefined) return { outcome: 'ticketed', ticket: TicketView.parse(ticket), serverTime };",
    replace: '',
    breaks: ['leases are kept', RESCUED],
  },
  {
    // The index over the numbers stops the ticket, and the sale with it, until the numbers are used up.
    name: 'a restored totem keeps the numbers that it may have given out',
    foundAt: 11,
    file: 'main/store/implant.ts',
    find: 'createNumberLeaseRepository(db).abandonAll();',
    replace: 'createNumberLeaseRepository(db);',
    breaks: ['no unexpected error', 'one number, one ticket'],
  },
  {
    // What is not in the queue cannot be called, which hides the first half alone.
    name: 'who is at a counter may be called to another',
    foundAt: 13,
    file: 'domain/queue-decision.ts',
    find: "if (isAtCounter(next)) return { ok: false, code: 'ticket_taken', ticket: next };",
    replace: '',
    also: [
      {
        file: 'domain/queue-decision.ts',
        find: "if (next.status !== 'in_queue' ||",
        replace: "if ((next.status !== 'in_queue' && !isAtCounter(next)) ||",
      },
    ],
    breaks: ['one ticket, one counter', 'losers are told', 'operators are told the truth'],
  },
];
