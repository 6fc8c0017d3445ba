import { randomUUID } from 'node:crypto';
import { encodeStaticBrCode } from '../../../domain/br-code.ts';
import { txidOfSession } from '../../../domain/ids.ts';
import { PAGARME_SECRET_KEY } from '../../../simulators/provider/pagarme/pagarme.ts';
import { DEMO_CARD_OFFER, DEMO_MERCHANT_ID, DEMO_PIX_KEY, DEMO_SERVICES } from '../../catalog/demo-shop.ts';
import { createDice, type Deed } from './dice.ts';
import type { EventHouse } from './event-house.ts';
import type { Asked, ToldLine } from './expected-balances.ts';
import {
  kioskTokenOf,
  MERCHANTS,
  managerOf,
  OTHER_CARD_OFFER,
  OTHER_MERCHANT_ID,
  OTHER_PIX_KEY,
} from './other-shop.ts';
import { readProviderTruth, type TrueMoney } from './provider-truth.ts';
import { randomAgreements } from './random-agreements.ts';
import { startRandomPost } from './random-post.ts';
import { type MoneyOfSale, randomStatements } from './random-statements.ts';

/** By the price the routing rules of the test choose the provider. */
export const SERVICE_OF = {
  'bacen-pix': DEMO_SERVICES[0],
  pagarme: DEMO_SERVICES[1],
  appmax: DEMO_SERVICES[2],
} as const;
/** The platform's part of each sale in reais. */
export const PART_BP = 1_000;

export interface Sale extends Asked {
  readonly provider: keyof typeof SERVICE_OF | 'stripe';
  readonly transactionId: string;
  readonly brCode: string | null;
}

