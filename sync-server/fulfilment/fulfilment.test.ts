import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../platform/testing/eventually.ts';
import { type MailServer, startMailServer } from '../../simulators/mail/mail-server.ts';
import { auditLedger } from '../ledger/audit-ledger.ts';
import { openChannels } from '../notifications/open-channels.ts';
import { requestRefund } from '../payments/request-refund.ts';
import { backfill, LONG_AGO } from './backfill.ts';
import { DETAILS } from './observe.ts';
import { kick, resync } from './resync.ts';
import { type FulfilmentHouse, openFulfilmentHouse, type Sold } from './testing/fulfilment-house.ts';
import { NOT_SENT, workOn } from './work-on.ts';

const MINUTE_MS = 60_000;
const ANA = { name: 'Ana Souza', cpf: '52998224725', email: 'ana.souza@example.com' };

let mail: MailServer;
let house: FulfilmentHouse;

beforeEach(async () => {
  mail = await startMailServer();
  const smtp = { url: mail.url, from: 'Clínica Exemplo <nao-responda@clinica.example>' };
  house = await openFulfilmentHouse(
    openChannels({ smtp, whatsapp: null, sms: null }, { nowMs: () => house.clock.nowMs() }),
  );
});
afterEach(async () => {
  await house.close();
  await mail.close();
});

const statusOf = async (sale: Sold) => (await house.show(sale)).status;
const stagesOf = async (sale: Sold) =>
  Object.fromEntries((await house.show(sale)).stages.map(({ stage, state }) => [stage, state]));

/** The totem's part, and the watch that hears of it. */
async function getTicket(sale: Sold): Promise<void> {
  await house.issue(sale);
  await house.handOver(sale);
  await house.pass(1_000);
  await house.reaches(sale, { stage: 'printing', state: 'done' });
}

