import { RoutingRuleRequest } from '../../domain/protocol/routing.ts';
import { silentLog } from '../../platform/log.ts';
import { createPersonalDataBox } from '../../platform/personal-data.ts';
import { tokenHash } from '../../sync-server/access/tokens.ts';
import { DEMO_MERCHANT_ID, DEMO_SHOP, seedDemoShop } from '../../sync-server/catalog/demo-shop.ts';
import type { ServerConfig } from '../../sync-server/config.ts';
import { createLeaseWatch } from '../../sync-server/confirmations/lease-watch.ts';
import type { ServerContext } from '../../sync-server/context.ts';
import { startFulfilment } from '../../sync-server/fulfilment/start-fulfilment.ts';
import { createLocalJobs } from '../../sync-server/fulfilment/testing/local-jobs.ts';
import { type App, createApp } from '../../sync-server/http/app.ts';
import { type PaymentWorkers, startPaymentWorkers } from '../../sync-server/payments/payment-workers.ts';
import { createWorkDue } from '../../sync-server/payments/work-due.ts';
import { createBacenPixProvider } from '../../sync-server/providers/bacen-pix/bacen-pix.ts';
import type { NationalProvider } from '../../sync-server/providers/provider.ts';
import { startProviderProbe } from '../../sync-server/providers/provider-probe.ts';
import { addRoutingRule } from '../../sync-server/routing/rule-store.ts';
import { registerRoutes } from '../../sync-server/server.ts';
import { createFeedWake } from '../../sync-server/sync/feed-wake.ts';
import type { BankSide } from '../bank/bank-side.ts';
import { type Life, Machine } from '../world/machine.ts';
import type { WireAnswer, WireRequest, WireStream } from '../world/network.ts';
import type { World } from '../world/world.ts';
import type { CommitFate, ServerStorage } from './server-storage.ts';
import type { SimMail } from './sim-mail.ts';

export const OPERATOR_TOKEN = 'simulated-operator';
export const MANAGER_TOKEN = 'simulated-manager';
export const PERSONAL_DATA = createPersonalDataBox(Buffer.alloc(32, 7));
/** Short, so that many charges expire within a simulated hall's minutes. */
const CHARGE_EXPIRES_SECONDS = 60;
const PUBLIC_URL = 'http://server';

/** The sync server's machine: its storage outlives the processes that run on it. */
export class ServerSide {
  readonly machine: Machine;
  /** Raised by each commit, for the invariants to look only when there is something new. */
  commits = 0;
  /** Commits until the process dies in the midst of one, or its database is away; null: it does not. */
  deathAtCommit: {
    left: number;
    readonly where: CommitFate;
    /** Only those count that write to this table; null: all. */
    readonly table: string | null;
  } | null = null;
  onDeath: () => void = () => undefined;
  /** Set once, when the world is wired. */
  banks: readonly Pick<BankSide, 'provider' | 'line'>[] = [];
  /** Null: this shop sends no mail. Set once, when the world is wired. */
  mail: SimMail | null = null;
  /** Of several banks: whether the merchant's rules divide the charges, or the configuration's order. */
  hasRules = false;
  readonly storage: ServerStorage;
  readonly #world: World;
  #app: App | null = null;
  readonly #streams = new Set<() => void>();

  constructor(world: World, storage: ServerStorage, skewMs: number) {
    this.#world = world;
    this.storage = storage;
    this.machine = new Machine(world, 'server', skewMs);
  }

  /** Builds a new process over the storage. */
  async start(): Promise<void> {
    const life = this.machine.boot();
    const world = this.#world;
    world.tell('server', 'starts');
    const db = this.storage.databaseOf(life, world.activity, {
      onCommit: (tables) => this.#atCommit(tables),
      committed: () => {
        this.commits += 1;
      },
      die: () => this.kill('in the midst of a commit'),
    });
    const feedWake = createFeedWake();
    const context: ServerContext = {
      db,
      clock: life.clock,
      randomBytes: (count) => world.random.bytes(count),
      log: silentLog,
      config: CONFIG,
      personalData: PERSONAL_DATA,
      feedWake,
      workDue: createWorkDue(),
      leaseWatch: createLeaseWatch(life.clock),
      jobs: createLocalJobs(life.clock),
    };
    await seedDemoShop(db, feedWake, life.clock.nowMs());
    if (life.over) return;
    if (this.hasRules) await this.#writeRules(context);
    const [first, ...others] = this.banks.map((bank) => startBankWork(context, bank, life));
    if (first === undefined) throw new Error('the server has no bank');
    await startFulfilment(context, this.mail === null ? {} : { email: this.mail.channelOf(life) });
    const app = await createApp(context);
    await registerRoutes(app, context, { national: [first, ...others], international: null });
    await app.ready();
    if (life.over) return;
    this.#app = app;
    for (const workers of [first, ...others]) workers.registerWebhook(PUBLIC_URL);
  }

