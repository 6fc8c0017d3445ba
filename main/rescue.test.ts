import { describe, expect, it } from 'vitest';
import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../domain/protocol/leases.ts';
import { RealShop } from './testing/real-shop.ts';
import type { Totem } from './testing/totem.ts';

const LAPSED_MS = CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS + 1_000;

async function shopOfTwo() {
  const shop = await RealShop.open();
  const totem = await shop.totem('totem-1');
  const other = await shop.totem('totem-2');
  return { shop, totem, other };
}

const checkout = (totem: Totem) => totem.engine.snapshot('totem').checkout;
const sync = (totem: Totem) => totem.engine.snapshot('technician').sync;
const rescuable = (totem: Totem) => totem.engine.snapshot('queue').rescuable;
const waiting = (totem: Totem) => totem.engine.snapshot('queue').waiting;

/** The totem has told the server all it had to tell, nothing was refused, and it knows what the server knows. */
async function settled(shop: RealShop, totem: Totem): Promise<void> {
  await shop.until(() => sync(totem).outboxPending === 0 && sync(totem).server === 'online');
  expect(sync(totem).outboxRejected).toBe(0);
  expect(totem.query('SELECT * FROM confirmations')).toEqual([]);
}

async function rescueAt(shop: RealShop, at: Totem, sessionId: string) {
  await shop.until(() => rescuable(at).some((each) => each.sessionId === sessionId));
  const result = await shop.rescue(at, sessionId);
  expect(result).toMatchObject({
    ok: true,
    ticket: { rescued: true, status: 'in_queue', delivery: 'counter' },
  });
  await shop.until(() => at.printer.papers.length === 1);
  expect(at.printer.papers[0]).toContain('2ª VIA');
}

describe('a totem that works', () => {
  it('prints at once, by its lease; nobody is asked to rescue anything', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.line.loses = (path) => path.includes('/sync/push') || path.includes('/claim');
    await shop.pay(sessionId);
    await shop.until(() => checkout(totem).step === 'ticket');
    expect(totem.printer.papers).toHaveLength(1);
    totem.line.loses = () => false;
    await shop.pass(LAPSED_MS);
    await settled(shop, totem);
    expect(rescuable(other)).toEqual([]);
    expect(await shop.tickets()).toMatchObject([{ status: 'in_queue', rescued: false }]);
  });
});

