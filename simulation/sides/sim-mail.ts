import type { Channel, SendOutcome } from '../../sync-server/notifications/channel.ts';
import type { Life } from '../world/machine.ts';
import { never } from '../world/machine.ts';
import type { World } from '../world/world.ts';

/** Between a mail's last byte and the server's word for it: long enough to die in, and to be asked for once more. */
const ANSWER_MS = 1_500;
/** While the faults go on, of so many payments one has its mails refused. */
const REFUSED_OF = 8;

/** The shop's mail server: what it has taken is with the customer, whatever its sender hears of that. */
export class SimMail {
  /** Ids, `<kind>.<transactionId>`, in the order in which they were taken. */
  readonly taken: string[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** As one process of the server reaches it. No draw is made, so that worlds without mail stay as they are. */
  channelOf(life: Life): Channel {
    return {
      send: (_address, { id }) => {
        if (life.over) return never();
        const isRefused = this.#world.faulty && Number.parseInt(id.slice(-2), 16) % REFUSED_OF === 0;
        if (!isRefused) this.taken.push(id);
        this.#world.tell('mail', `${isRefused ? 'refuses' : 'takes'} ${id}`);
        const { promise, resolve } = Promise.withResolvers<SendOutcome>();
        life.clock.schedule(ANSWER_MS, () => {
          this.#world.activity.note();
          resolve(isRefused ? { ok: false, detail: '450 not now' } : { ok: true });
        });
        return promise;
      },
    };
  }
}
