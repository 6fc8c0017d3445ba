import { rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DEMO_COUNTERS } from '../sync-server/catalog/demo-shop.ts';
import { healEverything, injectFaults } from './faults/inject.ts';
import { type Profile, pickProfile } from './faults/profile.ts';
import { buildHall, type Hall } from './hall.ts';
import { INVARIANTS } from './invariants/all.ts';
import { History } from './invariants/history.ts';
import type { Invariant, Look } from './invariants/invariant.ts';
import { nothingLeftToDo } from './nothing-left.ts';
import { customerArrives } from './people/customer.ts';
import { enrol, managerWorks } from './people/manager.ts';
import { operatorWorks } from './people/operator.ts';
import { phonesAsk } from './people/phones.ts';
import { technicianWorks } from './people/technician.ts';
import type { Memories } from './sides/memories.ts';
import type { ServerStorage } from './sides/server-storage.ts';
import { createWorld, type World } from './world/world.ts';

export interface Violation {
  readonly invariant: string;
  readonly complaint: string;
}

export interface SeedResult {
  readonly seed: number;
  readonly profile: string;
  readonly violation: Violation | null;
  /** Of the whole trace: two runs of one seed have the same. */
  readonly hash: string;
  readonly steps: number;
  /** Payments that the server confirmed. */
  readonly sales: number;
  /** World time, ms. */
  readonly lastedMs: number;
  /** The last lines of the trace. */
  readonly tail: readonly string[];
}

export interface Workplace {
  readonly storage: ServerStorage;
  /** Where totems keep their files. */
  readonly folder: string;
  /** A migrated, empty database of a totem. */
  readonly template: string;
  /** Of those who look at the databases after each step. */
  readonly memories: Memories;
}

/** The beginning, in which nothing fails: the totems are enrolled and get their catalogue. */
const OPENING_MS = 30_000;
/** After the faults have ended everything has to come to its end within this time: the poller's second look at what is paid comes after ten minutes. */
const HEALING_MS = 25 * 60_000;
/** At least this long operators and totems go on before the end is looked for. */
const MIN_HEALING_MS = 75_000;
const LOOK_FOR_END_EVERY_MS = 5_000;
/** A seed that takes more steps than this has got stuck in a loop without time. */
const MAX_STEPS = 40_000;

/** Runs one world from its beginning to its end. */
export async function runSeed(
  seed: number,
  workplace: Workplace,
  print: ((line: string) => void) | null = null,
): Promise<SeedResult> {
  const world = createWorld(seed, print);
  await workplace.storage.reset();
  const hall = buildHall(world, workplace.storage, workplace, workplace.memories);
  const history = new History(hall);
  const run = new Run(world, hall, { hall, history });
  const profile = pickProfile(world.random);
  world.tell('world', `seed ${seed}, profile ${profile.name}`);
  process.on('unhandledRejection', world.fail);
  try {
    await run.all(profile);
  } finally {
    for (const kiosk of hall.kiosks) kiosk.dispose();
    hall.server.machine.kill();
    await world.activity.quiet();
    process.off('unhandledRejection', world.fail);
    rmSync(join(workplace.folder, String(seed)), { recursive: true, force: true });
  }
  return {
    seed,
    profile: profile.name,
    violation: run.violation,
    hash: world.trace.hash(),
    steps: run.steps,
    sales: history.confirmations.size,
    lastedMs: world.agenda.nowMs(),
    tail: world.trace.tail(80),
  };
}

class Run {
  violation: Violation | null = null;
  steps = 0;
  readonly #world: World;
  readonly #hall: Hall;
  readonly #look: Look;
  #seen = '';

  constructor(world: World, hall: Hall, look: Look) {
    this.#world = world;
    this.#hall = hall;
    this.#look = look;
  }

