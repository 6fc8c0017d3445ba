import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SNAPSHOTS } from '../../domain/protocol/screens.ts';
import { KIOSK_ID, KioskHarness, SERVICE_ID } from '../testing/kiosk-harness.ts';
import { STUB_CATALOG } from '../testing/stub-catalog.ts';
import { LAST_SCREEN_MS } from './deadlines.ts';

const CPF = '529.982.247-25';
const NOBODY = '018f0000-0000-7000-8000-0000000000ff';

describe('a sale', () => {
  it('goes from the touch to the ticket in the queue, and the server hears of it in order', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    const [request] = totem.server.chargeRequests;
    expect(totem.checkout('awaiting_payment')).toMatchObject({
      sessionId,
      amountCents: 5_000,
      brCode: `BRCODE-${request?.txid}`,
    });

    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilStep('ticket');
    expect(totem.checkout('ticket')).toMatchObject({
      ticketLabel: 'C001',
      delivery: 'printed',
      waitingAhead: 0,
      late: false,
    });
    expect(totem.printer.papers).toHaveLength(1);
    expect(totem.printer.papers[0]).toContain('C001');
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    expect(totem.kindsPushed()).toEqual([
      'session.opened',
      'ticket.issued',
      'ticket.print_finished',
      'ticket.queued',
    ]);
    expect(totem.kiosk.snapshot('queue').waiting.map((ticket) => ticket.label)).toEqual(['C001']);
  });

  it('gives every screen a snapshot that its contract accepts, at each step', async () => {
    const totem = await KioskHarness.start();
    const steps: string[] = [];
    for (const screen of ['totem', 'queue', 'panel', 'technician'] as const) {
      totem.kiosk.subscribe(screen, (snapshot) => {
        SNAPSHOTS[screen].parse(snapshot);
        if (snapshot.screen === 'totem') steps.push(snapshot.checkout.step);
      });
    }
    await totem.buy();
    await totem.until(() => steps.at(-1) === 'ticket');
    expect(new Set(steps)).toEqual(
      new Set(['idle', 'creating_charge', 'awaiting_payment', 'printing', 'ticket']),
    );
  });

  it('clears a last screen that no page has left, in the end', async () => {
    const totem = await KioskHarness.start();
    await totem.buy();
    totem.clock.advance(LAST_SCREEN_MS - 1);
    expect(totem.totem().checkout.step).toBe('ticket');
    totem.clock.advance(1);
    expect(totem.totem().checkout.step).toBe('idle');

    const sessionId = await totem.chooseAndSeeQr();
    await totem.execute({ kind: 'checkout.cancel', sessionId });
    totem.clock.advance(LAST_SCREEN_MS - 1);
    expect(totem.totem().checkout.step).toBe('cancelled');
    totem.clock.advance(1);
    expect(totem.totem().checkout.step).toBe('idle');
  });
});

