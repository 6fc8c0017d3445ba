import { MAX_FULFILMENTS_SHOWN } from '../../domain/protocol/fulfilment.ts';
import { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { readFleet } from '../access/fleet.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import { listFulfilments } from '../fulfilment/list-fulfilments.ts';
import { readIntegrationStatus } from '../integration/integration-status.ts';
import { type ProcessFacts, readMoneyTroubles } from '../integration/money-troubles.ts';
import { readCounterFigures } from '../queue/counter-payments.ts';
import type { App } from './app.ts';
import { type EventStream, openEventStream } from './event-stream.ts';

/** The figures are sums over the whole merchant: fresh enough for a person, and cheap for the database. */
const REFRESH_MS = 2_000;
/** Where the sums take long, in a large shop's database, the screens leave it this many times as long to the sales. */
const REST_PER_READ = 10;

/**
 * `GET /api/screens/admin/snapshots`: the manager's screen as server-sent events `snapshot`. Read by fetch with the
 * Authorization header: a token in an address would end up in logs and histories.
 */
export function registerAdminSnapshots(app: App, context: ServerContext, facts: () => ProcessFacts): void {
  app.get(
    '/api/screens/admin/snapshots',
    {
      config: { access: ['manager'] },
      schema: { summary: "The manager's screen, as server-sent events", tags: ['screens'] },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const first = await readAdminSnapshot(context, merchantId, facts());
      const stream = openEventStream(request, reply, context.clock);
      try {
        await stream.send({ name: 'snapshot', data: first });
        let readMs = 0;
        for (;;) {
          await pause(context, stream, Math.max(REFRESH_MS, readMs * REST_PER_READ));
          if (stream.closed.aborted) break;
          const startedMs = context.clock.monotonicMs();
          const data = await readAdminSnapshot(context, merchantId, facts());
          readMs = context.clock.monotonicMs() - startedMs;
          await stream.send({ name: 'snapshot', data });
        }
      } catch (error) {
        // The page comes back by itself, and is told 503 while the database is away.
        context.log.warn({ error, requestId: request.id }, 'a manager screen was cut off');
      } finally {
        stream.end();
      }
      return reply;
    },
  );
}

async function readAdminSnapshot(
  context: ServerContext,
  merchantId: string,
  facts: ProcessFacts,
): Promise<AdminSnapshot> {
  const at = context.clock.nowMs();
  const [merchant] = await context.db.query<{ name: string }>(
    'SELECT name FROM merchants WHERE merchant_id = $1',
    [merchantId],
  );
  const units = await context.db.query<{ unit_id: string; name: string }>(
    'SELECT unit_id, name FROM units WHERE merchant_id = $1 ORDER BY name',
    [merchantId],
  );
  return AdminSnapshot.parse({
    screen: 'admin',
    at,
    merchantName: merchant?.name ?? '',
    integration: await readIntegrationStatus(context.db, merchantId, at),
    units: units.map((unit) => ({ unitId: unit.unit_id, name: unit.name })),
    fleet: await readFleet(context.db, merchantId),
    money: await readMoneyTroubles(context.db, merchantId, facts),
    atCounter: await readCounterFigures(context.db, merchantId, at),
    fulfilment: await listFulfilments(context.db, merchantId, { limit: MAX_FULFILMENTS_SHOWN }),
  });
}

/** Until the next refresh, or until the client has left. */
function pause({ clock }: ServerContext, { closed }: EventStream, restMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (closed.aborted) return resolve();
    const finish = (): void => {
      cancel();
      closed.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.schedule(restMs, finish);
    closed.addEventListener('abort', finish);
  });
}