  /** One of each bank; at each start the same ones again. */
  async #writeRules(context: ServerContext): Promise<void> {
    for (const [index, { provider }] of this.banks.entries()) {
      const ruleId = `0198c1a0-0000-7000-8000-00000000020${index}`;
      const rule = RoutingRuleRequest.parse({ ruleId, provider, weight: 2 - index });
      await addRoutingRule(context, DEMO_MERCHANT_ID, rule, 'manager');
    }
  }

  /** The process is gone; what it had promised to nobody is lost. */
  kill(how: string): void {
    if (!this.machine.alive) return;
    this.#world.tell('server', `dies ${how}`);
    this.machine.kill();
    this.deathAtCommit = null;
    this.#app = null;
    const streams = [...this.#streams];
    this.#streams.clear();
    for (const end of streams) end();
    this.onDeath();
  }

  /** For the lines that end here; null while nobody listens. */
  listener(): ((request: WireRequest) => Promise<WireAnswer>) | null {
    const app = this.#app;
    return app === null ? null : (request) => this.#answer(app, request);
  }

  async #answer(app: App, request: WireRequest): Promise<WireAnswer> {
    this.#world.activity.note();
    const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
    const alive = (): boolean => this.#app === app;
    const isStream = request.headers['accept']?.includes('text/event-stream') === true;
    app
      .inject({
        method: request.method as 'GET',
        url: request.path,
        headers: { ...request.headers },
        ...(request.body.length === 0 ? {} : { payload: request.body as string }),
        ...(isStream ? { payloadAsStream: true } : {}),
      })
      .then(
        (response) => {
          this.#world.activity.note();
          if (!alive()) return;
          const headers = Object.fromEntries(
            Object.entries(response.headers).flatMap(([name, value]) =>
              typeof value === 'string' ? [[name, value]] : [],
            ),
          );
          const streams = headers['content-type']?.startsWith('text/event-stream') === true;
          const body = streams ? this.#stream(response) : isStream ? null : response.payload;
          if (body !== null) return resolve({ status: response.statusCode, headers, body });
          // A refusal of a request for a stream.
          const chunks: Buffer[] = [];
          response
            .stream()
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () =>
              resolve({ status: response.statusCode, headers, body: Buffer.concat(chunks).toString() }),
            );
        },
        (error: unknown) => {
          if (alive()) reject(error);
        },
      );
    // A process that dies takes its connections with it.
    const broken = (): void => reject(new Error('the server died'));
    this.#streams.add(broken);
    promise.then(
      () => this.#streams.delete(broken),
      () => this.#streams.delete(broken),
    );
    return promise;
  }

  #stream(response: { readonly raw: { readonly res: object }; stream(): NodeJS.ReadableStream }): WireStream {
    const source = response.stream();
    const raw = response.raw.res as { destroy(): void };
    let ended: (() => void) | null = null;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      this.#streams.delete(end);
      ended?.();
    };
    this.#streams.add(end);
    source.on('end', end);
    source.on('error', end);
    return {
      onPiece: (listener) => {
        source.on('data', (piece: Buffer) => {
          this.#world.activity.note();
          if (!over) listener(piece);
        });
      },
      onEnd: (listener) => {
        ended = listener;
        if (over) listener();
      },
      leave: () => {
        if (over) return;
        over = true;
        this.#streams.delete(end);
        raw.destroy();
      },
    };
  }

  #atCommit(tables: ReadonlySet<string>): CommitFate | null {
    const death = this.deathAtCommit;
    if (death === null || !this.#world.faulty) return null;
    if (death.table !== null && !tables.has(death.table)) return null;
    death.left -= 1;
    if (death.left > 0) return null;
    if (death.where === 'fails') {
      this.deathAtCommit = null;
      this.#world.tell('server', `has no database for ${[...tables].join(', ')}`);
    }
    return death.where;
  }
}

/** As the server's own start does it, for one of its providers. */
function startBankWork(
  context: ServerContext,
  { provider: name, line }: Pick<BankSide, 'provider' | 'line'>,
  life: Life,
): PaymentWorkers<NationalProvider> {
  const provider = createBacenPixProvider({ ...CONFIG.pix, fetch: line.fetchFor(life) }, life.clock);
  const workers = startPaymentWorkers(context, { ...provider, name });
  startProviderProbe(context, workers.provider, workers.health);
  return workers;
}

const CONFIG: ServerConfig = {
  host: '127.0.0.1',
  port: 0,
  dataDir: '/nonexistent',
  databaseUrl: undefined,
  postgresPort: 0,
  publicUrl: PUBLIC_URL,
  rendererDir: undefined,
  demo: true,
  privacy: { customerDays: 730, webhookDays: 90 },
  access: [
    { role: 'operator', tokenSha256: tokenHash(OPERATOR_TOKEN), ...DEMO_SHOP },
    { role: 'manager', tokenSha256: tokenHash(MANAGER_TOKEN), merchantId: DEMO_MERCHANT_ID },
  ],
  pix: {
    baseUrl: 'http://bank/api/v2',
    tokenUrl: 'http://bank/oauth/token',
    clientId: 'simulated',
    clientSecret: 'simulated-secret',
    expiresSeconds: CHARGE_EXPIRES_SECONDS,
    simulatorBankUrl: null,
  },
  card: { expiresSeconds: CHARGE_EXPIRES_SECONDS },
  providers: { national: [], international: null },
};
