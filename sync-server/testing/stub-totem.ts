import { setTimeout as delay } from 'node:timers/promises';
import { FeedPage } from '../../domain/protocol/feed.ts';
import type { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { type OutboxEvent, PushResponse, type PushResult } from '../../domain/protocol/sync.ts';
import { systemClock } from '../../platform/system.ts';
import { KIOSK } from '../payments/testing/payment-steps.ts';
import { kioskAuthorization } from './kiosk-identity.ts';
import type { ShopProcess } from './shop-process.ts';
import { OPERATOR_TOKEN } from './test-context.ts';

/** A server that was killed is back within seconds, also on a loaded machine. */
const PATIENCE_MS = 30_000;
const ASK_AGAIN_MS = 20;

type Entry = FeedPage['entries'][number];

/** What a totem and an operator send: the same again, under the same ids, until they are answered. */
export function stubTotem(shop: Pick<ShopProcess, 'url'>, patienceMs = PATIENCE_MS) {
  let cursor = 0;

  async function ask(path: string, body?: unknown, operator = false): Promise<unknown> {
    const authorization = operator
      ? { authorization: `Bearer ${OPERATOR_TOKEN}` }
      : kioskAuthorization(KIOSK.kioskId, systemClock);
    for (const until = Date.now() + patienceMs; Date.now() < until; await delay(ASK_AGAIN_MS)) {
      const response = await fetch(`${shop.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(5_000),
      }).catch(() => null);
      // Killed before the answer was whole: asked again.
      const answer: unknown = await response?.json().catch(() => null);
      if (response === null || answer === null || response.status >= 500) continue;
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
      return answer;
    }
    throw new Error(`${path} was not answered within ${patienceMs} ms`);
  }

  return {
    post: (path: string, body: unknown) => ask(path, body),
    command: async (command: QueueCommand) => (await ask('/v1/queue/commands', command, true)) as QueueResult,
    async push(events: readonly OutboxEvent[]): Promise<PushResult[]> {
      return PushResponse.parse(await ask('/v1/sync/push', { events })).results;
    },
    /** Reads the feed on from its cursor, until it has what is looked for. */
    async readUntil(isIt: (entry: Entry) => boolean): Promise<Entry> {
      for (const until = Date.now() + patienceMs; Date.now() < until; await delay(ASK_AGAIN_MS)) {
        const { entries } = FeedPage.parse(await ask(`/v1/feed?after=${cursor}`));
        cursor = entries.at(-1)?.seq ?? cursor;
        const found = entries.find(isIt);
        if (found !== undefined) return found;
      }
      throw new Error(`the feed did not bring it within ${patienceMs} ms`);
    },
  };
}

export type StubTotem = ReturnType<typeof stubTotem>;