describe('the customer', () => {
  it('is refused with a CPF whose digits do not hold, and no session begins', async () => {
    const totem = await KioskHarness.start();
    const result = await totem.execute({
      kind: 'checkout.start',
      serviceId: SERVICE_ID,
      customerCpf: '529.982.247-24',
    });
    expect(result).toEqual({ ok: false, code: 'invalid_cpf' });
    expect(totem.totem().checkout.step).toBe('idle');
  });

  it('reaches the server, but never rests on the disk in clear, and is forgotten when the session is over', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.choose({ customerName: 'Maria Exemplo', customerCpf: CPF });
    await totem.untilStep('awaiting_payment');
    expect(totem.server.chargeRequests[0]?.customer).toEqual({ name: 'Maria Exemplo', cpf: '52998224725' });
    for (const clear of ['Maria Exemplo', CPF, '52998224725']) expect(diskHolds(totem, clear)).toBe(false);
    expect(diskHolds(totem, sessionId)).toBe(true);

    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilStep('ticket');
    expect(totem.printer.papers[0]).toContain('***.982.247-**');
    expect(totem.query('SELECT customer_sealed FROM payment_sessions')).toEqual([{ customer_sealed: null }]);
    expect(diskHolds(totem, '52998224725')).toBe(false);
  });

  it('is served one at a time; a finished screen makes way for the next', async () => {
    const totem = await KioskHarness.start();
    await totem.chooseAndSeeQr();
    const second = await totem.execute({ kind: 'checkout.start', serviceId: SERVICE_ID });
    expect(second).toEqual({ ok: false, code: 'checkout_in_progress' });
    const first = totem.checkout('awaiting_payment').sessionId;
    await totem.execute({ kind: 'checkout.cancel', sessionId: first });
    expect(await totem.choose()).not.toBe(first);
  });

  it.each([
    ['checkout.start', { kind: 'checkout.start', serviceId: NOBODY }, 'service_unknown'],
    ['checkout.cancel', { kind: 'checkout.cancel', sessionId: NOBODY }, 'unknown_session'],
    ['checkout.dismiss', { kind: 'checkout.dismiss', sessionId: NOBODY }, 'unknown_session'],
  ] as const)('%s of something unknown is refused', async (_kind, command, code) => {
    const totem = await KioskHarness.start();
    expect(await totem.execute(command)).toEqual({ ok: false, code });
  });

  it('may leave a finished screen, not one that still waits', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    expect(await totem.execute({ kind: 'checkout.dismiss', sessionId })).toEqual({
      ok: false,
      code: 'not_allowed',
    });
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilStep('ticket');
    expect(await totem.execute({ kind: 'checkout.dismiss', sessionId })).toEqual({ ok: true, sessionId });
    expect(totem.totem().checkout.step).toBe('idle');
  });

  it('cancels once, as often as the button is touched; after the payment it is too late', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    const cancel = { kind: 'checkout.cancel', sessionId } as const;
    expect(await totem.execute(cancel)).toEqual({ ok: true, sessionId });
    expect(await totem.execute(cancel)).toEqual({ ok: true, sessionId });
    await totem.until(() => totem.technician().sync.outboxPending === 0);
    expect(totem.kindsPushed()).toEqual(['session.opened', 'session.ended']);

    const paid = await totem.buy();
    expect(await totem.execute({ kind: 'checkout.cancel', sessionId: paid })).toEqual({
      ok: false,
      code: 'too_late_to_cancel',
    });
  });
});

describe('a charge that does not come', () => {
  it('shows that the server is away, keeps asking with one txid, and goes on when it is back', async () => {
    const totem = await KioskHarness.start();
    await totem.server.stop();
    const sessionId = await totem.choose();
    await totem.untilWithTime(() => totem.checkout('creating_charge').problem === 'server_unreachable');
    await totem.server.start();
    await totem.untilWithTime(() => totem.totem().checkout.step === 'awaiting_payment');
    expect(new Set(totem.server.chargeRequests.map((request) => request.sessionId))).toEqual(
      new Set([sessionId]),
    );
  });

  it('repeats a charge whose answer was lost with the same session and txid', async () => {
    const totem = await KioskHarness.start();
    totem.server.loseAnswers = true;
    await totem.choose();
    await totem.untilWithTime(() => totem.server.chargeRequests.length >= 2);
    totem.server.loseAnswers = false;
    await totem.untilWithTime(() => totem.totem().checkout.step === 'awaiting_payment');
    expect(new Set(totem.server.chargeRequests.map((request) => request.txid)).size).toBe(1);
  });

  it('Odoo #242617 (a spinner for ever): gives up after a minute, says why, and tells the server, which then cancels the charge', async () => {
    const totem = await KioskHarness.start();
    totem.server.refuseCharges = { status: 503, code: 'provider_unavailable' };
    await totem.choose();
    await totem.until(() => totem.checkout('creating_charge').problem === 'provider_unavailable');
    totem.clock.advance(60_000);
    expect(totem.checkout('failed').reason).toBe('provider_unavailable');
    await totem.until(() => totem.kindsPushed().includes('session.ended'));
    expect(totem.server.pushed.at(-1)?.payload).toMatchObject({
      outcome: 'failed',
      reason: 'provider_unavailable',
    });
  });

  it.each([
    [{ status: 409, code: 'amount_not_in_catalog' }, 'price_changed'],
    [{ status: 404, code: 'service_unknown' }, 'price_changed'],
    [{ status: 502, code: 'provider_rejected' }, 'provider_rejected'],
    [{ status: 403, code: 'forbidden' }, 'unknown'],
  ] as const)('fails at once at %o', async (refusal, reason) => {
    const totem = await KioskHarness.start();
    totem.server.refuseCharges = refusal;
    await totem.choose();
    await totem.untilStep('failed');
    expect(totem.checkout('failed').reason).toBe(reason);
    expect(totem.server.chargeRequests).toHaveLength(1);
  });

  it('fetches the catalogue anew when the price has changed', async () => {
    const totem = await KioskHarness.start();
    totem.server.refuseCharges = { status: 409, code: 'amount_not_in_catalog' };
    const [service] = STUB_CATALOG.services;
    const services = service === undefined ? [] : [{ ...service, amountCents: 6_500 }];
    totem.server.feed.push({
      seq: 2,
      at: totem.clock.nowMs(),
      kind: 'catalog.changed',
      payload: { catalog: { ...STUB_CATALOG, version: 2, services } },
    });
    await totem.choose();
    await totem.untilWithTime(() => totem.totem().services[0]?.amountCents === 6_500);
  });

  it('drops a charge that comes after the customer has cancelled', async () => {
    const totem = await KioskHarness.start();
    totem.server.refuseCharges = { status: 503, code: 'database_unavailable' };
    const sessionId = await totem.choose();
    await totem.until(() => totem.checkout('creating_charge').problem !== null);
    await totem.execute({ kind: 'checkout.cancel', sessionId });
    totem.server.refuseCharges = null;
    totem.clock.advance(10_000);
    expect(totem.checkout('cancelled').sessionId).toBe(sessionId);
  });
});