describe('a totem that dies', () => {
  it('before it reads the confirmation: rescued elsewhere; back, it shows the ticket and prints nothing', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    await totem.kill();
    await shop.pay(sessionId);
    await shop.until(() => other.query('SELECT * FROM confirmations').length === 1);
    expect(rescuable(other)).toEqual([]);
    expect(await shop.rescue(other, sessionId)).toMatchObject({ ok: false, code: 'lease_running' });
    await shop.pass(LAPSED_MS);
    await rescueAt(shop, other, sessionId);
    expect(rescuable(other)).toEqual([]);
    totem.switchOn();
    await shop.until(() => checkout(totem).step === 'ticket');
    expect(checkout(totem)).toMatchObject({ delivery: 'counter' });
    await settled(shop, totem);
    await settled(shop, other);
    expect(totem.allPapers()).toEqual([]);
    expect(await shop.tickets()).toMatchObject([{ status: 'in_queue', rescued: true, kioskId: 'totem-1' }]);
    expect(waiting(totem)).toHaveLength(1);
    expect(waiting(other)).toHaveLength(1);
  });

  it('before it reads, and nobody rescues: back, it claims, issues and prints, once', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    await totem.kill();
    await shop.pay(sessionId);
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    await shop.until(() => checkout(totem).step === 'ticket');
    await settled(shop, totem);
    await settled(shop, other);
    expect(totem.allPapers()).toHaveLength(1);
    expect(totem.allPapers()[0]).not.toContain('2ª VIA');
    expect(await shop.tickets()).toMatchObject([{ rescued: false }]);
  });

  it('between ticket and paper, its event untold: rescued; back, its paper never starts', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.line.loses = (path) => path.includes('/sync/push');
    const killed = totem.killWhen(() => totem.store.tickets.bySession(sessionId) !== undefined);
    await shop.pay(sessionId);
    await killed;
    expect(totem.query('SELECT status FROM print_jobs')).toEqual([{ status: 'queued' }]);
    await shop.pass(LAPSED_MS);
    await rescueAt(shop, other, sessionId);
    totem.switchOn();
    await shop.until(
      () => totem.query<{ status: string }>('SELECT status FROM print_jobs')[0]?.status === 'superseded',
    );
    await settled(shop, totem);
    expect(totem.allPapers()).toEqual([]);
    expect(await shop.tickets()).toMatchObject([{ status: 'in_queue', rescued: true }]);
    expect(waiting(totem)).toHaveLength(1);
    expect(totem.engine.snapshot('technician').needsAttention).toEqual([]);
  });

  it.each([
    ['card', "flow = 'international', provider = 'stripe'", 'Confirmado com cartão'],
    ['PIX', "flow = 'national'", 'Confirmado por PIX'],
  ])('over the paper of what was paid by %s: the paper from elsewhere says so', async (_by, paidBy, said) => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.printer.mood = 'paper_out';
    await shop.pay(sessionId);
    await shop.until(
      () => other.engine.snapshot('queue').arriving.length === 1 && sync(totem).outboxPending === 0,
    );
    await totem.kill();
    await shop.write(`UPDATE payment_transactions SET ${paidBy}`);
    await shop.pass(LAPSED_MS);
    await rescueAt(shop, other, sessionId);
    expect(other.printer.papers[0]).toContain(said);
  });

  it('over the paper, its ticket told: taken into the queue elsewhere; back, its paper never starts', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.printer.mood = 'paper_out';
    await shop.pay(sessionId);
    await shop.until(
      () => other.engine.snapshot('queue').arriving.length === 1 && sync(totem).outboxPending === 0,
    );
    await totem.kill();
    expect(await shop.tickets()).toMatchObject([{ status: 'paid', rescued: false }]);
    expect(totem.query('SELECT status FROM print_jobs')).toEqual([{ status: 'queued' }]);
    expect(rescuable(other)).toEqual([]);
    await shop.pass(LAPSED_MS);
    expect(rescuable(other)).toMatchObject([{ sessionId, lacks: 'not_queued', kioskId: 'totem-1' }]);
    await rescueAt(shop, other, sessionId);
    totem.printer.mood = 'ready';
    totem.switchOn();
    await shop.until(
      () => totem.query<{ status: string }>('SELECT status FROM print_jobs')[0]?.status === 'superseded',
    );
    await settled(shop, totem);
    expect(totem.allPapers()).toEqual([]);
    expect(await shop.tickets()).toMatchObject([{ status: 'in_queue', rescued: true }]);
    expect(waiting(totem)).toHaveLength(1);
  });

  it('between ticket and paper, and is cut off when it is back: the screen tells the number, the paper waits', async () => {
    const { shop, totem } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.line.loses = (path) => path.includes('/sync/push');
    const killed = totem.killWhen(() => totem.store.tickets.bySession(sessionId) !== undefined);
    await shop.pay(sessionId);
    await killed;
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    totem.line.up = false;
    await shop.until(() => checkout(totem).step === 'ticket');
    await shop.pass(5_000);
    expect(totem.allPapers()).toEqual([]);
    totem.line.up = true;
    await shop.until(() => totem.allPapers().length === 1);
    await settled(shop, totem);
    expect(await shop.tickets()).toMatchObject([{ rescued: false, status: 'in_queue' }]);
  });

  it('after the paper, its event untold: rescued; back, it is believed, and there is one ticket', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.line.loses = (path) => path.includes('/sync/push');
    await shop.pay(sessionId);
    await shop.until(() => totem.printer.papers.length === 1 && checkout(totem).step === 'ticket');
    await totem.kill();
    await shop.pass(LAPSED_MS);
    await rescueAt(shop, other, sessionId);
    totem.switchOn();
    await settled(shop, totem);
    expect(totem.allPapers()).toHaveLength(1);
    expect(await shop.tickets()).toMatchObject([{ status: 'in_queue', rescued: true }]);
    expect(waiting(totem)).toHaveLength(1);
  });
});

describe('a totem that is frozen with the confirmation in its socket', () => {
  it('asks before it acts, and learns that it was rescued', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.freeze();
    await shop.pay(sessionId);
    await shop.pass(LAPSED_MS);
    await rescueAt(shop, other, sessionId);
    totem.thaw(LAPSED_MS + 5_000);
    await shop.until(() => checkout(totem).step === 'ticket');
    await settled(shop, totem);
    expect(totem.allPapers()).toEqual([]);
    expect(totem.query("SELECT kind FROM outbox WHERE kind = 'ticket.issued'")).toEqual([]);
    expect(await shop.tickets()).toMatchObject([{ rescued: true }]);
  });

  it('with its wall clock set back meanwhile: still', async () => {
    const { shop, totem, other } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.freeze();
    await shop.pay(sessionId);
    await shop.pass(LAPSED_MS);
    await rescueAt(shop, other, sessionId);
    totem.clock.wallOffsetMs = -7_200_000;
    totem.thaw(LAPSED_MS + 5_000);
    await shop.until(() => checkout(totem).step === 'ticket');
    await settled(shop, totem);
    expect(totem.allPapers()).toEqual([]);
  });
});

