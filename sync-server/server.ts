import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, RandomBytes } from '../domain/clock.ts';
import type { Log } from '../platform/log.ts';
import { createPersonalDataBox, loadOrCreateKey } from '../platform/personal-data.ts';
import { StartupFailure } from '../platform/service.ts';
import { registerAccessRoutes } from './access/access-routes.ts';
import { registerAdoptionRoutes } from './adoption/adoption-routes.ts';
import { registerAuditRoutes } from './audit/audit-routes.ts';
import { registerCatalogManagementRoutes } from './catalog/catalog-management-routes.ts';
import { registerCatalogRoutes } from './catalog/catalog-routes.ts';
import { startPlannedPrices } from './catalog/change-price.ts';
import { seedDemoShop } from './catalog/demo-shop.ts';
import type { ServerConfig } from './config.ts';
import { registerClaimRoutes } from './confirmations/claim-routes.ts';
import { createLeaseWatch } from './confirmations/lease-watch.ts';
import type { ServerContext } from './context.ts';
import { registerCustomerRoutes } from './customers/customer-routes.ts';
import { startPrivacyWorker } from './customers/privacy-worker.ts';
import { openDatabase } from './db/database.ts';
import { startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { migrateDatabase } from './db/migrate.ts';
import { registerFulfilmentRoutes } from './fulfilment/fulfilment-routes.ts';
import { openPgBossJobs } from './fulfilment/pg-boss-jobs.ts';
import { registerReceiptPage, registerReceiptPageRoutes } from './fulfilment/receipt-page-routes.ts';
import { startFulfilment } from './fulfilment/start-fulfilment.ts';
import { registerAdminPage } from './http/admin-page.ts';
import { registerAdminSnapshots } from './http/admin-snapshots.ts';
import { type App, createApp } from './http/app.ts';
import { registerHealthRoutes } from './http/health-routes.ts';
import { registerIntegrationRoutes } from './integration/integration-routes.ts';
import { registerCheckoutRoutes } from './international/checkout-routes.ts';
import { startCheckoutCloser } from './international/close-checkouts.ts';
import { registerPayPage } from './international/pay-page.ts';
import { registerLedgerRoutes } from './ledger/ledger-routes.ts';
import { NO_CHANNELS, openChannels } from './notifications/open-channels.ts';
import { registerNumberLeaseRoutes } from './numbers/lease-routes.ts';
import { registerChargeRoutes } from './payments/charge-routes.ts';
import { startTicketMarker } from './payments/mark-tickets.ts';
import { type PaymentWorkers, startPaymentWorkers } from './payments/payment-workers.ts';
import { registerRefundRoutes } from './payments/refund-routes.ts';
import { registerTransactionRoutes } from './payments/transaction-routes.ts';
import { createWorkDue } from './payments/work-due.ts';
import { openProviders } from './providers/open-providers.ts';
import type { PaymentProvider } from './providers/provider.ts';
import { startProviderProbe } from './providers/provider-probe.ts';
import { allProviders, nationalHealth, type Providers } from './providers/providers.ts';
import { findUnattendedMoney } from './providers/unattended-money.ts';
import { registerQueueRoutes } from './queue/queue-routes.ts';
import { registerReconciliationRoutes } from './reconciliation/reconciliation-routes.ts';
import { registerRecurringRoutes } from './recurring/recurring-routes.ts';
import { createChargeRouter } from './routing/charge-router.ts';
import { registerRoutingRoutes } from './routing/routing-routes.ts';
import { NO_SHADOWS, type ShadowMirror, startShadowMirror } from './routing/shadow-mirror.ts';
import { registerSettlementRoutes } from './settlement/settlement-routes.ts';
import { registerSplitRoutes } from './splits/split-routes.ts';
import { startFeedListener } from './sync/feed-listener.ts';
import { registerFeedRoutes } from './sync/feed-routes.ts';
import { createFeedWake } from './sync/feed-wake.ts';
import { registerPushRoutes } from './sync/push-routes.ts';
import { registerDeadLetterRoutes } from './webhooks/dead-letter-routes.ts';
import { startMtlsListener } from './webhooks/mtls-listener.ts';
import { createRefusedWebhooks } from './webhooks/refused-webhooks.ts';
import { registerWebhookRoutes } from './webhooks/webhook-routes.ts';

/** What a process gives its server. */
export interface ServerEnvironment {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
}

export interface RunningServer {
  readonly urls: { readonly syncServer: string; readonly admin: string };
  /** Stops taking requests, ends the streams, lets what is under way finish, then stops the embedded PostgreSQL. */
  close(): Promise<void>;
}

/** Starts the whole sync server. @throws StartupFailure with one line on what to do; nothing is left running then */
export async function startServer(
  config: ServerConfig,
  environment: ServerEnvironment,
): Promise<RunningServer> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const context = await openContext(config, environment, closers);
    const opened = openProviders(config.providers, { ...environment, fetch: globalThis.fetch });
    const started: PaymentWorkers<PaymentProvider>[] = [];
    const start = <P extends PaymentProvider>(provider: P): PaymentWorkers<P> => {
      const workers = startPaymentWorkers(context, provider);
      closers.push(() => workers.stop());
      const probe = startProviderProbe(context, workers.provider, workers.health);
      closers.push(() => probe.stop());
      started.push(workers);
      return workers;
    };
    const [first, ...others] = opened.national;
    const providers: Providers = {
      national: [start(first), ...others.map(start)],
      international: opened.international === null ? null : start(opened.international),
    };
    const names = allProviders(providers).map(({ provider }) => provider.name);
    for (const waiting of await findUnattendedMoney(context.db, names))
      context.log.error(
        waiting,
        'money waits at a provider that the configuration does not name: name it again',
      );
    if (providers.international !== null) {
      const closer = startCheckoutCloser(context, providers.international.provider);
      closers.push(() => closer.stop());
    }
    const shadows = startShadowMirror(context, opened.shadows);
    closers.push(() => shadows.stop());
    const privacy = startPrivacyWorker(context);
    closers.push(() => privacy.stop());
    const channels = config.notifications ? openChannels(config.notifications, context.clock) : NO_CHANNELS;
    const fulfilment = await startFulfilment(context, channels);
    closers.push(() => fulfilment.stop());
    const marker = startTicketMarker(context);
    closers.push(() => marker.stop());
    const prices = startPlannedPrices(context);
    closers.push(() => prices.stop());
    const app = await createApp(context);
    closers.push(() => app.close());
    await registerRoutes(app, context, providers, shadows);
    const syncServer = await app.listen({ host: config.host, port: config.port });
    const webhooksAt = await listenForWebhooks(app, config, closers);
    for (const workers of started) workers.registerWebhook(webhooksAt ?? config.publicUrl ?? syncServer);
    return { urls: { syncServer, admin: `${syncServer}/admin` }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @returns where providers reach the webhooks' own port; null where there is none */
async function listenForWebhooks(
  app: App,
  { webhookListener }: ServerConfig,
  closers: (() => Promise<void>)[],
): Promise<string | null> {
  if (webhookListener === undefined) return null;
  const listener = await startMtlsListener(app, webhookListener);
  closers.push(() => listener.close());
  return webhookListener.publicUrl ?? listener.url;
}

/** Every route of the server but the document of them, which createApp adds. */
export async function registerRoutes(
  app: App,
  context: ServerContext,
  providers: Providers,
  shadows: ShadowMirror = NO_SHADOWS,
): Promise<void> {
  const health = nationalHealth(providers);
  const router = createChargeRouter(context, providers.national);
  const refusedWebhooks = createRefusedWebhooks(context.log);
  registerHealthRoutes(app, context, health.report);
  registerAccessRoutes(app, context);
  registerCatalogRoutes(app, context);
  registerCatalogManagementRoutes(app, context);
  registerChargeRoutes(app, context, router, shadows);
  registerRoutingRoutes(app, context, providers.national, shadows);
  const international = providers.international?.provider ?? null;
  registerCheckoutRoutes(app, context, international);
  registerCustomerRoutes(app, context);
  registerRefundRoutes(app, context);
  registerTransactionRoutes(app, context);
  registerRecurringRoutes(
    app,
    context,
    allProviders(providers).map(({ provider }) => provider),
  );
  registerFulfilmentRoutes(app, context);
  registerReceiptPageRoutes(app, context);
  registerDeadLetterRoutes(app, context, () => {
    for (const { wakeInbox } of allProviders(providers)) wakeInbox();
  });
  registerSplitRoutes(app, context, providers.national);
  registerWebhookRoutes(app, context, allProviders(providers), refusedWebhooks);
  registerPushRoutes(app, context);
  registerFeedRoutes(app, context, health);
  registerQueueRoutes(app, context);
  registerClaimRoutes(app, context);
  registerNumberLeaseRoutes(app, context);
  registerIntegrationRoutes(app, context, router);
  const everyProvider = allProviders(providers).map(({ provider }) => provider);
  registerReconciliationRoutes(app, context, everyProvider);
  registerLedgerRoutes(app, context);
  registerAdoptionRoutes(app, context);
  registerAuditRoutes(app, context);
  registerSettlementRoutes(app, context);
  registerAdminSnapshots(app, context, () => ({
    providers: allProviders(providers).map((one) => one.health.report()),
    refusedWebhooks: refusedWebhooks.report(),
  }));
  const { rendererDir, notifications } = context.config;
  if (rendererDir === undefined) return;
  await registerAdminPage(app, rendererDir);
  if ((notifications?.smtp ?? null) !== null) registerReceiptPage(app, rendererDir);
  if (international !== null) registerPayPage(app, rendererDir, international.checkoutPage);
}

/** PostgreSQL, its schema, the demonstration shop where it is asked for, and the feed's ear for other processes. */
async function openContext(
  config: ServerConfig,
  { clock, randomBytes, log }: ServerEnvironment,
  closers: (() => Promise<void>)[],
): Promise<ServerContext> {
  mkdirSync(config.dataDir, { recursive: true });
  const databaseUrl = config.databaseUrl ?? (await openEmbedded(config, log, closers));
  const db = openDatabase(
    databaseUrl,
    (error) => log.warn({ error }, 'an idle database connection broke'),
    (error) => log.warn({ error }, 'a transaction is run again'),
  );
  closers.push(() => db.close());
  await db.query('SELECT 1').catch((error: unknown) => {
    throw new StartupFailure(`the database of DATABASE_URL does not answer: ${describe(error)}`);
  });
  for (const name of await migrateDatabase(db)) log.info({ migration: name }, 'migration applied');
  const feedWake = createFeedWake();
  if (config.demo && (await seedDemoShop(db, feedWake, clock.nowMs())))
    log.info('demonstration shop written');
  const listener = startFeedListener(databaseUrl, feedWake, clock, log);
  closers.push(() => listener.stop());
  const jobs = await openPgBossJobs(databaseUrl, log);
  closers.push(() => jobs.stop());
  const personalData = createPersonalDataBox(loadOrCreateKey(join(config.dataDir, 'personal-data.key')));
  return {
    db,
    clock,
    randomBytes,
    log,
    config,
    personalData,
    feedWake,
    workDue: createWorkDue(),
    leaseWatch: createLeaseWatch(clock),
    jobs,
  };
}

async function openEmbedded(
  config: ServerConfig,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres(config.dataDir, config.postgresPort, log);
  closers.push(() => postgres.stop());
  return postgres.url;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A refused connection to several addresses is an AggregateError without a message of its own.
  return error.message || String((error as NodeJS.ErrnoException).code);
}