describe('the countdown', () => {
  it.each([-3_600_000, 0, 7_200_000])('ends by the server’s clock, %i ms away from ours', async (skewMs) => {
    const totem = await KioskHarness.start();
    totem.server.skewMs = skewMs;
    await totem.chooseAndSeeQr();
    expect(totem.checkout('awaiting_payment').expiresAt).toBe(totem.clock.nowMs() + 300_000);
    totem.clock.advance(299_999);
    expect(totem.totem().checkout.step).toBe('awaiting_payment');
    totem.clock.advance(1);
    expect(totem.totem().checkout.step).toBe('expired');
  });
});

describe('late money', () => {
  it('Odoo #256042 (card paid, order refused): turns an ending that is still on the screen into the ticket', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    await totem.pass(300_000);
    expect(totem.totem().checkout.step).toBe('expired');
    totem.server.pay(sessionId, KIOSK_ID, { late: true });
    await totem.untilStep('ticket');
    expect(totem.checkout('ticket')).toMatchObject({ sessionId, late: true });
    expect(totem.printer.papers).toHaveLength(1);
  });

  it('comes back to a screen that is free', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    await totem.execute({ kind: 'checkout.cancel', sessionId });
    await totem.execute({ kind: 'checkout.dismiss', sessionId });
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilStep('ticket');
    expect(totem.checkout('ticket').late).toBe(true);
  });

  it('prints beside another customer’s session and is only announced', async () => {
    const totem = await KioskHarness.start();
    const late = await totem.chooseAndSeeQr();
    await totem.execute({ kind: 'checkout.cancel', sessionId: late });
    const other = await totem.choose();
    await totem.untilStep('awaiting_payment');
    totem.server.pay(late, KIOSK_ID, { late: true });
    await totem.until(() => totem.printer.papers.length === 1);
    expect(totem.checkout('awaiting_payment').sessionId).toBe(other);
    expect(totem.totem().lateTicket?.label).toBe('C001');
    totem.clock.advance(120_000);
    expect(totem.totem().lateTicket).toBeNull();
  });
});