describe('a sale whose customer gave an e-mail address', () => {
  test('notice at once, before there is a ticket; receipt behind the paper; each stage as it happens', async () => {
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    expect(await statusOf(sale)).toBe('issuing_ticket');
    expect(mail.mails).toHaveLength(1);
    await house.issue(sale);
    await house.pass(1_000);
    await house.reaches(sale, { stage: 'printing', state: 'running' });
    expect(await statusOf(sale)).toBe('printing');
    expect(mail.mails).toHaveLength(1);
    await house.handOver(sale);
    await house.pass(1_000);
    await house.reaches(sale, { stage: 'sending_receipt', state: 'done' });
    expect(await statusOf(sale)).toBe('completed');

    const [notice, receipt] = mail.mails;
    const { ticketLabel, sends } = await house.show(sale);
    expect(notice).toMatchObject({
      to: [ANA.email],
      messageId: `<payment_received.${sale.transactionId}@clinica.example>`,
      subject: `Recebemos seu pagamento: senha ${ticketLabel}`,
    });
    expect(notice?.text).toMatch(/^Olá, Ana!/);
    for (const part of [notice?.text, notice?.html])
      for (const said of [ticketLabel, 'R$ 50,00', 'Consulta']) expect(part, String(said)).toContain(said);
    expect(receipt?.messageId).toBe(`<receipt.${sale.transactionId}@clinica.example>`);
    expect(receipt?.text).toContain('CPF: ***.982.247-**');
    expect(receipt?.text).toMatch(/Identificador do Pix: E\w{31}/);
    for (const { raw } of mail.mails) expect(raw).not.toContain(ANA.cpf);
    expect(sends).toMatchObject([
      { kind: 'payment_received', attempt: 1, outcome: 'sent', addressMasked: 'a***@example.com' },
      { kind: 'receipt', attempt: 1, outcome: 'sent' },
    ]);
    expect(house.alerts).toEqual([]);
  });

  test('a mail server that hangs holds up no ticket', async () => {
    mail.temper = 'hangs';
    const sale = await house.sell(ANA);
    await eventually(() => expect(mail.arrived).toBe(1));
    await house.issue(sale);
    house.clock.advance(1_000);
    await house.reaches(sale, { stage: 'printing', state: 'running' });
    expect(await stagesOf(sale)).toMatchObject({ notifying: 'running', issuing_ticket: 'done' });
    mail.temper = 'accepts';
  });

  test('down for an hour: tried after 5, 10 and 20 minutes, given up with an alert, and sent once after a resync', async () => {
    const { port } = mail;
    await mail.close();
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'failed' });
    expect(await statusOf(sale)).toBe('failed_at_notifying');
    await getTicket(sale);
    expect(await stagesOf(sale)).toMatchObject({ issuing_ticket: 'done', printing: 'done' });
    await house.pass(60 * MINUTE_MS);
    const { status, sends } = await house.show(sale);
    expect(status).toBe('failed_permanent');
    const tries = sends.filter(({ kind }) => kind === 'payment_received');
    const [first] = tries;
    expect(
      tries.map(({ startedAt }) => Math.round((startedAt - (first?.startedAt ?? 0)) / MINUTE_MS)),
    ).toEqual([0, 5, 15, 35]);
    expect(new Set(tries.map(({ messageId }) => messageId)).size).toBe(1);
    expect(JSON.stringify(sends)).not.toContain('ana.souza');
    expect(house.alerts).toMatchObject([{ stage: 'notifying' }, { stage: 'sending_receipt' }]);

    mail = await startMailServer(port);
    await house.pass(60 * MINUTE_MS);
    expect(mail.mails).toEqual([]);
    expect(await resync(house.context, sale)).toEqual({ ok: true });
    await eventually(async () => expect(await statusOf(sale)).toBe('completed'));
    expect(mail.mails.map(({ messageId }) => messageId.split('.')[0])).toEqual([
      '<payment_received',
      '<receipt',
    ]);
    expect(await resync(house.context, sale)).toEqual({ ok: false, code: 'nothing_failed' });
  });

  test('back after three minutes: the next try sends it by itself, and nobody is alarmed', async () => {
    mail.temper = 'refuses';
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'failed', failures: 1 });
    expect((await house.show(sale)).stages[0]?.detail).toMatch(/^email: .*550.*<a\*\*\*@example.com>/);
    mail.temper = 'accepts';
    await house.pass(3 * MINUTE_MS);
    expect(mail.mails).toEqual([]);
    await house.pass(3 * MINUTE_MS);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    expect(mail.mails).toHaveLength(1);
    expect(house.alerts).toEqual([]);
  });

  test('a kick by hand does not wait for the next try', async () => {
    mail.temper = 'refuses';
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'failed' });
    mail.temper = 'accepts';
    expect(await kick(house.context, { merchantId: sale.merchantId })).toBe(0);
    expect(await kick(house.context, sale)).toBe(1);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    expect(mail.mails).toHaveLength(1);
    expect(await kick(house.context, { ...sale, transactionId: crypto.randomUUID() })).toBe(0);
  });

  test('worked on by eight at once, and again and again: one mail of each kind', async () => {
    const smtp = { url: mail.url, from: 'a@clinica.example' };
    const channels = openChannels({ smtp, whatsapp: null, sms: null }, house.clock);
    await house.stop();
    const sale = await house.sell(ANA);
    const all = () => Promise.all(Array.from({ length: 8 }, () => workOn(house.context, channels, sale)));
    await all();
    await house.issue(sale);
    await house.handOver(sale);
    await all();
    await all();
    expect(await statusOf(sale)).toBe('completed');
    expect(mail.mails).toHaveLength(2);
  });
});

