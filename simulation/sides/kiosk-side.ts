import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../main/engine.ts';
import { createFileIdentity } from '../../main/identity/file-identity.ts';
import type { KioskDatabase } from '../../main/store/database.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../../main/store/migrate.ts';
import { restoreBackup } from '../../main/store/restore.ts';
import { type KioskStore, openKioskStore } from '../../main/store/store.ts';
import { createServerClient, type ServerClient } from '../../main/sync/server-client.ts';
import { createServerTime } from '../../main/sync/server-time.ts';
import { silentLog } from '../../platform/log.ts';
import { createPersonalDataBox } from '../../platform/personal-data.ts';
import { type Life, Machine } from '../world/machine.ts';
import type { Line } from '../world/network.ts';
import type { World } from '../world/world.ts';
import type { Memories } from './memories.ts';
import { GOOD_PRINTER, type Paper, SimPrinter } from './sim-printer.ts';

export const PIN = '4711';
const SYNC_URL = 'http://server';

/** Thrown where the power goes: nothing after it happens. */
class PowerCut extends Error {
  override name = 'PowerCut';
}

/** A totem's machine: its disk and its printer outlive the processes that run on it. */
export class KioskSide {
  readonly kioskId: string;
  readonly machine: Machine;
  readonly printer: SimPrinter;
  readonly line: Line;
  /** Raised by each commit, for the invariants to look only when there is something new. */
  commits = 0;
  deathAtCommit: { left: number; where: 'before' | 'after' } | null = null;
  onDeath: () => void = () => undefined;
  /** It will never start again. */
  goneForGood = false;
  /** This machine's own cable. */
  plugged = true;
  /** How often its disk was replaced, or its database by an older one: what an invariant remembers of it ends there. */
  disk = 1;
  readonly #world: World;
  readonly #folder: string;
  readonly #template: string;
  readonly #memories: Memories;
  readonly #connections: KioskDatabase[] = [];
  #beforeStart: (() => void) | null = null;
  #engine: Engine | null = null;
  #db: KioskDatabase | null = null;
  #client: ServerClient | null = null;

  /** @param template a migrated, empty database */
  constructor(
    world: World,
    options: {
      readonly kioskId: string;
      readonly folder: string;
      readonly template: string;
      readonly memories: Memories;
      readonly skewMs: number;
      readonly line: Line;
      readonly papers: Paper[];
    },
  ) {
    this.#world = world;
    this.kioskId = options.kioskId;
    this.#folder = join(options.folder, options.kioskId);
    this.line = options.line;
    this.machine = new Machine(world, options.kioskId, options.skewMs);
    this.printer = new SimPrinter(world, options.kioskId, options.papers);
    this.printer.faults = GOOD_PRINTER;
    this.#template = options.template;
    this.#memories = options.memories;
    this.#layOut();
  }

