import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ticketIdOfSession } from '../../domain/ids.ts';
import { OUTBOX_PAYLOADS } from '../../domain/protocol/sync.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { KioskHarness } from '../testing/kiosk-harness.ts';

const [FIRST, SECOND] = ['Guichê 1', 'Guichê 2'];

function callNext(counter = FIRST, commandId: string = randomUUID()) {
  return { kind: 'queue.call_next', commandId, counter } as const;
}
function step(name: 'recall' | 'start' | 'complete' | 'no_show', ticketId: string, counter = FIRST) {
  return { kind: `queue.${name}`, commandId: randomUUID(), counter, ticketId } as const;
}

/** A totem with `count` tickets of its own that wait, all known to the server, and then no server. */
async function cutOffTotem(count = 1) {
  const totem = await KioskHarness.start();
  const own: TicketView[] = [];
  for (let sale = 0; sale < count; sale += 1) {
    const sessionId = await totem.buy();
    const ticketId = ticketIdOfSession(sessionId);
    await totem.until(() => waiting(totem).some((ticket) => ticket.ticketId === ticketId));
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    const bought = waiting(totem).find((ticket) => ticket.ticketId === ticketId);
    if (bought === undefined) throw new Error('the ticket does not wait');
    // The server's echo: its count of changes begins.
    const echo = { ...bought, revision: 2 };
    const { seq } = totem.server.publish('ticket.changed', { ticket: echo });
    await totem.until(() => totem.technician().sync.feedCursor === seq);
    own.push(echo);
    await totem.execute({ kind: 'checkout.dismiss', sessionId });
    totem.clock.advance(1_000);
  }
  await goOffline(totem);
  return { totem, own };
}

async function goOffline(totem: KioskHarness): Promise<void> {
  await totem.server.stop();
  await totem.untilWithTime(() => totem.totem().server === 'offline', 50);
}

async function goOnline(totem: KioskHarness): Promise<void> {
  await totem.server.start();
  await totem.untilWithTime(() => totem.totem().server === 'online', 50);
  await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0, 50);
}

const queue = (totem: KioskHarness) => totem.kiosk.snapshot('queue');
const waiting = (totem: KioskHarness) => queue(totem).waiting;

/** The local calls as the server heard them, each once. */
function callsPushed(totem: KioskHarness): string[] {
  const calls = totem.server.pushed.filter(({ kind }) => kind === 'queue.executed_locally');
  const kinds = calls.map(({ id, payload }) => {
    const { command } = OUTBOX_PAYLOADS['queue.executed_locally'].parse(payload);
    return [id, command.kind] as const;
  });
  return [...new Map(kinds).values()];
}

function firstOf(own: readonly TicketView[]): TicketView {
  const [ticket] = own;
  if (ticket === undefined) throw new Error('no ticket');
  return ticket;
}

