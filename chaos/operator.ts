import { randomUUID } from 'node:crypto';
import type { QueueCommand } from '../domain/protocol/queue.ts';
import type { QueueSnapshot } from '../domain/protocol/screens.ts';
import { command, snapshot } from '../e2e/support/outside.ts';
import type { Random } from '../simulation/world/random.ts';
import { attempt, count, pause, type Stage } from './stage.ts';

/** One person at one counter, who looks at the queue screen of either totem and presses what it offers. */
export async function workAtCounter(
  stage: Stage,
  counter: string,
  random: Random,
  until: AbortSignal,
): Promise<void> {
  const { addresses } = stage.shop;
  while (!until.aborted) {
    const { queue } = random.pick(addresses.totems);
    await attempt(async () => {
      const chosen = choose(await snapshot(queue, 'queue'), counter, random);
      if (chosen === null) return;
      // A press that is sent twice, by the same or by the other totem, must take effect once.
      const places = random.chance(0.1) ? [queue, random.pick(addresses.totems).queue] : [queue];
      await Promise.all(
        places.map(async (place) => {
          const result = await command(place, chosen);
          count(stage.witness, `${chosen.kind} ${result.ok ? 'done' : 'refused'}`);
        }),
      );
    });
    await pause(random.int(300, 1_500), until);
  }
}

function choose(screen: QueueSnapshot, counter: string, random: Random): QueueCommand | null {
  const commandId = randomUUID();
  const [lost] = screen.rescuable;
  if (lost !== undefined && random.chance(0.5))
    return { kind: 'queue.rescue', commandId, counter, sessionId: lost.sessionId };
  const mine = screen.atCounters.find((ticket) => ticket.counter === counter);
  if (mine !== undefined) {
    const about = { commandId, counter, ticketId: mine.ticketId };
    if (mine.status === 'in_progress') return { kind: 'queue.complete', ...about };
    const kind = random.pick(['queue.start', 'queue.start', 'queue.recall', 'queue.no_show'] as const);
    return { kind, ...about };
  }
  const [missed] = screen.noShows;
  if (missed !== undefined && random.chance(0.3))
    return { kind: 'queue.return', commandId, counter, ticketId: missed.ticketId };
  return { kind: 'queue.call_next', commandId, counter };
}