  /** A data folder as of a first start: no identity, an empty database. */
  #layOut(): void {
    mkdirSync(this.#folder, { recursive: true });
    if (existsSync(this.#template)) copyFileSync(this.#template, this.#file);
  }

  /** It dies, and comes back with an empty disk: identity and database are gone. */
  loseFolder(): void {
    this.kill('with its disk');
    this.#beforeStart = () => {
      this.#closeConnections();
      rmSync(this.#folder, { recursive: true });
      this.#layOut();
      this.disk += 1;
    };
  }

  /** A copy of the database as it is now, to be restored some day. */
  backUp(): void {
    rmSync(this.#backup, { force: true });
    this.db.prepare('VACUUM INTO ?').run(this.#backup);
  }

  /**
   * It is switched off, and a technician restores the copy, as `npm run totem -- restore` does.
   * @param keepsOld whether the database in use is still there: what only it knew comes into the restored one
   */
  restoreBackUp(keepsOld: boolean): void {
    if (!existsSync(this.#backup)) return;
    this.kill('to be restored');
    this.#beforeStart = () => {
      this.#closeConnections();
      if (!keepsOld)
        for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.#file}${suffix}`, { force: true });
      restoreBackup({
        file: this.#file,
        backup: this.#backup,
        migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
        nowMs: Math.floor(this.#world.epochMs + this.#world.agenda.nowMs()),
      });
      this.disk += 1;
    };
  }

  #closeConnections(): void {
    for (const db of this.#connections.splice(0)) db.close();
  }

  get #backup(): string {
    return join(this.#folder, 'copy.sqlite');
  }

  get #file(): string {
    return join(this.#folder, 'kiosk.sqlite');
  }

  /** Null while the machine is off. */
  get engine(): Engine | null {
    return this.#engine;
  }

  /** What is on its disk; readable also while it is off. */
  get db(): KioskDatabase {
    if (this.#db === null) throw new Error(`${this.kioskId} has never been on`);
    return this.#db;
  }

  start(): void {
    this.#beforeStart?.();
    this.#beforeStart = null;
    const life = this.machine.boot();
    const world = this.#world;
    const { clock } = life;
    world.tell(this.kioskId, 'starts');
    const randomBytes = (count: number): Uint8Array => world.random.bytes(count);
    const opened = openKioskStore({
      file: this.#file,
      migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
      clock,
      randomBytes,
    });
    // Only simulated processes die here: nothing has to reach a disk.
    opened.db.pragma('synchronous = OFF');
    this.#connections.push(opened.db);
    this.#db = this.#memories.reads(opened.db);
    const store = this.#mortal(opened, life);
    const serverTime = createServerTime(clock);
    const identity = createFileIdentity({
      file: join(this.#folder, 'identity.json'),
      clock,
      randomBytes,
      serverTime,
      ask: (request) => client.enrol(request),
      mayBecome: () => true,
      log: silentLog,
    });
    const client = createServerClient({
      syncUrl: SYNC_URL,
      credentials: identity,
      serverTime,
      clock,
      fetch: this.line.fetchFor(life),
    });
    this.#client = client;
    const engine = createEngine({
      identity,
      serverTime,
      store,
      client,
      syncUrl: SYNC_URL,
      personalData: createPersonalDataBox(Buffer.alloc(32, 9)),
      technicianPin: PIN,
      printer: this.printer.portOf(life),
      network: { isUp: () => this.plugged },
      clock,
      randomBytes,
      log: silentLog,
    });
    this.#engine = engine;
    engine.start();
  }

  kill(how: string): void {
    if (!this.machine.alive) return;
    this.#world.tell(this.kioskId, `dies ${how}`);
    this.machine.kill();
    this.deathAtCommit = null;
    this.#engine = null;
    // Its sockets go with it; the server hears of that, or not.
    this.#client?.close();
    this.#client = null;
    this.onDeath();
  }

  /** For good: gives the files back. */
  dispose(): void {
    this.machine.kill();
    this.#closeConnections();
  }

  /** The same store, which dies with its process, if need be in the midst of a commit. */
  #mortal(store: KioskStore, life: Life): KioskStore {
    let dieAfter = false;
    // The first to listen: what stands behind it never hears of a commit that the process did not survive.
    store.onCommit(() => {
      this.commits += 1;
      this.#world.activity.note();
      if (!dieAfter) return;
      dieAfter = false;
      this.kill('just after a commit');
      throw new PowerCut();
    });
    return {
      ...store,
      write: (change) => {
        if (life.over) throw new PowerCut();
        const death = this.#atCommit();
        dieAfter = death === 'after';
        return store.write(() => {
          const result = change();
          if (death === 'before') {
            this.kill('just before a commit');
            throw new PowerCut();
          }
          return result;
        });
      },
    };
  }

  #atCommit(): 'before' | 'after' | null {
    const death = this.deathAtCommit;
    if (death === null || !this.#world.faulty) return null;
    death.left -= 1;
    return death.left > 0 ? null : death.where;
  }
}