describe('a cut-off totem', () => {
  it('Odoo #181419: goes on calling and serving its own tickets, and tells of it in order', async () => {
    const { totem, own } = await cutOffTotem(2);
    const { ticketId, label } = firstOf(own);
    expect(queue(totem).mode).toBe('local');
    expect(await totem.execute(callNext())).toMatchObject({
      ok: true,
      ticket: { ticketId, status: 'called' },
    });
    expect(totem.kiosk.snapshot('panel').calls).toMatchObject([{ label, counter: FIRST, callCount: 1 }]);
    expect(await totem.execute(step('start', ticketId))).toMatchObject({ ok: true });
    expect(await totem.execute(step('complete', ticketId))).toMatchObject({ ok: true });
    expect(await totem.execute(callNext())).toMatchObject({
      ok: true,
      ticket: { ticketId: own[1]?.ticketId },
    });
    await goOnline(totem);
    expect(callsPushed(totem)).toEqual([
      'queue.call_next',
      'queue.start',
      'queue.complete',
      'queue.call_next',
    ]);
    expect(queue(totem)).toMatchObject({ mode: 'server', conflicts: [] });
  });

  it('shows the tickets of other totems, and does not call them', async () => {
    const { totem, own } = await cutOffTotem();
    const { ticketId } = firstOf(own);
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().server === 'online', 50);
    const other = {
      ...firstOf(own),
      kioskId: 'totem-2',
      ticketId: randomUUID(),
      sessionId: randomUUID(),
      label: 'C900',
      number: 900,
      issuedAt: firstOf(own).issuedAt - 60_000,
    };
    totem.server.publish('ticket.changed', { ticket: other });
    await totem.until(() => waiting(totem).length === 2);
    await goOffline(totem);
    expect(waiting(totem).map(({ label }) => label)).toEqual(['C900', 'C001']);
    // Its own, though the other one came first.
    expect(await totem.execute(callNext())).toMatchObject({ ok: true, ticket: { ticketId } });
    expect(await totem.execute(callNext(SECOND))).toEqual({ ok: false, code: 'needs_server' });
    expect(await totem.execute(step('start', other.ticketId, SECOND))).toEqual({
      ok: false,
      code: 'needs_server',
    });
    const rescue = {
      kind: 'queue.rescue',
      commandId: randomUUID(),
      counter: FIRST,
      sessionId: randomUUID(),
    } as const;
    expect(await totem.execute(rescue)).toEqual({ ok: false, code: 'needs_server' });
  });

  it('takes no money, of its own tickets neither: the books are the server’s', async () => {
    const { totem, own } = await cutOffTotem();
    const { ticketId } = firstOf(own);
    await totem.execute(callNext());
    for (const kind of ['queue.take_payment', 'queue.undo_payment'] as const) {
      const command = { kind, commandId: randomUUID(), counter: FIRST, ticketId };
      expect(await totem.execute(command)).toEqual({ ok: false, code: 'needs_server_to_receive' });
    }
    await goOnline(totem);
    expect(callsPushed(totem)).toEqual(['queue.call_next']);
  });

  it('does not say of money whose answer was lost that it was not written down', async () => {
    const { totem, own } = await cutOffTotem();
    const { ticketId } = firstOf(own);
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().server === 'online', 50);
    totem.server.loseAnswers = true;
    totem.server.dropStreams();
    const taken = totem.execute({
      kind: 'queue.take_payment',
      commandId: randomUUID(),
      counter: FIRST,
      ticketId,
    });
    await totem.untilWithTime(() => totem.totem().server === 'offline', 50);
    expect(await taken).toEqual({ ok: false, code: 'server_unreachable' });
  });

  it('acts once on one press, however often it comes', async () => {
    const { totem } = await cutOffTotem(2);
    const press = callNext();
    const [one, two] = await Promise.all([totem.execute(press), totem.execute(press)]);
    expect(one).toEqual(two);
    expect(queue(totem).atCounters).toMatchObject([{ callCount: 1 }]);
    await goOnline(totem);
    expect(await totem.execute(press)).toMatchObject({ ok: true });
    expect(callsPushed(totem)).toEqual(['queue.call_next']);
    expect(totem.server.queueCommands).toEqual([]);
  });

  it('Novo SGA #213: gives one counter one ticket: two quick presses are one call and one refusal', async () => {
    const { totem } = await cutOffTotem(2);
    const [one, two] = await Promise.all([totem.execute(callNext()), totem.execute(callNext())]);
    expect(one).toMatchObject({ ok: true });
    expect(two).toMatchObject({ ok: false, code: 'counter_busy' });
    expect(waiting(totem)).toHaveLength(1);
  });

  it('keeps what was done through a power cut', async () => {
    const { totem, own } = await cutOffTotem();
    await totem.execute(callNext());
    await totem.powerCut();
    expect(queue(totem).atCounters).toMatchObject([{ ticketId: firstOf(own).ticketId, counter: FIRST }]);
    await goOnline(totem);
    expect(callsPushed(totem)).toEqual(['queue.call_next']);
  });

  it('a press that was under way to the server when the line broke is done here, under the same id', async () => {
    const { totem, own } = await cutOffTotem();
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().server === 'online', 50);
    await totem.until(() => totem.server.streams === 1);
    totem.server.hangs = true;
    const press = callNext();
    const pressed = totem.execute(press);
    totem.server.dropStreams();
    await totem.untilWithTime(() => totem.totem().server === 'offline', 50);
    await totem.server.stop();
    expect(await pressed).toMatchObject({ ok: true, ticket: { ticketId: firstOf(own).ticketId } });
    totem.server.hangs = false;
    await goOnline(totem);
    const told = totem.server.pushed.find(({ kind }) => kind === 'queue.executed_locally');
    expect(told?.payload).toMatchObject({ command: press });
    // A screen that lost the answer asks again: it is told the same, and the server is not asked.
    expect(await totem.execute(press)).toMatchObject({ ok: true });
    expect(totem.server.queueCommands).toEqual([]);
  });

  it('a press whose request was lost on the way is done here, under the same id', async () => {
    const { totem, own } = await cutOffTotem();
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().server === 'online', 50);
    totem.server.loseAnswers = true;
    totem.server.dropStreams();
    await totem.untilWithTime(() => totem.totem().server === 'offline', 50);
    const press = callNext();
    expect(await totem.execute(press)).toMatchObject({
      ok: true,
      ticket: { ticketId: firstOf(own).ticketId },
    });
    totem.server.loseAnswers = false;
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0, 50);
    const told = totem.server.pushed.find(({ kind }) => kind === 'queue.executed_locally');
    expect(told?.payload).toMatchObject({ command: press });
  });
});

