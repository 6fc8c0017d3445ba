import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished, vi } from 'vitest';
import type { CommandResult, ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import type { CheckoutView } from '../../domain/protocol/screens.ts';
import { type Log, silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { kioskPaths } from '../data-folder.ts';
import { createIdentityFile } from '../identity/identity-file.ts';
import { newKeyPair } from '../identity/key-pair.ts';
import { createKiosk, type Kiosk } from '../kiosk.ts';
import { FakePrinter } from './fake-printer.ts';
import { SettableClock } from './settable-clock.ts';
import { STUB_CATALOG } from './stub-catalog.ts';
import { StubServer } from './stub-server.ts';

export const KIOSK_ID = 'totem-1';
export const PIN = '4711';
export const SERVICE_ID = STUB_CATALOG.services[0]?.serviceId ?? '';

export interface HarnessOptions {
  readonly serverAway?: boolean;
  /** False: the folder holds no identity yet. */
  readonly enrolled?: boolean;
  readonly enrolmentCode?: string;
  /** How wrong the kiosk's wall clock is from the start, ms. */
  readonly clockOffsetMs?: number;
  readonly log?: Log;
}

/** Puts the identity of a totem that the stub knows into the folder. */
export function enrolFolder(dataDir: string, server: StubServer, kioskId: string = KIOSK_ID): void {
  const keys = newKeyPair(systemRandom);
  const { serverTime: _now, ...enrolled } = server.access.admit(keys.publicKey, kioskId);
  createIdentityFile(kioskPaths(dataDir).identity).write({ enrolled, keys, revokedAt: null });
}

/** A kiosk with a real SQLite folder and a real line to a stub server; its clock and its printer obey the test. */
export class KioskHarness {
  readonly clock = new ManualClock();
  /** The kiosk's own, which may be wrong; the server goes by `clock`. */
  readonly wallClock = new SettableClock(this.clock);
  readonly server = new StubServer(this.clock);
  log: Log = silentLog;
  #enrolmentCode: string | undefined;
  printer = new FakePrinter();
  dataDir = mkdtempSync(join(tmpdir(), 'totem-kiosk-test-'));
  /** The kiosk asked for its end, because its database is damaged. */
  damaged = false;
  kiosk: Kiosk;

  private constructor() {
    this.kiosk = this.#create();
  }

  static async start(options: HarnessOptions = {}): Promise<KioskHarness> {
    const { serverAway = false, enrolled = true } = options;
    const harness = new KioskHarness();
    harness.log = options.log ?? silentLog;
    harness.wallClock.offsetMs = options.clockOffsetMs ?? 0;
    harness.#enrolmentCode = options.enrolmentCode;
    await harness.server.start();
    onTestFinished(async () => {
      harness.printer.free();
      await harness.kiosk.close();
      await harness.server.stop();
      rmSync(harness.dataDir, { recursive: true, force: true });
    });
    // The address is known only now.
    await harness.kiosk.close();
    if (enrolled) enrolFolder(harness.dataDir, harness.server);
    harness.kiosk = harness.#create();
    if (serverAway) await harness.server.stop();
    harness.kiosk.start();
    if (!serverAway && enrolled) await harness.until(() => harness.server.streams === 1);
    return harness;
  }

  #create(): Kiosk {
    return createKiosk({
      dataDir: this.dataDir,
      syncUrl: this.server.url,
      enrolmentCode: this.#enrolmentCode,
      technicianPin: PIN,
      printer: this.printer,
      clock: this.wallClock,
      randomBytes: systemRandom,
      log: this.log,
      onDamaged: () => {
        this.damaged = true;
      },
    });
  }

  /**
   * The power goes and comes back. The disk is copied as it is at this instant, between two turns of the event loop,
   * which is all that a killed process leaves; the old engine never gets to tidy up what the new one reads.
   * @param whileOff what happens in the dark
   */
  async powerCut(whileOff: () => void | Promise<void> = () => {}): Promise<void> {
    const image = mkdtempSync(join(tmpdir(), 'totem-kiosk-test-'));
    cpSync(this.dataDir, image, { recursive: true });
    this.printer.free();
    await this.kiosk.close();
    rmSync(this.dataDir, { recursive: true, force: true });
    this.dataDir = image;
    const { mood } = this.printer;
    this.printer = new FakePrinter();
    this.printer.mood = mood;
    await whileOff();
    this.restart();
  }

  /** A new engine on the folder as it is; the last one must be closed. */
  restart(): void {
    this.kiosk = this.#create();
    this.kiosk.start();
  }

  execute(command: ScreenCommand): Promise<CommandResult> {
    return this.kiosk.execute(command);
  }

  totem() {
    return this.kiosk.snapshot('totem');
  }

  technician() {
    return this.kiosk.snapshot('technician');
  }

  checkout<S extends CheckoutView['step']>(step: S): Extract<CheckoutView, { step: S }> {
    const view = this.totem().checkout;
    if (view.step !== step) throw new Error(`the totem shows ${view.step}, not ${step}`);
    return view as Extract<CheckoutView, { step: S }>;
  }

  /** Waits for a condition in real time; the kiosk's own time stands still meanwhile. */
  until(condition: () => boolean): Promise<void> {
    return vi.waitFor(
      () => {
        if (!condition())
          throw new Error(`not yet; the totem shows ${JSON.stringify(this.totem().checkout)}`);
      },
      { timeout: 5_000, interval: 5 },
    );
  }

  untilStep(step: CheckoutView['step']): Promise<void> {
    return this.until(() => this.totem().checkout.step === step);
  }

  /** As `until`, while the kiosk's time runs in steps: for waits that lie behind a backoff. */
  untilWithTime(condition: () => boolean, stepMs = 250): Promise<void> {
    return this.until(() => {
      if (condition()) return true;
      this.clock.advance(stepMs);
      return false;
    });
  }

  /** Lets the kiosk's time jump so far that its feed takes it for silence, and waits until it is connected again. */
  async pass(durationMs: number): Promise<void> {
    this.clock.advance(durationMs);
    await this.until(() => this.totem().server !== 'online');
    await this.untilWithTime(() => this.server.streams === 1 && this.totem().server === 'online', 10);
  }

  /** A customer chooses the service. @returns the session */
  async choose(
    customer: { readonly customerName?: string; readonly customerCpf?: string } = {},
  ): Promise<string> {
    const result = await this.execute({ kind: 'checkout.start', serviceId: SERVICE_ID, ...customer });
    if (!result.ok || result.sessionId === undefined) throw new Error(`refused: ${JSON.stringify(result)}`);
    return result.sessionId;
  }

  async chooseAndSeeQr(): Promise<string> {
    const sessionId = await this.choose();
    await this.untilStep('awaiting_payment');
    return sessionId;
  }

  async buy(): Promise<string> {
    const sessionId = await this.chooseAndSeeQr();
    this.server.pay(sessionId, KIOSK_ID);
    await this.untilStep('ticket');
    return sessionId;
  }

  /** The database as another program sees it, while the kiosk runs. */
  query<T>(sql: string): T[] {
    const db = new Database(kioskPaths(this.dataDir).database, { readonly: true });
    try {
      return db.prepare<[], T>(sql).all();
    } finally {
      db.close();
    }
  }

  /** Puts many events into the outbox, as a long absence would. */
  fillOutbox(count: number): void {
    const db = new Database(kioskPaths(this.dataDir).database);
    const insert = db.prepare(
      'INSERT INTO outbox (event_id, kind, at, v, payload_json) VALUES (?, ?, ?, 1, ?)',
    );
    db.transaction(() => {
      for (let at = 1; at <= count; at += 1) insert.run(randomUUID(), 'ticket.queued', at, '{}');
    })();
    db.close();
  }

  /** From now on every write to the table fails, as on a disk that is full, until the answer's `repair`. */
  sabotage(table: string): { repair(): void } {
    const run = (sql: string): void => {
      const db = new Database(kioskPaths(this.dataDir).database);
      db.exec(sql);
      db.close();
    };
    const moments = ['INSERT', 'UPDATE'] as const;
    for (const moment of moments) {
      run(`CREATE TRIGGER sabotage_${moment} BEFORE ${moment} ON ${table}
        BEGIN SELECT RAISE(ABORT, 'sabotage'); END`);
    }
    return {
      repair: () => {
        for (const moment of moments) run(`DROP TRIGGER sabotage_${moment}`);
      },
    };
  }

  kindsPushed(): string[] {
    return this.server.pushed.map((event) => event.kind);
  }
}