describe('other money, other endings', () => {
  it('tells of a wrong amount also when the customer has cancelled meanwhile', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    await totem.execute({ kind: 'checkout.cancel', sessionId });
    totem.server.publish('refund.changed', {
      refundId: 'D1',
      sessionId,
      kioskId: KIOSK_ID,
      reason: 'wrong_amount',
      status: 'processing',
      expectedCents: 5_000,
      receivedCents: 100,
      refundCents: 100,
    });
    await totem.untilStep('refunding');
    expect(totem.checkout('refunding')).toMatchObject({ receivedCents: 100, status: 'processing' });
  });

  it('shows a wrong amount as a refund, prints nothing, and follows the refund to its end', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    const refund = {
      refundId: 'D1',
      sessionId,
      kioskId: KIOSK_ID,
      reason: 'wrong_amount',
      expectedCents: 5_000,
      receivedCents: 100,
      refundCents: 100,
    } as const;
    totem.server.publish('refund.changed', { ...refund, status: 'processing' });
    await totem.untilStep('refunding');
    expect(totem.checkout('refunding')).toMatchObject({ receivedCents: 100, status: 'processing' });
    totem.server.publish('refund.changed', { ...refund, status: 'settled' });
    await totem.until(() => totem.checkout('refunding').status === 'settled');
    expect(totem.printer.papers).toEqual([]);
    totem.clock.advance(LAST_SCREEN_MS);
    expect(totem.totem().checkout.step).toBe('idle');
  });

  it('leaves the ticket on the screen when a second Pix is refunded', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.buy();
    const refund = {
      refundId: 'D2',
      sessionId,
      kioskId: KIOSK_ID,
      reason: 'surplus',
      status: 'requested',
    } as const;
    const amounts = { expectedCents: 5_000, receivedCents: 5_000, refundCents: 5_000 };
    totem.server.publish('refund.changed', { ...refund, ...amounts });
    await totem.until(() => totem.query('SELECT 1 FROM session_refunds').length === 1);
    expect(totem.totem().checkout.step).toBe('ticket');
  });

  it('says when the bank closed the charge', async () => {
    const totem = await KioskHarness.start();
    const sessionId = await totem.chooseAndSeeQr();
    totem.server.publish('payment.closed', { sessionId, kioskId: KIOSK_ID, reason: 'REMOVIDA_PELO_PSP' });
    await totem.untilStep('failed');
    expect(totem.checkout('failed').reason).toBe('closed_by_bank');
  });
});

describe('a printer that cannot', () => {
  it('Odoo #140271 (print errors hidden in the kiosk): leaves the number on the screen, tells the technician, and queues the ticket all the same', async () => {
    const totem = await KioskHarness.start();
    totem.printer.mood = 'paper_out';
    const sessionId = await totem.chooseAndSeeQr();
    totem.server.pay(sessionId, KIOSK_ID);
    await totem.untilWithTime(() => totem.totem().checkout.step === 'ticket');
    expect(totem.checkout('ticket')).toMatchObject({ delivery: 'screen', printer: 'paper_out' });
    expect(totem.kiosk.snapshot('queue').waiting.map((ticket) => ticket.delivery)).toEqual(['screen']);
    expect(totem.technician().needsAttention.map((job) => job.label)).toEqual(['C001']);
  });

  it('keeps a ticket whose customer is away out of the queue until it is printed', async () => {
    const totem = await KioskHarness.start();
    const late = await totem.chooseAndSeeQr();
    await totem.execute({ kind: 'checkout.cancel', sessionId: late });
    await totem.chooseAndSeeQr();
    totem.printer.mood = 'paper_out';
    totem.server.pay(late, KIOSK_ID, { late: true });
    await totem.untilWithTime(() => totem.kiosk.snapshot('queue').arriving[0]?.status === 'print_error');
    const [ticket] = totem.kiosk.snapshot('queue').arriving;
    totem.printer.mood = 'ready';
    await totem.execute({ kind: 'technician.reprint', pin: '4711', ticketId: ticket?.ticketId ?? '' });
    await totem.untilWithTime(() => totem.kiosk.snapshot('queue').waiting.length === 1);
    expect(totem.kiosk.snapshot('queue').waiting[0]?.delivery).toBe('printed');
    expect(totem.printer.papers[0]).toContain('2ª VIA');
  });
});

function diskHolds(totem: KioskHarness, text: string): boolean {
  return readdirSync(totem.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text));
}