describe('a local call that lost', () => {
  it('gives way to the server’s ticket, and says to its counter who has it', async () => {
    const { totem, own } = await cutOffTotem();
    const ticket = firstOf(own);
    await totem.execute(callNext());
    await totem.execute(step('start', ticket.ticketId));
    const taken = {
      ...ticket,
      status: 'called',
      counter: SECOND,
      calledAt: 1,
      callCount: 1,
      revision: 3,
    } as const;
    totem.server.judge = ({ kind }) => (kind === 'queue.executed_locally' ? 'ticket_taken' : undefined);
    totem.server.currentOf = () => taken;
    totem.server.publish('ticket.changed', { ticket: taken });
    await goOnline(totem);
    const { conflicts, atCounters, mode } = queue(totem);
    expect(conflicts).toMatchObject([{ label: 'C001', yourCounter: FIRST, winner: SECOND }]);
    expect(atCounters).toMatchObject([{ ticketId: ticket.ticketId, counter: SECOND, revision: 3 }]);
    expect(mode).toBe('server');
    await totem.pass(10 * 60_000 + 1);
    expect(queue(totem).conflicts).toEqual([]);
  });

  it('puts the ticket back into the queue where the server never let it out, at the same revision', async () => {
    const { totem, own } = await cutOffTotem();
    const ticket = firstOf(own);
    await totem.execute(callNext());
    totem.server.judge = ({ kind }) => (kind === 'queue.executed_locally' ? 'counter_busy' : undefined);
    totem.server.currentOf = () => ticket;
    await goOnline(totem);
    expect(queue(totem)).toMatchObject({
      waiting: [{ ticketId: ticket.ticketId, counter: null, callCount: 0 }],
      atCounters: [],
      conflicts: [{ winner: null, yourCounter: FIRST }],
    });
  });
});

describe('while the server has not answered for a local call', () => {
  it('PowerSync #253: the queue does not go backwards: what the server says meanwhile waits, and is not lost', async () => {
    const { totem, own } = await cutOffTotem();
    const ticket = firstOf(own);
    await totem.execute(callNext());
    totem.server.refusePush = () => ({ status: 503, code: 'database_unavailable' });
    // An echo of before the cut, and then what another counter did after it had taken the call in.
    totem.server.publish('ticket.changed', { ticket: { ...ticket, delivery: 'uncertain', revision: 3 } });
    const done = {
      ...ticket,
      status: 'completed',
      counter: FIRST,
      callCount: 1,
      endedAt: 9,
      revision: 6,
    } as const;
    const { seq } = totem.server.publish('ticket.changed', { ticket: done });
    await totem.server.start();
    await totem.untilWithTime(() => totem.technician().sync.feedCursor === seq, 50);
    expect(queue(totem)).toMatchObject({ mode: 'local', atCounters: [{ status: 'called' }], waiting: [] });
    totem.server.refusePush = () => null;
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0, 250);
    expect(queue(totem)).toMatchObject({ mode: 'server', atCounters: [], completedToday: 1 });
  });

  it('and sets it aside, its word of the ticket holds: the call would keep it back for hours', async () => {
    const { totem, own } = await cutOffTotem();
    const ticket = firstOf(own);
    await totem.execute(callNext());
    totem.server.judge = ({ kind }) => (kind === 'queue.executed_locally' ? 'unknown_kind' : undefined);
    totem.server.refusePush = () => ({ status: 503, code: 'database_unavailable' });
    const done = { ...ticket, status: 'completed', counter: SECOND, callCount: 1, endedAt: 9, revision: 6 };
    const { seq } = totem.server.publish('ticket.changed', { ticket: { ...done, status: 'completed' } });
    await totem.server.start();
    await totem.untilWithTime(() => totem.technician().sync.feedCursor === seq, 50);
    expect(queue(totem).atCounters).toMatchObject([{ status: 'called', counter: FIRST }]);
    totem.server.refusePush = () => null;
    await totem.untilWithTime(() => totem.technician().sync.setAside.length === 1, 250);
    expect(queue(totem)).toMatchObject({ mode: 'server', atCounters: [], completedToday: 1 });
  });

  it('the next command runs here too, so that the server judges them in their order', async () => {
    const { totem, own } = await cutOffTotem();
    await totem.execute(callNext());
    totem.server.refusePush = () => ({ status: 503, code: 'database_unavailable' });
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().server === 'online', 50);
    expect(await totem.execute(step('start', firstOf(own).ticketId))).toMatchObject({ ok: true });
    expect(totem.server.queueCommands).toEqual([]);
    totem.server.refusePush = () => null;
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0, 250);
    expect(callsPushed(totem)).toEqual(['queue.call_next', 'queue.start']);
  });
});
