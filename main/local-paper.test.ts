import { describe, expect, it } from 'vitest';
import { CONFIRMATION_LEASE_MS, RESCUE_MARGIN_MS } from '../domain/protocol/leases.ts';
import { DEMO_SERVICES } from '../sync-server/catalog/demo-shop.ts';
import { RealShop } from './testing/real-shop.ts';
import type { Totem } from './testing/totem.ts';

const LAPSED_MS = CONFIRMATION_LEASE_MS + RESCUE_MARGIN_MS + 1_000;
const AT_COUNTER = DEMO_SERVICES[3];

/** Two totems; the first has numbers of its own and a printer without paper. */
async function shopWithoutPaper() {
  const shop = await RealShop.open();
  const totem = await shop.totem('totem-1');
  const other = await shop.totem('totem-2');
  await shop.until(
    () => totem.query('SELECT 1 FROM number_leases WHERE first_number IS NOT NULL').length > 0,
  );
  totem.printer.mood = 'paper_out';
  return { shop, totem, other };
}

/** A customer takes a ticket that is paid for at the counter. @returns the session */
async function take(totem: Totem): Promise<string> {
  const { serviceId } = AT_COUNTER;
  const taken = await totem.engine.execute({ kind: 'checkout.start', serviceId, payment: 'at_counter' });
  if (!taken.ok || taken.sessionId === undefined) throw new Error(JSON.stringify(taken));
  return taken.sessionId;
}

const revision = (totem: Totem) =>
  totem.query<{ revision: number }>('SELECT revision FROM tickets')[0]?.revision;
const hasTried = (totem: Totem) =>
  totem.query("SELECT 1 FROM print_jobs WHERE attempts > 0 AND status = 'queued'").length === 1;
const job = (totem: Totem) => totem.query<{ status: string }>('SELECT status FROM print_jobs')[0]?.status;

describe('the first paper of a ticket to be paid at the counter, whose totem died over it', () => {
  it('never starts when the ticket was rescued meanwhile', async () => {
    const { shop, totem, other } = await shopWithoutPaper();
    const sessionId = await take(totem);
    await shop.until(() => revision(totem) === 1);
    await totem.kill();
    await shop.pass(LAPSED_MS);
    expect(await shop.rescue(other, sessionId)).toMatchObject({ ok: true });
    totem.switchOn();
    await shop.until(() => job(totem) === 'superseded');
    expect(totem.allPapers()).toEqual([]);
    expect(await shop.tickets()).toMatchObject([{ status: 'in_queue', rescued: true }]);
  });

  it('never starts either when the totem died before it read that the server had the ticket', async () => {
    const { shop, totem, other } = await shopWithoutPaper();
    totem.line.hold();
    const sessionId = await take(totem);
    await shop.until(() => other.query('SELECT 1 FROM tickets').length === 1);
    expect(revision(totem)).toBe(0);
    await totem.kill();
    await shop.pass(LAPSED_MS);
    expect(await shop.rescue(other, sessionId)).toMatchObject({ ok: true });
    totem.switchOn();
    await shop.until(() => job(totem) === 'superseded');
    expect(totem.allPapers()).toEqual([]);
  });

  it('starts when nobody rescued it', async () => {
    const { shop, totem } = await shopWithoutPaper();
    await take(totem);
    await shop.until(() => revision(totem) === 1);
    await totem.kill();
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    await shop.until(() => totem.allPapers().length === 1);
    expect(totem.allPapers()[0]).not.toContain('2ª VIA');
  });

  it('waits while the totem is cut off and knows that the server has the ticket; the screen tells the number', async () => {
    const { shop, totem } = await shopWithoutPaper();
    await take(totem);
    await shop.until(() => revision(totem) === 1);
    await totem.kill();
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    totem.line.up = false;
    await shop.pass(10_000);
    await shop.until(() => totem.engine.snapshot('totem').server === 'offline');
    expect(totem.engine.snapshot('totem').checkout).toMatchObject({ step: 'ticket' });
    expect(totem.allPapers()).toEqual([]);
    totem.line.up = true;
    await shop.until(() => totem.allPapers().length === 1);
  });

  it('starts at once, cut off or not, while nobody can have rescued it', async () => {
    const { shop, totem } = await shopWithoutPaper();
    await take(totem);
    await shop.until(() => revision(totem) === 1);
    totem.line.up = false;
    totem.line.cut();
    totem.printer.mood = 'ready';
    await shop.until(() => totem.allPapers().length === 1);
  });

  it('starts while the totem is cut off, when the server never said that it has the ticket', async () => {
    const { shop, totem } = await shopWithoutPaper();
    totem.line.loses = () => true;
    totem.line.cut();
    await take(totem);
    await shop.until(() => hasTried(totem));
    await totem.kill();
    await shop.pass(LAPSED_MS);
    totem.switchOn();
    totem.line.up = false;
    await shop.until(() => totem.allPapers().length === 1);
    expect(revision(totem)).toBe(0);
  });
});
