import { DEMO_PIX_KEY } from '../../catalog/demo-shop.ts';
import type { Deed, Dice } from './dice.ts';
import type { EventHouse, Mail } from './event-house.ts';
import { OTHER_PIX_KEY } from './other-shop.ts';

export interface RandomPost {
  readonly deeds: readonly Deed[];
  /** All that was sent and never delivered comes now, in any order, some of it twice. */
  deliverRest(): Promise<void>;
}

/** Webhooks on their way: out of order, late, doubled, to either server, and some that a stranger made up. */
export function startRandomPost(
  house: EventHouse,
  { below, pick, chance }: Dice,
  txids: () => readonly string[],
): RandomPost {
  const delivered: Mail[] = [];

  async function deliverSome(): Promise<void> {
    for (let count = below(6); count > 0 && house.mails.length > 0; count -= 1) {
      const [mail] = house.mails.splice(below(house.mails.length), 1);
      if (mail === undefined) return;
      delivered.push(mail);
      await Promise.all(pick([[0], [1], [0, 1], [0, 0, 1, 1]]).map((at) => house.deliver(at, mail)));
    }
    if (delivered.length > 0 && chance(30)) await house.deliver(below(2), pick(delivered));
  }

  async function lie(): Promise<void> {
    const txid = pick([...txids(), 'a'.repeat(32)]);
    const like = [...delivered, ...house.mails];
    if (like.length === 0) return;
    const { provider, path } = pick(like);
    const huge = { endToEndId: `E${'9'.repeat(31)}`, valor: '999999.99', horario: '2026-03-10T15:00:00Z' };
    const object = { object: 'refund', id: 're_lie', amount: 5, charge: 'ch_lie', metadata: { txid } };
    const body = pick([
      'not json at all',
      '{"pix":[{"txid":1}]}',
      JSON.stringify({ pix: [{ ...huge, txid, chave: DEMO_PIX_KEY }] }),
      JSON.stringify({ pix: [{ ...huge, txid: 'b'.repeat(32), chave: OTHER_PIX_KEY }] }),
      JSON.stringify({ id: 'hook_lie', type: 'charge.paid', data: { id: 'ch_x', order: { code: txid } } }),
      JSON.stringify({ event: 'OrderPaid', data: { order_id: 12_844 + below(40), order_total: 1 } }),
      JSON.stringify({ id: 'evt_lie', object: 'event', type: 'refund.created', data: { object } }),
    ]);
    await house.deliver(below(2), { provider, path, body });
  }

  return {
    deeds: [
      [20, deliverSome],
      [4, lie],
    ],
    async deliverRest() {
      while (house.mails.length > 0) await deliverSome();
    },
  };
}
