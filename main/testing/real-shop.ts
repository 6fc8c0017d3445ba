import { onTestFinished, vi } from 'vitest';
import { txidOfSession } from '../../domain/ids.ts';
import type { CommandResult } from '../../domain/protocol/screen-commands.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
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
import { seedShop, testContext } from '../../sync-server/testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../../sync-server/testing/test-database.ts';
import { Totem } from './totem.ts';

export const COUNTER = DEMO_COUNTERS[0];

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