describe('a sale of which no address is known', () => {
  test('the mails are skipped, and it says so', async () => {
    const sale = await house.sell({ name: 'Bia' });
    await getTicket(sale);
    await eventually(async () => expect(await statusOf(sale)).toBe('completed'));
    const { stages, sends } = await house.show(sale);
    expect(stages).toMatchObject([
      { stage: 'notifying', state: 'skipped', detail: NOT_SENT.no_address },
      { stage: 'issuing_ticket', state: 'done', detail: null },
      { stage: 'printing', state: 'done' },
      { stage: 'sending_receipt', state: 'skipped', detail: NOT_SENT.no_address },
    ]);
    expect(sends).toEqual([]);
  });

  test('an address that is none is no reason not to sell', async () => {
    const sale = await house.sell({ name: 'Bia', email: 'bia@@x', phone: 'none' });
    await house.reaches(sale, { stage: 'notifying', state: 'skipped' });
  });

  test('a phone alone has no channel here', async () => {
    const sale = await house.sell({ name: 'Bia', phone: '+5511987654321' });
    await house.reaches(sale, { stage: 'notifying', detail: NOT_SENT.no_channel });
  });
});

describe('the totem’s stages', () => {
  test('fail by time, are given up with an alert, and are done all the same when the totem is heard of', async () => {
    const sale = await house.sell();
    await house.pass(3 * MINUTE_MS);
    expect(await statusOf(sale)).toBe('failed_at_issuing_ticket');
    expect((await house.show(sale)).stages[1]).toMatchObject({ failures: 1, detail: DETAILS.issuing_ticket });
    await house.pass(60 * MINUTE_MS);
    expect(await statusOf(sale)).toBe('failed_permanent');
    expect(house.alerts).toMatchObject([{ stage: 'issuing_ticket', transactionId: sale.transactionId }]);
    await getTicket(sale);
    await eventually(async () => expect(await statusOf(sale)).toBe('completed'));
  });

  test('a resync gives a silent totem all its tries again', async () => {
    const sale = await house.sell();
    await house.pass(60 * MINUTE_MS);
    expect(await statusOf(sale)).toBe('failed_permanent');
    await resync(house.context, sale);
    await house.reaches(sale, { stage: 'issuing_ticket', state: 'running', failures: 0 });
    await house.issue(sale);
    await house.pass(1_000);
    await house.reaches(sale, { stage: 'printing', state: 'running' });
    await house.pass(4 * MINUTE_MS);
    expect(await stagesOf(sale)).toMatchObject({ issuing_ticket: 'done', printing: 'failed' });
  });

  test.each(['screen', 'counter'] as const)(
    'a number that was told by %s needs no paper',
    async (delivery) => {
      const sale = await house.sell();
      await house.issue(sale);
      await house.handOver(sale, delivery);
      await house.pass(1_000);
      await house.reaches(sale, { stage: 'printing', state: 'skipped', detail: delivery });
    },
  );

  test('money that went back before there was a ticket ends them, and the receipt tells of it', async () => {
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    await requestRefund(
      house.context,
      sale.merchantId,
      {
        requestId: crypto.randomUUID(),
        transactionId: sale.transactionId,
        amountCents: null,
        note: 'Desistiu',
      },
      'manager',
    );
    await house.context.db.query("UPDATE refunds SET status = 'settled', next_attempt_at = NULL");
    await house.context.db.query("UPDATE payment_transactions SET status = 'REFUNDED'");
    house.context.feedWake.wakeAll();
    await house.pass(1_000);
    await eventually(async () => expect(await statusOf(sale)).toBe('completed'));
    expect(await stagesOf(sale)).toMatchObject({ issuing_ticket: 'skipped', printing: 'skipped' });
    expect(mail.mails[1]?.text).toContain('Devolução: R$ 50,00 (concluída)');
  });
});

