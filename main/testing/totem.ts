import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../../domain/clock.ts';
import { silentLog } from '../../platform/log.ts';
import { createPersonalDataBox } from '../../platform/personal-data.ts';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_SHOP } from '../../sync-server/catalog/demo-shop.ts';
import { kioskAuthorization } from '../../sync-server/testing/kiosk-identity.ts';
import { createEngine, type Engine } from '../engine.ts';
import type { KioskIdentity } from '../identity/kiosk-identity.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../store/migrate.ts';
import { KIOSK_DATABASE_FILE, type KioskStore, openKioskStore } from '../store/store.ts';
import { createServerClient } from '../sync/server-client.ts';
import { createServerTime } from '../sync/server-time.ts';
import { FakePrinter } from './fake-printer.ts';
import { MachineClock } from './machine-clock.ts';
import { TotemLine } from './totem-line.ts';

/** What a totem needs of the shop that it stands in. */
export interface ShopOfTotem {
  readonly clock: Clock;
  readonly url: string;
  during<T>(work: Promise<T>): Promise<T>;
}

/** One totem on a real SQLite file: its process may be killed, frozen, or lose its folder. */
export class Totem {
  readonly kioskId: string;
  readonly clock: MachineClock;
  line = new TotemLine();
  printer = new FakePrinter();
  /** The papers of all its lives. */
  readonly papers: string[] = [];
  running = false;
  readonly #shop: ShopOfTotem;
  #folder = mkdtempSync(join(tmpdir(), 'totem-real-shop-'));
  #engine: Engine | undefined;
  #store: KioskStore | undefined;

  constructor(shop: ShopOfTotem, kioskId: string) {
    this.#shop = shop;
    this.kioskId = kioskId;
    this.clock = new MachineClock(new ManualClock(shop.clock.nowMs()));
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error(`${this.kioskId} is off`);
    return this.#engine;
  }

  get store(): KioskStore {
    if (this.#store === undefined) throw new Error(`${this.kioskId} is off`);
    return this.#store;
  }

  switchOn(): void {
    const { clock } = this;
    this.line = new TotemLine();
    this.printer = new FakePrinter();
    const store = openKioskStore({
      file: join(this.#folder, KIOSK_DATABASE_FILE),
      migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
      clock,
      randomBytes: systemRandom,
    });
    const serverTime = createServerTime(clock);
    const identity = this.#identity();
    const client = createServerClient({
      syncUrl: this.#shop.url,
      credentials: identity,
      serverTime,
      clock,
      fetch: this.line.fetch,
    });
    this.#store = store;
    this.#engine = createEngine({
      identity,
      serverTime,
      store,
      client,
      syncUrl: this.#shop.url,
      personalData: createPersonalDataBox(Buffer.alloc(32, 1)),
      technicianPin: '4711',
      printer: this.printer,
      network: { isUp: () => true },
      clock,
      randomBytes: systemRandom,
      log: silentLog,
    });
    this.#engine.start();
    this.running = true;
  }

  /** The disk as it is at this instant is all that is left. */
  async kill(): Promise<void> {
    await this.#killAt(this.#imageOfDisk());
  }

  /** Kills it in the very instant in which `committed` is first true of what is stored. */
  async killWhen(committed: () => boolean): Promise<void> {
    const image = Promise.withResolvers<string>();
    let taken = false;
    const stop = this.store.onCommit(() => {
      if (taken || !committed()) return;
      taken = true;
      image.resolve(this.#imageOfDisk());
    });
    const folder = await this.#shop.during(image.promise);
    stop();
    await this.#killAt(folder, { andItsPapers: false });
  }

  /** What the process knew is gone, as when a technician puts in a new disk. */
  emptyFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = mkdtempSync(join(tmpdir(), 'totem-real-shop-'));
  }

  /** Time passes at the machine while the process stands still; what arrived waits in its socket. */
  freeze(): void {
    this.line.hold();
    this.running = false;
  }

  thaw(durationMs: number): void {
    this.clock.frozenMs += durationMs;
    this.running = true;
    this.line.release();
  }

  query<T>(sql: string): T[] {
    const db = new Database(join(this.#folder, KIOSK_DATABASE_FILE), { readonly: true });
    try {
      return db.prepare<[], T>(sql).all();
    } finally {
      db.close();
    }
  }

  async close(): Promise<void> {
    if (this.#engine !== undefined) await this.#killAt(this.#imageOfDisk());
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #imageOfDisk(): string {
    const image = mkdtempSync(join(tmpdir(), 'totem-real-shop-'));
    cpSync(this.#folder, image, { recursive: true });
    return image;
  }

  async #killAt(image: string, { andItsPapers = true } = {}): Promise<void> {
    this.line.cut();
    this.line.release();
    this.printer.free();
    if (andItsPapers) this.papers.push(...this.printer.papers);
    await this.engine.close();
    this.store.close();
    rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = image;
    this.#engine = undefined;
    this.#store = undefined;
    this.running = false;
  }

  /** All papers that came out of it, in this life and before. */
  allPapers(): string[] {
    return this.#engine === undefined ? this.papers : [...this.papers, ...this.printer.papers];
  }

  #identity(): KioskIdentity {
    const { kioskId } = this;
    const { clock } = this.#shop;
    return {
      status: () => 'enrolled',
      current: () => ({ kioskId, ...DEMO_SHOP, keyId: 'of-the-test', enrolledAt: clock.nowMs() }),
      authorization: async () => kioskAuthorization(kioskId, clock).authorization,
      refused: () => undefined,
      warning: () => null,
      enrol: async () => ({ ok: true }),
      onChange: () => () => undefined,
    };
  }
}
