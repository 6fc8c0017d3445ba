import { join } from 'node:path';
import type { Clock } from '../../../domain/clock.ts';
import { newId } from '../../../domain/ids.ts';
import type { Catalog } from '../../../domain/protocol/catalog.ts';
import type { PushResult } from '../../../domain/protocol/sync.ts';
import { issueLocalTicket } from '../../../main/checkout/local-ticket.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../../../main/store/migrate.ts';
import { type KioskStore, openKioskStore } from '../../../main/store/store.ts';
import { systemRandom } from '../../../platform/system.ts';
import type { KioskPrincipal } from '../../access/principal.ts';
import { DEMO_SHOP } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import { pushEvents } from '../../sync/push.ts';
import { leaseNumbers } from '../lease-numbers.ts';

/** What of a totem numbers tickets: its real store and its real selling, without screens and lines. */
export class TotemStore {
  readonly kiosk: KioskPrincipal;
  readonly store: KioskStore;
  readonly #catalog: Catalog;
  readonly #clock: Clock;

  constructor(folder: string, kioskId: string, catalog: Catalog, clock: Clock) {
    this.kiosk = { role: 'kiosk', ...DEMO_SHOP, kioskId };
    this.#catalog = catalog;
    this.#clock = clock;
    this.store = openKioskStore({
      file: join(folder, `${kioskId}.sqlite`),
      migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
      clock,
      randomBytes: systemRandom,
    });
    // What a crash would cost of the file is another test's matter.
    this.store.db.pragma('synchronous = OFF');
    this.store.sync.saveCatalog(catalog);
  }

  /** @returns the session; null when no number was left */
  sell(prefix: string): string | null {
    const { store } = this;
    const nowMs = this.#clock.nowMs();
    const service = this.#catalog.services.find((each) => each.prefix === prefix);
    if (service === undefined) throw new Error(`nothing is sold as ${prefix}`);
    const payment = service.amountCents === 0 ? 'free' : 'at_counter';
    const sessionId = newId(this.#clock, systemRandom);
    const { serviceId, amountCents } = service;
    const openSession = (): void => {
      store.sessions.insert({
        sessionId,
        txid: sessionId.replaceAll('-', ''),
        service,
        catalogVersion: this.#catalog.version,
        amountCents,
        payment,
        customerSealed: null,
        openedAt: nowMs,
      });
      store.outbox.append('session.opened', { sessionId, serviceId, amountCents, openedAt: nowMs });
    };
    const sale = { sessionId, service, unit: this.#catalog.unit, payment, customerCpf: null } as const;
    const serverTime = { estimateMs: () => null };
    const parts = { store, kioskId: () => this.kiosk.kioskId, enqueuePaper: () => {}, serverTime };
    const issued = store.write(() => issueLocalTicket(parts, sale, openSession, nowMs));
    return issued ? sessionId : null;
  }

  /** The paper is out. */
  hand(sessionId: string): void {
    const { store } = this;
    const ticket = store.tickets.bySession(sessionId);
    if (ticket === undefined) throw new Error('no such ticket');
    const queuedAt = this.#clock.nowMs();
    store.write(() =>
      store.outbox.append('ticket.queued', { ticketId: ticket.ticketId, delivery: 'printed', queuedAt }),
    );
  }

  /** @param loseFirst the first answer does not arrive: asked again by the stored id */
  async fetchLease(
    context: ServerContext,
    prefix: string,
    businessDay: string,
    loseFirst = false,
  ): Promise<void> {
    const { store } = this;
    store.write(() =>
      store.leases.ask({ leaseId: newId(this.#clock, systemRandom), prefix, businessDay }, 0),
    );
    if (loseFirst) await leaseNumbers(context, this.kiosk, store.leases.asked(50));
    const leases = await leaseNumbers(context, this.kiosk, store.leases.asked(50));
    store.write(() => {
      for (const lease of leases) store.leases.grant(lease);
    });
  }

  /** Tells the server everything. @returns its answers */
  async pushAll(context: ServerContext): Promise<PushResult[]> {
    const { store } = this;
    const all: PushResult[] = [];
    for (let batch = store.outbox.pending(500); batch.length > 0; batch = store.outbox.pending(500)) {
      const results = await pushEvents(context, this.kiosk, batch);
      store.write(() => {
        for (const result of results) store.outbox.settle(result);
      });
      all.push(...results);
    }
    return all;
  }
}
