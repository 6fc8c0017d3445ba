import { join } from 'node:path';
import pg from 'pg';
import type { FeedEntry } from '../domain/protocol/feed.ts';
import { DEMO_MERCHANT_ID, DEMO_SERVICES, DEMO_UNIT_ID } from '../sync-server/catalog/demo-shop.ts';
import { sampleFeed } from './sample-events.ts';
import { openShop } from './shop.ts';
import { addressOf, type Workplace } from './workplace.ts';

/** The other side of a transfer, and what the kiosk's side must know of it. */
export interface Route {
  /** The kiosk's side, from the project's folder. */
  readonly entry: string;
  readonly url: string;
  /** Who the kiosk is; empty where nobody asks. */
  readonly identityFile: string;
  /** The sequence of the feed's last event. */
  readonly head: number;
}

/** Whose tickets the sample feed tells of. */
export const NEIGHBOUR = { serviceId: DEMO_SERVICES[0].serviceId, kioskId: 'totem-2' };

/** Our sync server; its feed holds `events` tickets of a neighbour. */
export async function openOurs(workplace: Workplace, events: number): Promise<Route> {
  const shop = await openShop(workplace);
  const head = await withClient(shop.databaseUrl, (client) => fillFeed(client, events));
  return {
    entry: 'bench/kiosk-transfer.ts',
    url: shop.syncServer,
    identityFile: shop.kioskIdentityFile,
    head,
  };
}

/** The naive protocol into the same PostgreSQL. */
export async function openNaive(workplace: Workplace, events: number): Promise<Route> {
  const databaseUrl = await workplace.createDatabase('naive');
  const server = await workplace.start({
    name: 'naive-server',
    program: { node: 'bench/naive-server.ts' },
    environment: { DATABASE_URL: databaseUrl },
  });
  await withClient(databaseUrl, async (client) => {
    const entries = sampleFeed(events, 1, NEIGHBOUR);
    await client.query('INSERT INTO feed SELECT * FROM unnest($1::bigint[], $2::jsonb[])', [
      entries.map((entry) => entry.seq),
      entries.map((entry) => JSON.stringify(entry)),
    ]);
  });
  return {
    entry: 'bench/naive-transfer.ts',
    url: addressOf(server, 'naive'),
    identityFile: '',
    head: events,
  };
}

/** PouchDB's server on LevelDB. */
export async function openPouch(workplace: Workplace, events: number): Promise<Route> {
  const server = await workplace.start({
    name: 'pouchdb',
    program: { node: 'bench/peers/pouch-server.mjs' },
    environment: {
      BENCH_FOLDER: join(workplace.folder, 'pouchdb'),
      BENCH_EVENTS: String(events),
      BENCH_SERVICE_ID: NEIGHBOUR.serviceId,
      BENCH_KIOSK_ID: NEIGHBOUR.kioskId,
    },
  });
  return {
    entry: 'bench/peers/pouch-transfer.mjs',
    url: addressOf(server, 'pouch'),
    identityFile: '',
    head: events,
  };
}

/** Puts the sample behind what the unit's feed holds already. @returns the new head */
async function fillFeed(client: pg.Client, events: number): Promise<number> {
  const unit = [DEMO_MERCHANT_ID, DEMO_UNIT_ID];
  const { rows } = await client.query<{ head: string }>(
    `UPDATE units SET feed_head = feed_head + ${events} WHERE merchant_id = $1 AND unit_id = $2
     RETURNING feed_head AS head`,
    unit,
  );
  const head = Number(rows[0]?.head);
  const entries: FeedEntry[] = sampleFeed(events, head - events + 1, NEIGHBOUR);
  await client.query(
    `INSERT INTO feed (merchant_id, unit_id, seq, at, kind, payload)
     SELECT $1, $2, seq, to_timestamp(at_ms / 1000.0), 'ticket.changed', payload
     FROM unnest($3::bigint[], $4::bigint[], $5::jsonb[]) AS sample (seq, at_ms, payload)`,
    [
      ...unit,
      entries.map((entry) => entry.seq),
      entries.map((entry) => entry.at),
      entries.map((entry) => JSON.stringify(entry.payload)),
    ],
  );
  return head;
}

async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
