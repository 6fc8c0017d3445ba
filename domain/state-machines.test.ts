import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canSessionBecome, isSessionOver, SessionStatus } from './payment-session.ts';
import { CanonicalStatus, isSettled, isStatusChangeAllowed, STATUS_RANK } from './payment-status.ts';
import { canTicketBecome, isBeforeQueue, TicketStatus } from './ticket.ts';

/** Every legal move, written out a second time on purpose: the test walks all pairs against it. */
function legalMoves(lines: readonly string[]): Set<string> {
  return new Set(
    lines.flatMap((line) => {
      const [from, targets] = line.split(' → ');
      return (targets ?? '').split(' ').map((to) => `${from} → ${to}`);
    }),
  );
}

describe('payment session', () => {
  const legal = legalMoves([
    'open → awaiting_payment failed cancelled expired paid ticketed',
    'awaiting_payment → paid failed cancelled expired',
    'failed → paid',
    'cancelled → paid',
    'expired → paid',
  ]);

  it.each(SessionStatus.options.flatMap((from) => SessionStatus.options.map((to) => [from, to] as const)))(
    '%s → %s',
    (from, to) => {
      expect(canSessionBecome(from, to)).toBe(legal.has(`${from} → ${to}`));
    },
  );

  it('lets money that comes late turn every ending without a ticket into paid, and one with a ticket into nothing', () => {
    const endings = SessionStatus.options.filter(isSessionOver);
    expect(endings).toEqual(['paid', 'ticketed', 'failed', 'cancelled', 'expired']);
    const hasTicket = new Set(['paid', 'ticketed']);
    for (const ending of endings) expect(canSessionBecome(ending, 'paid')).toBe(!hasTicket.has(ending));
  });
});

describe('ticket', () => {
  const legal = legalMoves([
    'paid → printing print_error in_queue voided',
    'printing → print_error in_queue voided',
    'print_error → printing in_queue voided',
    'in_queue → called transferred voided',
    'called → called in_progress no_show in_queue transferred voided',
    'in_progress → completed transferred voided',
    'completed → voided',
    'no_show → in_queue voided',
    'transferred → in_queue voided',
  ]);

  it.each(TicketStatus.options.flatMap((from) => TicketStatus.options.map((to) => [from, to] as const)))(
    '%s → %s',
    (from, to) => {
      expect(canTicketBecome(from, to)).toBe(legal.has(`${from} → ${to}`));
    },
  );

  it('is the kiosk’s until it is in the queue', () => {
    expect(TicketStatus.options.filter(isBeforeQueue)).toEqual(['paid', 'printing', 'print_error']);
  });
});

describe('payment status', () => {
  const anyStatus = fc.constantFrom(...CanonicalStatus.options);

  it('never falls in rank, whatever messages arrive in whatever order', () => {
    fc.assert(
      fc.property(anyStatus, fc.array(anyStatus, { maxLength: 30 }), (start, messages) => {
        let status = start;
        for (const message of messages) {
          const before = STATUS_RANK[status];
          if (isStatusChangeAllowed(status, message)) status = message;
          expect(STATUS_RANK[status]).toBeGreaterThanOrEqual(before);
        }
        if (messages.some((message) => isSettled(message))) expect(isSettled(status)).toBe(true);
      }),
    );
  });

  it('ends the same for every order of the same messages, up to which of the equal endings came first', () => {
    fc.assert(
      fc.property(
        fc
          .array(anyStatus, { minLength: 1, maxLength: 8 })
          .chain((list) =>
            fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
          ),
        ([messages, shuffled]) => {
          const end = (list: readonly CanonicalStatus[]): number =>
            STATUS_RANK[
              list.reduce<CanonicalStatus>(
                (status, next) => (isStatusChangeAllowed(status, next) ? next : status),
                'CREATED',
              )
            ];
          expect(end(shuffled)).toBe(end(messages));
        },
      ),
    );
  });

  it('takes late money after every ending', () => {
    for (const ending of ['FAILED', 'EXPIRED', 'CANCELED'] as const)
      expect(isStatusChangeAllowed(ending, 'SUCCEEDED')).toBe(true);
  });

  it('keeps the first of two endings of one rank', () => {
    expect(isStatusChangeAllowed('EXPIRED', 'CANCELED')).toBe(false);
    expect(isStatusChangeAllowed('CANCELED', 'EXPIRED')).toBe(false);
  });

  it('goes down only for a dispute that was won', () => {
    expect(isStatusChangeAllowed('CHARGEBACK', 'SUCCEEDED')).toBe(false);
    expect(isStatusChangeAllowed('CHARGEBACK', 'SUCCEEDED', 'dispute_won')).toBe(true);
    expect(isStatusChangeAllowed('REFUNDED', 'SUCCEEDED', 'dispute_won')).toBe(false);
    const downs = CanonicalStatus.options.flatMap((from) =>
      CanonicalStatus.options
        .filter((to) => isStatusChangeAllowed(from, to, 'refund_bounced'))
        .map((to) => `${from} → ${to}`),
    );
    expect(downs).toEqual([
      'PARTIALLY_REFUNDED → SUCCEEDED',
      'REFUNDED → SUCCEEDED',
      'REFUNDED → PARTIALLY_REFUNDED',
    ]);
  });
});