  async all(profile: Profile): Promise<void> {
    await this.#open(profile);
    if (this.violation !== null) return;
    this.#peopleCome(profile);
    this.#world.faulty = true;
    injectFaults(this.#hall, profile);
    await this.#pump(this.#world.agenda.nowMs() + profile.faultsMs);
    if (this.violation !== null) return;
    healEverything(this.#hall);
    const healedAtMs = this.#world.agenda.nowMs();
    await this.#pump(healedAtMs + MIN_HEALING_MS);
    let left = await nothingLeftToDo(this.#look);
    while (this.violation === null && left !== null && this.#world.agenda.nowMs() < healedAtMs + HEALING_MS) {
      await this.#pump(this.#world.agenda.nowMs() + LOOK_FOR_END_EVERY_MS);
      left = await nothingLeftToDo(this.#look);
    }
    if (this.violation !== null) return;
    if (left !== null) {
      this.violation = { invariant: 'everything ends', complaint: left };
      return;
    }
    await this.#check(
      INVARIANTS.flatMap(({ name, atEnd }) => (atEnd === undefined ? [] : [{ name, ask: atEnd }])),
    );
  }

  /** Nothing fails yet: the shop opens. A totem may come later, when the others sell already. */
  async #open({ lateTotemChance, faultsMs }: Profile): Promise<void> {
    const { server, kiosks } = this.#hall;
    const { random, agenda, activity } = this.#world;
    this.#world.faulty = false;
    await server.start();
    const late = random.chance(lateTotemChance) ? kiosks.at(-1) : undefined;
    for (const kiosk of kiosks) kiosk.start();
    const atOnce = kiosks.filter((kiosk) => kiosk !== late);
    for (const kiosk of atOnce) enrol(this.#hall, kiosk);
    if (late !== undefined)
      agenda.after(random.int(5_000, faultsMs / 2), 'a totem is new', () => enrol(this.#hall, late));
    await activity.quiet();
    const isOpen = (): boolean =>
      atOnce.every((kiosk) => (kiosk.engine?.snapshot('totem').services.length ?? 0) > 0);
    while (!isOpen() && this.violation === null && agenda.nowMs() < OPENING_MS)
      await this.#pump(agenda.nowMs() + 250);
    if (!isOpen() && this.violation === null)
      this.violation = {
        invariant: 'the shop opens',
        complaint: 'a totem has no catalogue after its enrolment',
      };
  }

  #peopleCome(profile: Profile): void {
    const { banks, kiosks, told } = this.#hall;
    const world = this.#world;
    for (const kiosk of kiosks)
      for (let index = 0; index < profile.customersPerKiosk; index += 1)
        world.agenda.after(world.random.int(100, profile.faultsMs), 'customer arrives', () =>
          customerArrives(world, {
            kiosk,
            banks,
            manners: profile.manners,
            atCounterChance: profile.atCounterChance,
          }),
        );
    for (const counter of DEMO_COUNTERS)
      operatorWorks(world, {
        counter,
        kiosks,
        doublePress: profile.doublePress,
        told: (one) => told.push(one),
      });
    technicianWorks(this.#hall);
    managerWorks(this.#hall);
    if (this.#hall.server.mail !== null) phonesAsk(this.#hall);
  }

  async #pump(untilMs: number): Promise<void> {
    const { agenda, activity } = this.#world;
    while (this.violation === null && agenda.nextAtMs() <= untilMs) {
      const happening = agenda.next();
      if (happening === undefined) break;
      this.steps += 1;
      if (this.steps > MAX_STEPS) {
        this.violation = { invariant: 'everything ends', complaint: `more than ${MAX_STEPS} steps` };
        return;
      }
      try {
        happening.run();
      } catch (error) {
        this.#world.fail(error);
      }
      if (!(await activity.quiet())) {
        this.violation = {
          invariant: 'everything ends',
          complaint: `a step does not come to rest: ${happening.what}`,
        };
        return;
      }
      await this.#afterStep();
    }
    agenda.advanceTo(untilMs);
  }

  async #afterStep(): Promise<void> {
    if (this.#world.failure !== null) {
      const { failure } = this.#world;
      const complaint = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
      this.violation = { invariant: 'no unexpected error', complaint };
      return;
    }
    const { server, kiosks, papers, told, banks, acknowledged } = this.#hall;
    if (server.storage.inTransaction) {
      this.violation = {
        invariant: 'no transaction waits',
        complaint: 'a database transaction is open while its process waits for something else',
      };
      return;
    }
    const now = `${server.commits} ${kiosks.map(({ commits }) => commits).join(' ')} ${papers.length} ${told.length} ${banks.map(({ bank }) => bank.pix.length).join(' ')} ${acknowledged.length}`;
    if (now === this.#seen) return;
    this.#seen = now;
    await this.#look.history.catchUp();
    await this.#check(
      INVARIANTS.flatMap(({ name, afterStep }) =>
        afterStep === undefined ? [] : [{ name, ask: afterStep }],
      ),
    );
  }

  async #check(
    questions: readonly { readonly name: string; readonly ask: NonNullable<Invariant['atEnd']> }[],
  ): Promise<void> {
    for (const { name, ask } of questions) {
      const complaint = await ask(this.#look);
      if (complaint === null) continue;
      this.#world.tell('BROKEN', `${name}: ${complaint}`);
      this.violation = { invariant: name, complaint };
      return;
    }
  }
}
