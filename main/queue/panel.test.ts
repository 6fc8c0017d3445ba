import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { KIOSK_ID, KioskHarness } from '../testing/kiosk-harness.ts';

const COUNTERS = ['Guichê 1', 'Guichê 2'] as const;

/** A ticket of `kioskId` as the server tells of it. */
function ticketOf(kioskId: string, number: number, changes: Partial<TicketView>): TicketView {
  const suffix = String(number).padStart(12, '0');
  return {
    ticketId: `018f0000-0000-7000-9000-${suffix}`,
    sessionId: `018f0000-0000-7000-a000-${suffix}`,
    kioskId,
    number,
    prefix: 'C',
    label: `C${String(number).padStart(3, '0')}`,
    businessDay: '2026-03-10',
    serviceId: '018f0000-0000-7000-8000-00000000000a',
    serviceName: 'Consulta',
    status: 'in_queue',
    delivery: 'printed',
    payment: 'pix',
    amountDueCents: 0,
    rescued: false,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    issuedAt: 1,
    queuedAt: 2,
    counter: null,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
    revision: 2,
    ...changes,
  };
}

describe('the panel', () => {
  it('Novo SGA #530 (a ticket called by API never reaches the panel): shows every call, whoever made it', async () => {
    const totem = await KioskHarness.start();
    const own = ticketIdOfSession(await totem.buy());
    const [waiting] = totem.kiosk.snapshot('queue').waiting;
    if (waiting === undefined) throw new Error('no ticket waits');
    const calledAt = totem.clock.nowMs();
    const call = (ticket: TicketView, counter: string, callCount: number): TicketView => ({
      ...ticket,
      status: 'called',
      counter,
      calledAt,
      callCount,
      revision: ticket.revision + callCount,
    });

    // By this totem's own queue screen.
    const mine = call(waiting, COUNTERS[0], 1);
    totem.server.answerQueue = () => ({ ok: true, ticket: mine });
    await totem.execute({ kind: 'queue.call_next', commandId: randomUUID(), counter: COUNTERS[0] });
    // By another totem's, or by anybody who speaks to the server: the unit's feed tells of it.
    const foreign = ticketOf('totem-2', 700, {});
    totem.server.publish('ticket.changed', { ticket: call(foreign, COUNTERS[1], 1) });
    const calls = (): Record<string, number> =>
      Object.fromEntries(totem.kiosk.snapshot('panel').calls.map((one) => [one.ticketId, one.callCount]));
    await totem.until(() => calls()[foreign.ticketId] === 1);
    expect(calls()).toEqual({ [own]: 1, [foreign.ticketId]: 1 });
    // A recall from elsewhere, of a ticket that was called here.
    totem.server.publish('ticket.changed', { ticket: call(mine, COUNTERS[0], 2) });
    await totem.until(() => calls()[own] === 2);
    expect(calls()).toEqual({ [own]: 2, [foreign.ticketId]: 1 });
  });

  it('FQM #58, #289, #291 (pre-assignment shows the wrong desk): names a counter only of who is called to it', async () => {
    const totem = await KioskHarness.start();
    let entries = totem.technician().sync.feedCursor;
    const status = fc.constantFrom('in_queue', 'called', 'in_progress', 'completed', 'no_show');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(status, fc.nat({ max: 1 })), { maxLength: 6 }), async (tickets) => {
        entries += tickets.length;
        const told = tickets.map(([state, at], index) => {
          const isAtCounter = state === 'called' || state === 'in_progress';
          return ticketOf('totem-2', 700 + index, {
            status: state,
            counter: state === 'in_queue' ? null : (COUNTERS[at] ?? null),
            callCount: state === 'in_queue' ? 0 : 1,
            calledAt: state === 'in_queue' ? null : totem.clock.nowMs(),
            endedAt: isAtCounter || state === 'in_queue' ? null : totem.clock.nowMs(),
            revision: entries * 10,
          });
        });
        for (const ticket of told) totem.server.publish('ticket.changed', { ticket });
        await totem.until(() => totem.technician().sync.feedCursor === entries);
        const panel = totem.kiosk.snapshot('panel').calls;
        for (const ticket of told) {
          const line = panel.find((one) => one.ticketId === ticket.ticketId);
          const isAtCounter = ticket.status === 'called' || ticket.status === 'in_progress';
          expect(line?.counter).toBe(isAtCounter ? ticket.counter : undefined);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('Odoo #186529 (the QR appears on the clerk’s screen): neither it nor the queue holds code, name or document', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.choose({ customerName: 'Maria Aparecida', customerCpf: '52998224725' });
    await totem.untilStep('awaiting_payment');
    const { brCode } = totem.checkout('awaiting_payment');
    const others = (): string =>
      JSON.stringify([totem.kiosk.snapshot('queue'), totem.kiosk.snapshot('panel')]);
    for (const secret of [brCode, 'Maria', '52998224725', '529.982.247-25', '982.247'])
      expect(others()).not.toContain(secret);
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilStep('ticket');
    expect(others()).toContain('C001');
    for (const secret of [brCode, 'Maria', '52998224725', '529.982.247-25', '982.247'])
      expect(others()).not.toContain(secret);
  });
});