export interface RandomDay {
  readonly sales: Sale[];
  readonly lines: ToldLine[];
  /** Whose the money of agreements is, by the charge. */
  readonly recurring: Map<string, string>;
  /** A first sale of each merchant: a key is swept from its first charge on. */
  begin(): Promise<void>;
  /** One thing that happens, somewhere. */
  step(): Promise<void>;
  /** All that was sent and never delivered comes now, in any order, some of it twice. */
  deliverRest(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60_000;

/** What customers, managers, banks, networks and strangers do in one day, all of it from one seed. */
export function startRandomDay(house: EventHouse, seed: number): RandomDay {
  const dice = createDice(seed);
  const { below, pick, chance } = dice;
  const sales: Sale[] = [];
  const lines: ToldLine[] = [];
  const recurring = new Map<string, string>();
  const paidOnce = new Set<string>();
  const decided = new Set<string>();
  const sellAnything = (): Promise<void> =>
    sell(pick(MERCHANTS), pick(['bacen-pix', 'bacen-pix', 'pagarme', 'appmax', 'stripe'] as const));

  async function sell(merchantId: string, provider: Sale['provider']): Promise<void> {
    const sessionId = randomUUID();
    const txid = txidOfSession(sessionId);
    const offer = merchantId === OTHER_MERCHANT_ID ? OTHER_CARD_OFFER : DEMO_CARD_OFFER;
    const service = provider === 'stripe' ? offer : SERVICE_OF[provider];
    const { serviceId, amountCents } = service;
    const common = { sessionId, txid, serviceId, catalogVersion: 1, amountCents };
    const request =
      provider === 'stripe'
        ? { ...common, offerId: offer.offerId, currency: offer.currency }
        : { ...common, ...(chance(30) ? { customer: { name: 'Maria Souza', cpf: '52998224725' } } : {}) };
    const path = provider === 'stripe' ? '/v1/checkouts' : '/v1/charges';
    const token = kioskTokenOf(merchantId, house.clock);
    const asked = chance(20) ? [0, 1] : [below(2)];
    const answers = await Promise.all(asked.map((at) => house.ask(at, 'POST', path, request, token)));
    const made = answers.find(({ status }) => status === 200);
    if (made === undefined) return;
    const body = made.body as { transactionId: string; brCode?: string };
    const currency = provider === 'stripe' ? offer.currency : 'BRL';
    sales.push({
      merchantId,
      txid,
      provider,
      amountCents,
      currency,
      transactionId: body.transactionId,
      brCode: body.brCode ?? null,
      partCents: merchantId === DEMO_MERCHANT_ID && currency === 'BRL' ? (amountCents * PART_BP) / 10_000 : 0,
    });
  }

  async function pay(sale: Sale): Promise<void> {
    if (sale.provider === 'stripe') {
      const card = pick(['4242424242424242', '4242424242424242', '4000000000000002', '4000000000000259']);
      const currency = chance(15) ? { currency: 'eur' } : {};
      await house.bank('POST', '/stripe/sim/payments', { txid: sale.txid, card, ...currency });
      return;
    }
    // Appmax tells of a second payment nowhere but in its own pages, nor do Pagar.me's totals of one that comes after some of
    // the money went back (docs/providers).
    if (sale.provider !== 'bacen-pix' && paidOnce.has(sale.txid)) return;
    const several = sale.provider === 'appmax' ? [] : ['twice'];
    const mode = pick(['exact', 'exact', 'exact', 'late', 'other_amount', ...several]);
    const amountCents = pick([1, sale.amountCents - 1, sale.amountCents + 1, sale.amountCents * 3]);
    paidOnce.add(sale.txid);
    await house.bank('POST', '/bank/payments', { brCode: sale.brCode, mode, amountCents });
  }

  async function sendBackByHand(sale: Sale, money: TrueMoney): Promise<void> {
    const amount = chance(40) ? money.cents : 1 + below(money.cents);
    if (sale.provider === 'bacen-pix')
      await house.bank('POST', '/bank/sent-back', { endToEndId: money.id, amountCents: amount });
    else if (sale.provider === 'stripe')
      await house.bank('POST', '/stripe/sim/refunds', { txid: sale.txid, amount });
    else if (sale.provider === 'pagarme')
      await house.bank(
        'DELETE',
        `/pagarme/core/v5/charges/${money.id}`,
        { amount, operation_reference: randomUUID().replaceAll('-', '') },
        `Basic ${Buffer.from(`${PAGARME_SECRET_KEY}:`).toString('base64')}`,
      );
  }

  async function askForRefund(sale: Sale): Promise<void> {
    // Of a part Appmax never tells whether it went back.
    const isWhole = sale.provider === 'appmax' || chance(30);
    const amountCents = isWhole ? null : pick([1, sale.amountCents / 2, sale.amountCents * 2]);
    const request = {
      requestId: randomUUID(),
      transactionId: sale.transactionId,
      amountCents,
      note: 'balcão',
    };
    const token = managerOf(sale.merchantId);
    const asked = chance(50) ? [0, 1, 1] : [below(2)];
    const answers = await Promise.all(
      asked.map((at) => house.ask(at, 'POST', '/v1/refunds', request, token)),
    );
    const other = { ...request, amountCents: 7 };
    const again = await house.ask(below(2), 'POST', '/v1/refunds', other, token);
    if (answers.some(({ status }) => status === 200) && again.status !== 409)
      throw new Error(`the same request with another amount: ${again.status}`);
    const strangers = managerOf(sale.merchantId === DEMO_MERCHANT_ID ? OTHER_MERCHANT_ID : DEMO_MERCHANT_ID);
    const foreign = await house.ask(below(2), 'POST', '/v1/refunds', request, strangers);
    if (foreign.status !== 404) throw new Error(`another merchant's manager: ${foreign.status}`);
  }

  async function dispute(sale: Sale, money: TrueMoney): Promise<void> {
    if (sale.provider === 'bacen-pix') {
      const amountCents = chance(50) ? money.cents : 1 + below(money.cents);
      await house.bank('POST', '/bank/sent-back', {
        endToEndId: money.id,
        amountCents,
        nature: 'MED_FRAUDE',
      });
    } else if (sale.provider === 'stripe')
      await house.bank('POST', '/stripe/sim/disputes', { txid: sale.txid, amount: 1 + below(money.cents) });
    else if (sale.provider === 'pagarme' && money.cents === sale.amountCents)
      await house.bank('POST', `/pagarme/dashboard/chargebacks/${sale.txid}`);
    else if (sale.provider === 'appmax' && money.returnedCents === 0 && !decided.has(sale.txid)) {
      const word = pick(['chargeback_em_disputa', 'chargeback_perdido', 'chargeback_vencido']);
      const event = 'OrderChargeBackInTreatment';
      // What is decided stays so.
      if (word !== 'chargeback_em_disputa') decided.add(sale.txid);
      await house.bank('POST', `/appmax/dashboard/orders/${money.charge}`, { word, event });
    }
  }

  /** What the providers have under way comes to an end: refunds of ours too, which a bank may refuse. */
  async function decide(): Promise<void> {
    const charges = await house.bank('GET', '/bank/under-way');
    const { refunds } = charges.body as { refunds: { endToEndId: string; id: string }[] };
    if (refunds.length > 0) {
      const { endToEndId, id } = pick(refunds);
      const status = pick(['DEVOLVIDO', 'NAO_REALIZADO']);
      await house.bank('POST', `/bank/sent-back/${endToEndId}/${id}`, { status });
    }
    const listed = await house.bank('GET', '/stripe/sim/payments?limit=100');
    const { payments } = listed.body as {
      payments: { disputes: { id: string }[]; refunds: { id: string }[] }[];
    };
    const disputes = payments.flatMap((payment) => payment.disputes);
    if (disputes.length > 0)
      await house.bank('POST', `/stripe/sim/disputes/${pick(disputes).id}/close`, {
        status: pick(['won', 'lost']),
      });
    const refunded = payments.flatMap((payment) => payment.refunds);
    if (refunded.length > 0 && chance(30))
      await house.bank('POST', `/stripe/sim/refunds/${pick(refunded).id}/fail`, {});
  }

  function moneyAt(provider: string): readonly MoneyOfSale[] {
    const truth = readProviderTruth(house.bankDir);
    return sales
      .filter((sale) => sale.provider === provider)
      .flatMap((sale) => truth.filter((money) => isOf(sale, money)).map((money) => ({ money, sale })));
  }

  function isOf(sale: Sale, money: TrueMoney): boolean {
    return (
      money.provider === sale.provider &&
      (money.charge === sale.txid || money.charge === orderIds.get(sale.txid))
    );
  }
  const orderIds = new Map<string, string>();

  function moneyOf(sale: Sale): TrueMoney | undefined {
    const found = readProviderTruth(house.bankDir).filter((money) => isOf(sale, money));
    return found.length === 0 ? undefined : pick(found);
  }

  /** Of Appmax's events; the oldest says nothing but the order's id, so that two changes are the same bytes. */
  async function changeShape(): Promise<void> {
    const { body } = await house.bank('GET', '/appmax/dashboard');
    const { webhook } = body as { webhook: { url: string } };
    const shape = pick(['standard', 'meta', 'flat', 'custom', 'legacy']);
    await house.bank('PUT', '/appmax/dashboard', { webhook: { ...webhook, shape } });
  }

  async function payAtRandom(): Promise<void> {
    const encoded = encodeStaticBrCode({
      merchantName: 'CLINICA',
      merchantCity: 'SAO PAULO',
      key: pick([DEMO_PIX_KEY, OTHER_PIX_KEY]),
      amountCents: 1 + below(5_000),
    });
    if (!encoded.ok) throw new Error(encoded.error.code);
    await house.bank('POST', '/bank/payments', { brCode: encoded.brCode, mode: 'exact' });
  }

  const withMoney = async (deed: (sale: Sale, money: TrueMoney) => Promise<void>): Promise<void> => {
    if (sales.length === 0) return;
    const sale = pick(sales);
    if (sale.provider === 'appmax') await learnOrderId(sale);
    const money = moneyOf(sale);
    if (money !== undefined) await deed(sale, money);
  };
  async function learnOrderId(sale: Sale): Promise<void> {
    const [row] = await house.db.query<{ id: string | null }>(
      'SELECT provider_charge_id AS id FROM payment_attempts WHERE transaction_id = $1 AND provider = $2',
      [sale.transactionId, sale.provider],
    );
    if (row?.id != null) orderIds.set(sale.txid, row.id);
  }

  const post = startRandomPost(house, dice, () => sales.map(({ txid }) => txid));
  const deeds: readonly Deed[] = [
    [14, sellAnything],
    [22, async () => (sales.length === 0 ? undefined : pay(pick(sales)))],
    [8, () => withMoney(sendBackByHand)],
    [8, () => withMoney(askForRefund)],
    [7, () => withMoney(dispute)],
    [8, decide],
    ...randomStatements(house, dice, lines, moneyAt),
    ...randomAgreements(house, dice, recurring),
    ...post.deeds,
    [3, payAtRandom],
    [1, () => house.restart(below(2))],
    [8, () => house.pass(pick([500, 5_000, 60_000]))],
    [1, () => house.pass(pick([DAY_MS, 3 * DAY_MS]), 4 * 60 * 60_000)],
    [2, changeShape],
    [
      1,
      async () => {
        await house.bank('PUT', '/bank/faults', {
          online: chance(50),
          timeoutAfterSuccess: chance(50),
          webhook: pick(['normal', 'duplicate']),
        });
      },
    ],
    [
      2,
      async () => {
        await house.bank('PUT', '/bank/faults', {
          online: true,
          timeoutAfterSuccess: false,
          webhook: 'normal',
        });
      },
    ],
  ];
  const whole = deeds.reduce((sum, [weight]) => sum + weight, 0);

  return {
    sales,
    lines,
    recurring,
    async begin() {
      for (const merchantId of MERCHANTS) await sell(merchantId, 'bacen-pix');
    },
    async step() {
      let left = below(whole);
      for (const [weight, deed] of deeds) {
        left -= weight;
        if (left < 0) return deed();
      }
    },
    deliverRest: post.deliverRest,
  };
}
