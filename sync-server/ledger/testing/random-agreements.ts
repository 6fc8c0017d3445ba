import { randomUUID } from 'node:crypto';
import type { Deed, Dice } from './dice.ts';
import type { EventHouse } from './event-house.ts';
import { MERCHANTS, managerOf, OTHER_MERCHANT_ID } from './other-shop.ts';
import { readProviderTruth } from './provider-truth.ts';

const AGREED_CENTS = 3_100;

interface Agreement {
  readonly merchantId: string;
  readonly id: string;
}

/** Agreements of Pix Automático and subscriptions at Stripe, their periods, and what goes back of them. */
export function randomAgreements(
  house: EventHouse,
  { below, pick, chance }: Dice,
  /** Whose a charge's money is: by the txid of a period, or by the id of Stripe's charge. */
  recurring: Map<string, string>,
): readonly Deed[] {
  const agreements: Agreement[] = [];
  const subscriptions: Agreement[] = [];

  async function agree(): Promise<void> {
    const merchantId = pick(MERCHANTS);
    const order = {
      provider: 'bacen-pix',
      contract: randomUUID().slice(0, 30),
      subject: 'Plano mensal',
      debtor: { cpf: '52998224725', name: 'Maria Souza' },
      firstDay: '2026-04-01',
      period: 'monthly',
      amountCents: AGREED_CENTS,
      retries: true,
    };
    const token = managerOf(merchantId);
    const made = await house.ask(below(2), 'POST', '/v1/recurring/agreements', order, token);
    if (made.status !== 200) return;
    const { id } = made.body as { id: string };
    agreements.push({ merchantId, id });
    await house.bank('POST', `/bank/agreements/${id}`, { act: 'approve', journey: 2 });
  }

  async function charge(): Promise<void> {
    if (agreements.length === 0) return agree();
    const { merchantId, id } = pick(agreements);
    const order = {
      provider: 'bacen-pix',
      txid: randomUUID().replaceAll('-', ''),
      agreementId: id,
      dueDay: '2026-04-15',
      amountCents: AGREED_CENTS,
      receiver: { branch: '9708', account: '012682', accountType: 'CORRENTE' },
    };
    const token = managerOf(merchantId);
    const made = await house.ask(below(2), 'POST', '/v1/recurring/charges', order, token);
    if (made.status !== 200) return;
    recurring.set(order.txid, merchantId);
    for (const act of chance(80) ? ['schedule', 'pay'] : ['schedule', 'reject'])
      await house.bank('POST', `/bank/recurring-charges/${order.txid}`, { act });
  }

  async function payPeriod(): Promise<void> {
    const known = subscriptions.length > 0 && chance(60) ? pick(subscriptions) : undefined;
    const merchantId = known?.merchantId ?? pick(MERCHANTS);
    const currency = merchantId === OTHER_MERCHANT_ID ? 'jpy' : 'usd';
    const period = { amount: AGREED_CENTS, currency, ...(known && { subscription: known.id }) };
    const paid = await house.bank('POST', '/stripe/sim/periods', period);
    const { subscription, charge: money } = paid.body as { subscription: string; charge: string };
    recurring.set(money, merchantId);
    if (known !== undefined) return;
    subscriptions.push({ merchantId, id: subscription });
    // Both merchants sell by one account there: whose a subscription is was said when it was made.
    await house.db.query(
      `INSERT INTO recurrences (merchant_id, provider, kind, recurrence_id, first_seen_at)
       VALUES ($1, 'stripe', 'agreement', $2, $3)`,
      [merchantId, subscription, new Date(house.clock.nowMs())],
    );
  }

  async function sendBack(): Promise<void> {
    const paid = readProviderTruth(house.bankDir).filter(({ charge: of }) => recurring.has(of));
    if (paid.length === 0) return;
    const money = pick(paid);
    const amount = chance(40) ? money.cents : 1 + below(money.cents);
    const isDispute = chance(30);
    if (chance(40)) {
      const request = { requestId: randomUUID(), receiptId: money.id, amountCents: amount, note: 'cancelou' };
      const token = managerOf(recurring.get(money.charge) ?? '');
      await Promise.all([0, 1].map((at) => house.ask(at, 'POST', '/v1/recurring/refunds', request, token)));
    } else if (money.provider === 'stripe')
      await house.bank('POST', `/stripe/sim/${isDispute ? 'disputes' : 'refunds'}`, {
        paymentIntent: money.intent,
        amount,
      });
    else
      await house.bank('POST', '/bank/sent-back', {
        endToEndId: money.id,
        amountCents: amount,
        nature: isDispute ? 'MED_FRAUDE' : 'ORIGINAL',
      });
  }

  return [
    [1, agree],
    [3, charge],
    [3, payPeriod],
    [4, sendBack],
  ];
}