describe('a claim', () => {
  it('is made by a totem whose clock was set forward, although its lease runs; the sale goes on', async () => {
    const { shop, totem } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.clock.wallOffsetMs = 7_200_000;
    await shop.pay(sessionId);
    await shop.until(() => totem.allPapers().length === 1);
    await settled(shop, totem);
    expect(await shop.tickets()).toMatchObject([{ rescued: false }]);
  });

  it('is repeated when its answer is lost: the customer reads that the money has come, and gets one ticket', async () => {
    const { shop, totem } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    await totem.kill();
    await shop.pay(sessionId);
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    totem.line.losesAnswerOf = (path) => path.includes('/claim');
    await shop.until(() => checkout(totem).step === 'issuing');
    expect(await totem.engine.execute({ kind: 'checkout.cancel', sessionId })).toMatchObject({
      ok: false,
      code: 'too_late_to_cancel',
    });
    await shop.until(
      () => totem.query<{ n: number }>('SELECT claim_attempts AS n FROM confirmations')[0]?.n === 2,
    );
    expect(totem.allPapers()).toEqual([]);
    totem.line.losesAnswerOf = () => false;
    await shop.until(() => checkout(totem).step === 'ticket');
    await settled(shop, totem);
    expect(totem.allPapers()).toHaveLength(1);
    expect(await shop.tickets()).toHaveLength(1);
  });
});

describe('a totem that cannot reach the server with its claim', () => {
  it('leaves the screen to the next customer after a time; the ticket comes, and is announced beside', async () => {
    const { shop, totem } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    await totem.kill();
    await shop.pay(sessionId);
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    totem.line.loses = (path) => path.includes('/claim');
    await shop.until(() => checkout(totem).step === 'issuing');
    // The QR code's own time is up meanwhile; nobody is told that it expired.
    await shop.pass(330_000, 10_000);
    expect(checkout(totem).step).toBe('issuing');
    await shop.pass(120_000, 10_000);
    await shop.until(() => checkout(totem).step === 'idle');
    await shop.until(() => sync(totem).server === 'online');
    await shop.seeQrCode(totem);
    totem.line.loses = () => false;
    await shop.until(() => totem.engine.snapshot('totem').lateTicket !== null);
    expect(checkout(totem).step).toBe('awaiting_payment');
    await shop.until(() => totem.allPapers().length === 1);
    await settled(shop, totem);
    expect(await shop.tickets()).toMatchObject([{ rescued: false }]);
  });
});

describe('who waits for a ticket that has to be claimed', () => {
  it('reads the number that it will have, and may leave before the time: it comes all the same', async () => {
    const { shop, totem } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    await totem.kill();
    await shop.pay(sessionId);
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    totem.line.loses = (path) => path.includes('/claim');
    await shop.until(() => checkout(totem).step === 'issuing');
    const shown = checkout(totem);
    if (shown.step !== 'issuing') throw new Error('it is not asked for any more');
    expect(shown.leavesAt - totem.engine.snapshot('totem').at).toBeGreaterThan(0);
    expect(await totem.engine.execute({ kind: 'checkout.dismiss', sessionId })).toMatchObject({ ok: true });
    expect(checkout(totem).step).toBe('idle');
    totem.line.loses = () => false;
    // Nobody took the screen meanwhile, so that it tells the number there.
    await shop.until(() => checkout(totem).step === 'ticket');
    expect(checkout(totem)).toMatchObject({ ticketLabel: shown.ticketLabel, late: true });
    await shop.until(() => totem.allPapers().length === 1);
    await settled(shop, totem);
    expect(await shop.tickets()).toMatchObject([{ label: shown.ticketLabel, rescued: false }]);
  });
});

describe('a totem whose folder was emptied', () => {
  it('finds by the feed that its sales have their tickets, and prints nothing', async () => {
    const { shop, totem } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    await shop.pay(sessionId);
    await shop.until(() => checkout(totem).step === 'ticket');
    await settled(shop, totem);
    await totem.kill();
    totem.emptyFolder();
    totem.switchOn();
    await settled(shop, totem);
    await shop.pass(3_000);
    expect(totem.allPapers()).toHaveLength(1);
    expect(await shop.tickets()).toHaveLength(1);
  });

  it('claims what it owes, and marks the paper as a copy, since the first may be out', async () => {
    const { shop, totem } = await shopOfTwo();
    const sessionId = await shop.seeQrCode(totem);
    totem.line.loses = (path) => path.includes('/sync/push');
    await shop.pay(sessionId);
    await shop.until(() => totem.printer.papers.length === 1);
    await totem.kill();
    totem.emptyFolder();
    totem.switchOn();
    await shop.until(() => totem.printer.papers.length === 1);
    await settled(shop, totem);
    expect(totem.allPapers()[0]).not.toContain('2ª VIA');
    expect(totem.allPapers()[1]).toContain('2ª VIA');
    expect(await shop.tickets()).toMatchObject([{ status: 'in_queue', rescued: false }]);
  });
});
