import type { Hall } from '../hall.ts';
import type { Invariant } from './invariant.ts';

const checkedByHall = new WeakMap<Hall, number>();

export const acknowledgedIsStored: Invariant = {
  name: 'acknowledged is stored',
  says: 'A callback that the server has answered with 200 is in its inbox.',
  async afterStep({ hall }) {
    for (let index = checkedByHall.get(hall) ?? 0; index < hall.acknowledged.length; index += 1) {
      const pix = hall.acknowledged[index];
      if (pix === undefined) continue;
      const rows = await hall.server.storage.look(
        `SELECT 1 FROM webhook_inbox WHERE position(convert_to($1, 'UTF8') IN body) > 0 LIMIT 1`,
        [pix.endToEndId],
      );
      if (rows.length === 0)
        return `the callback of Pix ${pix.endToEndId} was acknowledged and is not stored`;
      checkedByHall.set(hall, index + 1);
    }
    return null;
  },
};
