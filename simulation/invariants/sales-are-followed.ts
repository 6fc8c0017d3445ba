import { Stages } from '../../sync-server/fulfilment/stages.ts';
import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

/** At the server, now. */
export function serverNowMs({ world, server }: Hall): number {
  return Math.floor(world.epochMs + world.agenda.nowMs() + server.machine.skewMs);
}

export const salesAreFollowed: Invariant = {
  name: 'every sale is followed to its end',
  says: 'At the end every settled payment has its fulfilment, which is completed or says what failed and when it is tried again; a message was taken once, and once more for each try whose end nobody saw.',
  async atEnd({ hall }) {
    const { storage, mail } = hall.server;
    const nowMs = serverNowMs(hall);
    const sales = await storage.look<{ id: string; status: string | null; stages: unknown }>(
      `SELECT t.transaction_id AS id, f.status, f.stages FROM payment_transactions t
       LEFT JOIN fulfilments f USING (merchant_id, transaction_id) WHERE t.paid_at IS NOT NULL`,
    );
    for (const { id, status, stages } of sales) {
      if (status === null) return `payment ${id} was settled, and nothing follows it`;
      if (status === 'completed') continue;
      const isExplained = Object.values(Stages.parse(stages)).some(
        ({ state, detail, dueAt }) =>
          detail !== null &&
          (state === 'failed_permanent' || (state === 'failed' && dueAt !== null && dueAt > nowMs)),
      );
      if (!isExplained) return `fulfilment ${id} is ${status}, and nothing says why`;
    }
    const sends = await storage.look<{ id: string; sent: number; unknown: number }>(
      `SELECT message_id AS id, count(*) FILTER (WHERE outcome = 'sent')::int AS sent,
         count(*) FILTER (WHERE outcome IS NULL)::int AS unknown
       FROM notification_sends GROUP BY message_id`,
    );
    for (const { id, sent, unknown } of sends) {
      const taken = mail?.taken.filter((one) => one === id).length ?? 0;
      if (sent > 1) return `${id} was sent ${sent} times`;
      if (taken < sent || taken > sent + unknown)
        return `${id} was taken ${taken} times; ${sent} are known, and of ${unknown} tries nobody saw the end`;
    }
    return null;
  },
};
