import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished, vi } from 'vitest';
import type { CancelTimer, Clock } from '../../domain/clock.ts';
import { txidOfSession } from '../../domain/ids.ts';
import type { CommandResult } from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { silentLog } from '../../platform/log.ts';
import { createPersonalDataBox } from '../../platform/personal-data.ts';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { DEMO_COUNTERS, DEMO_SERVICES, DEMO_SHOP } from '../../sync-server/catalog/demo-shop.ts';
import type { ServerContext } from '../../sync-server/context.ts';
import { type App, createApp } from '../../sync-server/http/app.ts';
import { applyProviderCharge } from '../../sync-server/payments/apply-provider-charge.ts';
import { findBySession } from '../../sync-server/payments/payment-transaction.ts';
import { type PaymentWorkers, startPaymentWorkers } from '../../sync-server/payments/payment-workers.ts';
import { ModelBank } from '../../sync-server/payments/testing/model-bank.ts';
import type { NationalProvider } from '../../sync-server/providers/provider.ts';
import { watchProvider } from '../../sync-server/providers/provider-health.ts';
import { registerRoutes } from '../../sync-server/server.ts';
import { kioskAuthorization } from '../../sync-server/testing/kiosk-identity.ts';
import { seedShop, testContext } from '../../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../../sync-server/testing/test-database.ts';
import { createEngine, type Engine } from '../engine.ts';
import type { KioskIdentity } from '../identity/kiosk-identity.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../store/migrate.ts';
import { KIOSK_DATABASE_FILE, type KioskStore, openKioskStore } from '../store/store.ts';
import { createServerClient } from '../sync/server-client.ts';
import { createServerTime } from '../sync/server-time.ts';
import { FakePrinter } from './fake-printer.ts';

export const COUNTER = DEMO_COUNTERS[0];

/** A totem's clocks, on the shop's time: set by hand, or jumped over while the process was frozen. */
class MachineClock implements Clock {
  readonly base: ManualClock;
  /** What the wall clock shows beyond the right time, ms. */
  wallOffsetMs = 0;
  /** Passed while nothing of the process ran. */
  frozenMs = 0;

  constructor(base: ManualClock) {
    this.base = base;
  }

  nowMs(): number {
    return this.base.nowMs() + this.frozenMs + this.wallOffsetMs;
  }

  monotonicMs(): number {
    return this.base.monotonicMs() + this.frozenMs;
  }

  schedule(delayMs: number, task: () => void): CancelTimer {
    return this.base.schedule(delayMs, task);
  }
}

/** The line of one totem, which a test cuts, or through which nothing comes for a while. */
class Line {
  up = true;
  /** Requests that do not arrive. */
  loses: (path: string) => boolean = () => false;
  /** Answers that do not come back, of requests that arrived. */
  losesAnswerOf: (path: string) => boolean = () => false;
  /** Arrived at the machine, not yet read by the process. */
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | null = null;
  readonly #open = new Set<AbortController>();

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname;
    if (!this.up || this.loses(path)) throw new TypeError('fetch failed: the line is cut');
    const cut = new AbortController();
    this.#open.add(cut);
    const response = await fetch(request, { signal: AbortSignal.any([request.signal, cut.signal]) });
    if (this.losesAnswerOf(path)) {
      await response.text();
      throw new TypeError('fetch failed: the answer was lost');
    }
    const gated = response.body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: async (chunk, controller) => {
          await this.#gate?.opened;
          controller.enqueue(chunk);
        },
      }),
    );
    return new Response(gated ?? null, response);
  };

  cut(): void {
    this.up = false;
    for (const open of this.#open) open.abort(new TypeError('terminated: the line was cut'));
    this.#open.clear();
  }

  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = { opened: promise, open: resolve };
  }

  release(): void {
    this.#gate?.open();
    this.#gate = null;
  }
}

/** One totem on a real SQLite file: its process may be killed, frozen, or lose its folder. */
export class Totem {
  readonly kioskId: string;
  readonly clock: MachineClock;
  line = new Line();
  printer = new FakePrinter();
  /** The papers of all its lives. */
  readonly papers: string[] = [];
  running = false;
  readonly #shop: RealShop;
  #folder = mkdtempSync(join(tmpdir(), 'totem-real-shop-'));
  #engine: Engine | undefined;
  #store: KioskStore | undefined;

