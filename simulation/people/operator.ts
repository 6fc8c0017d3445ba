import { newId } from '../../domain/ids.ts';
import type { QueueCommand } from '../../domain/protocol/queue.ts';
import type { CommandResult } from '../../domain/protocol/screen-commands.ts';
import type { QueueSnapshot } from '../../domain/protocol/screens.ts';
import type { KioskSide } from '../sides/kiosk-side.ts';
import type { World } from '../world/world.ts';

/** An answer that an operator was given, for the invariants. */
export interface Told {
  readonly operator: string;
  readonly kioskId: string;
  /** The totem's, at that time: with another one it has forgotten. */
  readonly disk: number;
  readonly command: QueueCommand;
  readonly result: CommandResult;
  /** Whether the totem was cut off before the press, or when it answered. */
  readonly mode: QueueSnapshot['mode'];
  readonly atMs: number;
}

export interface OperatorOptions {
  readonly counter: string;
  readonly kiosks: readonly KioskSide[];
  /** How often a button is pressed twice. */
  readonly doublePress: number;
  readonly told: (told: Told) => void;
}

const PAUSE_MS = { from: 1_500, to: 6_000 };

/** One person at one counter: looks at the queue screen of some totem, presses what it offers, and goes on. */
export function operatorWorks(world: World, options: OperatorOptions): void {
  const { random, agenda } = world;
  const { counter, kiosks } = options;

  const turn = (): void => {
    const kiosk = random.pick(kiosks);
    const screen = kiosk.engine?.snapshot('queue');
    const command = screen === undefined ? null : choose(screen);
    if (screen !== undefined && command !== null) {
      press(kiosk, screen, command);
      if (random.chance(options.doublePress)) {
        // The same press twice, or two presses: the screen makes an id for each.
        const again = random.chance(0.5) ? command : { ...command, commandId: id() };
        agenda.after(random.int(0, 300), 'second press', () => {
          press(again === command || random.chance(0.7) ? kiosk : random.pick(kiosks), screen, again);
        });
      }
    }
    agenda.after(random.int(PAUSE_MS.from, PAUSE_MS.to), `operator ${counter}`, turn);
  };

  const id = (): string =>
    newId({ nowMs: () => world.epochMs + agenda.nowMs() }, (count) => random.bytes(count));

  function choose(screen: QueueSnapshot): QueueCommand | null {
    const commandId = id();
    // Now and then a finger lands on the row of another counter.
    const isMistaken = random.chance(0.03);
    const mine = screen.atCounters.find((ticket) => (ticket.counter === counter) !== isMistaken);
    if (mine !== undefined) {
      const common = { commandId, counter, ticketId: mine.ticketId };
      if (mine.status === 'in_progress') return { kind: 'queue.complete', ...common };
      const fate = random.next();
      if (fate < 0.7) return { kind: 'queue.start', ...common };
      return fate < 0.85 ? { kind: 'queue.recall', ...common } : { kind: 'queue.no_show', ...common };
    }
    const [lost] = screen.rescuable;
    if (lost !== undefined && random.chance(0.8))
      return { kind: 'queue.rescue', commandId, counter, sessionId: lost.sessionId };
    const [missed] = screen.noShows;
    if (missed !== undefined && random.chance(0.4))
      return { kind: 'queue.return', commandId, counter, ticketId: missed.ticketId };
    // Somebody comes with a proof of payment in the hand, and no ticket: whose totem may be about to issue it.
    const sessionId = random.chance(0.1) ? newestSale(kiosks) : null;
    if (sessionId !== null) return { kind: 'queue.rescue', commandId, counter, sessionId };
    // Now and then one tries although nobody seems to wait.
    if (screen.waiting.length === 0 && !random.chance(0.1)) return null;
    return { kind: 'queue.call_next', commandId, counter };
  }

  function press(kiosk: KioskSide, screen: QueueSnapshot, command: QueueCommand): void {
    const engine = kiosk.engine;
    if (engine === null) return;
    engine.execute(command).then((result) => {
      world.activity.note();
      if (kiosk.engine !== engine) return;
      const outcome = result.ok
        ? `ok ${result.ticket?.label ?? ''} ${result.ticket?.status ?? ''}`
        : result.code;
      world.tell(counter, `${command.kind.slice(6)} at ${kiosk.kioskId}: ${outcome}`);
      options.told({
        operator: counter,
        kioskId: kiosk.kioskId,
        disk: kiosk.disk,
        command,
        result,
        mode: screen.mode === 'server' ? engine.snapshot('queue').mode : 'local',
        atMs: agenda.nowMs(),
      });
    });
  }

  agenda.after(random.int(PAUSE_MS.from, PAUSE_MS.to), `operator ${counter}`, turn);
}

/** The sale by PIX of any totem that was opened last; null when there was none. */
function newestSale(kiosks: readonly KioskSide[]): string | null {
  const newest = kiosks.map(({ db }) =>
    db
      .prepare<[], { sessionId: string; openedAt: number }>(
        `SELECT session_id AS sessionId, opened_at AS openedAt FROM payment_sessions
         WHERE payment = 'pix' ORDER BY opened_at DESC, session_id LIMIT 1`,
      )
      .get(),
  );
  return (
    newest
      .filter((sale) => sale !== undefined)
      .sort((one, other) => other.openedAt - one.openedAt)
      .at(0)?.sessionId ?? null
  );
}