describe('what is lost, and what is not', () => {
  test('a process that ends takes its jobs with it: the next one finds what is overdue', async () => {
    mail.temper = 'refuses';
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'failed' });
    await house.stop();
    mail.temper = 'accepts';
    house.clock.advance(10 * MINUTE_MS);
    await house.start();
    await house.pass(1_000);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    expect(mail.mails).toHaveLength(1);
  });

  test('a job that is lost holds up its customer for a minute at most', async () => {
    house.jobsAreLost = true;
    const sale = await house.sell(ANA);
    house.jobsAreLost = false;
    house.clock.advance(MINUTE_MS);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    expect(mail.mails).toHaveLength(1);
  });

  test('a clock that is set back by hours makes nobody wait for hours', async () => {
    mail.temper = 'refuses';
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'failed' });
    await house.context.db.query(
      `UPDATE fulfilments SET next_work_at = next_work_at + interval '5 hours',
         stages = jsonb_set(stages, '{notifying,dueAt}', to_jsonb((stages->'notifying'->>'dueAt')::bigint + 18000000))`,
    );
    mail.temper = 'accepts';
    await house.pass(MINUTE_MS);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
  });

  test('an address that this process has no key for: tried again, given up with an alert, and no other is held up', async () => {
    const sale = await house.sell(ANA);
    await house.reaches(sale, { stage: 'notifying', state: 'done' });
    await house.context.db.query('UPDATE person_keys SET key_sealed = key_sealed || key_sealed');
    const other = await house.sell({ name: 'Bia' });
    await getTicket(sale);
    await getTicket(other);
    await house.reaches(sale, { stage: 'sending_receipt', state: 'failed', detail: NOT_SENT.unreadable });
    await eventually(async () => expect(await statusOf(other)).toBe('completed'));
    await house.pass(60 * MINUTE_MS);
    expect(await statusOf(sale)).toBe('failed_permanent');
    expect(house.alerts).toMatchObject([{ stage: 'sending_receipt', transactionId: sale.transactionId }]);
  });

  test('a payment that is taken back in its transaction leaves neither fulfilment nor job', async () => {
    house.queueIsAway = true;
    await expect(house.sell(ANA)).rejects.toThrow('no queue');
    expect(await house.context.db.query('SELECT 1 FROM fulfilments')).toEqual([]);
    expect(await house.context.db.query('SELECT 1 FROM receipts')).toEqual([]);
    expect((await auditLedger(house.context.db)).findings).toEqual([]);
  });
});

describe('payments that an older release took', () => {
  test('are followed from now on; only those since a moment are written to; the same again makes none', async () => {
    const old = await house.sell(ANA);
    await getTicket(old);
    await eventually(async () => expect(await statusOf(old)).toBe('completed'));
    const stuck = await house.sell(ANA);
    house.clock.advance(MINUTE_MS);
    const sinceMs = house.clock.nowMs();
    const recent = await house.sell(ANA);
    await house.reaches(recent, { stage: 'notifying', state: 'done' });
    const { db } = house.context;
    await db.query('TRUNCATE fulfilments, notification_sends');
    const sentBefore = mail.mails.length;

    const [merchantId, answers] = [old.merchantId, []] as [string, unknown[]];
    answers.push(await backfill(house.context, crypto.randomUUID(), null));
    answers.push(await backfill(house.context, merchantId, sinceMs));
    answers.push(await backfill(house.context, merchantId, null));
    expect(answers).toEqual([
      { made: 0, withMessages: 0, isMore: false },
      { made: 3, withMessages: 1, isMore: false },
      { made: 0, withMessages: 0, isMore: false },
    ]);
    await eventually(async () => expect(await statusOf(old)).toBe('completed'));
    await house.reaches(recent, { stage: 'notifying', state: 'done' });
    await house.pass(60 * MINUTE_MS);
    expect(mail.mails).toHaveLength(sentBefore + 1);
    expect(await statusOf(stuck)).toBe('failed_permanent');
    expect(await stagesOf(old)).toEqual({
      notifying: 'skipped',
      issuing_ticket: 'done',
      printing: 'done',
      sending_receipt: 'skipped',
    });
    expect((await house.show(old)).stages[0]?.detail).toBe(LONG_AGO);
    expect((await house.show(old)).createdAt).toBeLessThan(sinceMs);
  });
});
