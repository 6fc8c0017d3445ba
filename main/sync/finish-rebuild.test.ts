import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { businessDayOf } from '../../domain/business-day.ts';
import { ticketIdOfSession } from '../../domain/ids.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { KIOSK_ID, KioskHarness, SERVICE_ID } from '../testing/kiosk-harness.ts';

const SESSION_ID = '018f0000-0000-7000-a000-000000000001';

/** Issued, and told so to the server; of its paper nothing was heard. */
function issuedTicket(kioskId: string, atMs: number): TicketView {
  return {
    ticketId: ticketIdOfSession(SESSION_ID),
    sessionId: SESSION_ID,
    kioskId,
    number: 1,
    prefix: 'C',
    label: 'C001',
    businessDay: businessDayOf(atMs, 'America/Sao_Paulo'),
    serviceId: SERVICE_ID,
    serviceName: 'Consulta',
    status: 'paid',
    delivery: null,
    payment: 'pix',
    amountDueCents: 0,
    rescued: false,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    issuedAt: atMs,
    queuedAt: null,
    counter: null,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
    revision: 1,
  };
}

async function emptied(totem: KioskHarness): Promise<void> {
  await totem.powerCut(() => {
    for (const name of readdirSync(totem.dataDir))
      if (name !== 'identity.json') rmSync(join(totem.dataDir, name), { recursive: true });
  });
}

it('takes a ticket into the queue whose paper was forgotten with the folder, and prints nothing', async () => {
  const totem = await KioskHarness.start();
  totem.server.publish('ticket.changed', { ticket: issuedTicket(KIOSK_ID, totem.clock.nowMs()) });
  await emptied(totem);
  await totem.untilWithTime(() => totem.server.pushed.some(({ kind }) => kind === 'ticket.queued'));
  expect(totem.query('SELECT label, status, delivery FROM tickets')).toEqual([
    { label: 'C001', status: 'in_queue', delivery: 'uncertain' },
  ]);
  expect(totem.printer.papers).toEqual([]);
});

it('leaves a neighbour’s ticket to its own totem: the twin', async () => {
  const totem = await KioskHarness.start();
  totem.server.publish('ticket.changed', { ticket: issuedTicket('totem-9', totem.clock.nowMs()) });
  await emptied(totem);
  await totem.untilWithTime(() => totem.technician().sync.feedCursor === totem.server.feed.length);
  expect(totem.query('SELECT status FROM tickets')).toEqual([{ status: 'paid' }]);
});

it('leaves a ticket alone whose paper is still to come', async () => {
  const totem = await KioskHarness.start();
  totem.printer.mood = 'paper_out';
  await totem.chooseAndSeeQr();
  totem.server.pay(totem.checkout('awaiting_payment').sessionId, KIOSK_ID);
  await totem.until(() => totem.query('SELECT 1 FROM tickets').length === 1);
  totem.server.dropStreams();
  await totem.untilWithTime(() => totem.totem().server === 'online' && totem.server.streams === 1);
  expect(totem.query(`SELECT 1 FROM tickets WHERE status = 'in_queue'`)).toEqual([]);
  totem.printer.mood = 'ready';
  await totem.untilWithTime(() => totem.printer.papers.length === 1);
});