  constructor(shop: RealShop, kioskId: string) {
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
    this.line = new Line();
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

/** Both sides joined in one process: engines on SQLite, the sync server on PostgreSQL, real HTTP between them. */
export class RealShop {
  /** The server's. */
  readonly clock: ManualClock;
  readonly bank: ModelBank;
  readonly totems: Totem[] = [];
  #database: TestDatabase | undefined;
  #app: App | undefined;
  #context: ServerContext | undefined;
  #workers: PaymentWorkers<NationalProvider> | undefined;
  url = '';

  private constructor(clock: ManualClock) {
    this.clock = clock;
    this.bank = new ModelBank(clock);
  }

  /** @param provider in the place of the bank of the test, with all that works for it on the server */
  static async open(provider?: () => NationalProvider, clock = new ManualClock()): Promise<RealShop> {
    const shop = new RealShop(clock);
    onTestFinished(() => shop.#close());
    const database = await createTestDatabase();
    shop.#database = database;
    await seedShop(database.db, shop.clock.nowMs());
    const context = testContext({ db: database.db, clock: shop.clock });
    shop.#context = context;
    const app = await createApp(context);
    shop.#app = app;
    if (provider !== undefined) shop.#workers = startPaymentWorkers(context, provider());
    const running = shop.#workers ?? {
      ...watchProvider(shop.bank, shop.clock),
      wakeInbox: () => undefined,
    };
    await registerRoutes(app, context, { national: [running], international: null });
    shop.url = await app.listen({ host: '127.0.0.1', port: 0 });
    return shop;
  }

  async totem(kioskId: 'totem-1' | 'totem-2'): Promise<Totem> {
    const totem = new Totem(this, kioskId);
    this.totems.push(totem);
    totem.switchOn();
    await this.until(() => totem.engine.snapshot('totem').server === 'online');
    return totem;
  }

  /** A customer sees the QR code. @returns the session */
  async seeQrCode(totem: Totem): Promise<string> {
    const serviceId = DEMO_SERVICES[0].serviceId;
    const started = await totem.engine.execute({ kind: 'checkout.start', serviceId });
    if (!started.ok || started.sessionId === undefined) throw new Error(JSON.stringify(started));
    await this.until(() => totem.engine.snapshot('totem').checkout.step === 'awaiting_payment');
    return started.sessionId;
  }

  /** The customer pays, and the server settles it. */
  async pay(sessionId: string): Promise<void> {
    const txid = txidOfSession(sessionId);
    this.bank.pay(txid, DEMO_SERVICES[0].amountCents);
    const payment = await findBySession(this.#needContext().db, DEMO_SHOP.merchantId, sessionId);
    if (payment === undefined) throw new Error('there is no charge');
    await applyProviderCharge(this.#needContext(), payment, this.bank.chargeOf(txid), 'webhook');
  }

  /** An operator's press at a totem's queue screen. */
  rescue(at: Totem, sessionId: string, commandId: string = crypto.randomUUID()): Promise<CommandResult> {
    return at.engine.execute({ kind: 'queue.rescue', commandId, counter: COUNTER, sessionId });
  }

  /** Makes the server's database into what a test needs and cannot bring about. */
  async write(sql: string): Promise<void> {
    await this.#needContext().db.query(sql);
  }

  async tickets(): Promise<Pick<TicketView, 'label' | 'status' | 'rescued' | 'kioskId'>[]> {
    return this.#needContext().db.query(
      'SELECT label, status, rescued, kiosk_id AS "kioskId" FROM tickets ORDER BY number',
    );
  }

  /** Time passes, for the server and every totem whose process runs; the lines have their say in between. */
  async pass(durationMs: number, stepMs = 1_000): Promise<void> {
    for (let passed = 0; passed < durationMs; passed += stepMs) {
      this.#tick(stepMs);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Waits for a condition, while time runs slowly. */
  until(condition: () => boolean | Promise<boolean>): Promise<void> {
    return vi.waitFor(
      async () => {
        if (await condition()) return;
        this.#tick(20);
        throw new Error('not yet');
      },
      { timeout: 10_000, interval: 4 },
    );
  }

  async during<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const result = work.finally(() => {
      done = true;
    });
    await this.until(() => done);
    return result;
  }

  #tick(stepMs: number): void {
    this.clock.advance(stepMs);
    for (const totem of this.totems) {
      if (totem.running) totem.clock.base.advance(stepMs);
      // A machine that is off keeps its time.
      else totem.clock.frozenMs += this.#isOff(totem) ? stepMs : 0;
    }
  }

  #isOff(totem: Totem): boolean {
    try {
      return totem.engine === undefined;
    } catch {
      return true;
    }
  }

  #needContext(): ServerContext {
    if (this.#context === undefined) throw new Error('the shop is closed');
    return this.#context;
  }

  async #close(): Promise<void> {
    for (const totem of this.totems) await totem.close();
    await this.#workers?.stop();
    await this.#app?.close();
    await this.#database?.close();
  }
}
