import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { FeedEntry } from '../domain/protocol/feed.ts';
import { DEMO_MERCHANT_ID, DEMO_SERVICES, DEMO_UNIT_ID } from '../sync-server/catalog/demo-shop.ts';
import type { BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import type { Comparison, Peer } from './comparison.ts';
import { installPeers, type Peers } from './peers.ts';
import { type Figures, type Kinds, type MeasuredRounds, measureInRounds } from './rounds.ts';
import { sampleFeed, sampleOutbox } from './sample-events.ts';
import { KIOSK_ID, openShop } from './shop.ts';
import { runTransfer, type TransferTask } from './worker.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

const EVENTS = 10_000;
const NEIGHBOUR = { serviceId: DEMO_SERVICES[0].serviceId, kioskId: 'totem-2' };
/** PouchDB replicates the same documents between two disks; being slower than that would need a reason. */
const AGAINST_POUCH = { of: 'ratio', max: 1 } as const;

/** The other side of a transfer, and what this side must know of it. */
interface Route {
  readonly entry: string;
  readonly url: string;
  readonly token: string;
  readonly head: number;
}

/** A kiosk that was cut off is back: 10,000 events up, 10,000 down, durable on both sides. */
export async function benchmarkSync({ rounds, say, signal }: BenchmarkContext): Promise<BenchmarkResult> {
  const peers = await installPeers(say);
  const workplace = await openWorkplace('sync', say);
  signal.addEventListener('abort', () => void workplace.close());
  try {
    const ours = await openOurs(workplace);
    const naive = await openNaive(workplace);
    const pouch = peers.installed ? await openPouch(workplace) : null;
    const measured = await measureInRounds(
      {
        ...transfersOf('ours', ours, workplace),
        ...transfersOf('naive', naive, workplace),
        ...(pouch === null ? {} : transfersOf('pouch', pouch, workplace)),
      },
      rounds,
      say,
    );
    return {
      title: `push and pull of ${EVENTS.toLocaleString('en')} events, durable on both sides`,
      comparisons: compare(measured, peers),
      facts: {
        events: EVENTS,
        pushEventBytes: bytesEach(sampleOutbox(EVENTS, 1, NEIGHBOUR)),
        pullEventBytes: bytesEach(sampleFeed(EVENTS, 1, NEIGHBOUR)),
        pouchdb: peers.installed ? peers.pouchVersion : 'not installed',
      },
    };
  } finally {
    await workplace.close();
  }
}

async function openOurs(workplace: Workplace): Promise<Route> {
  const shop = await openShop(workplace);
  const head = await withClient(shop.databaseUrl, fillFeed);
  return { entry: 'bench/kiosk-transfer.ts', url: shop.syncServer, token: shop.kioskToken, head };
}

async function openNaive(workplace: Workplace): Promise<Route> {
  const databaseUrl = await workplace.createDatabase('naive');
  const server = await workplace.start({
    name: 'naive-server',
    entry: 'bench/naive-server.ts',
    environment: { DATABASE_URL: databaseUrl },
  });
  await withClient(databaseUrl, async (client) => {
    const entries = sampleFeed(EVENTS, 1, NEIGHBOUR);
    await client.query('INSERT INTO feed SELECT * FROM unnest($1::bigint[], $2::jsonb[])', [
      entries.map((entry) => entry.seq),
      entries.map((entry) => JSON.stringify(entry)),
    ]);
  });
  return { entry: 'bench/naive-transfer.ts', url: server.addresses['naive'] ?? '', token: '', head: EVENTS };
}

async function openPouch(workplace: Workplace): Promise<Route> {
  const server = await workplace.start({
    name: 'pouchdb',
    entry: 'bench/peers/pouch-server.mjs',
    environment: {
      BENCH_FOLDER: join(workplace.folder, 'pouchdb'),
      BENCH_EVENTS: String(EVENTS),
      BENCH_SERVICE_ID: NEIGHBOUR.serviceId,
      BENCH_KIOSK_ID: NEIGHBOUR.kioskId,
    },
  });
  return {
    entry: 'bench/peers/pouch-transfer.mjs',
    url: server.addresses['pouch'] ?? '',
    token: '',
    head: EVENTS,
  };
}

/** Puts the sample behind what the unit's feed holds already. @returns the new head */
async function fillFeed(client: pg.Client): Promise<number> {
  const unit = [DEMO_MERCHANT_ID, DEMO_UNIT_ID];
  const { rows } = await client.query<{ head: string }>(
    `UPDATE units SET feed_head = feed_head + ${EVENTS} WHERE merchant_id = $1 AND unit_id = $2
     RETURNING feed_head AS head`,
    unit,
  );
  const head = Number(rows[0]?.head);
  const entries: FeedEntry[] = sampleFeed(EVENTS, head - EVENTS + 1, NEIGHBOUR);
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

function transfersOf(name: string, route: Route, workplace: Workplace): Kinds {
  const transfer =
    (direction: TransferTask['direction']) =>
    async (round: number): Promise<Figures> => {
      const { elapsedMs } = await runTransfer(route.entry, {
        direction,
        url: route.url,
        token: route.token,
        head: route.head,
        folder: mkdtempSync(join(workplace.folder, `${name}-${direction}-`)),
        events: EVENTS,
        round,
        kioskId: KIOSK_ID,
        serviceId: NEIGHBOUR.serviceId,
      });
      return { elapsedMs };
    };
  return { [`${name} push`]: transfer('push'), [`${name} pull`]: transfer('pull') };
}

function compare(measured: MeasuredRounds, peers: Peers): Comparison[] {
  return (['push', 'pull'] as const).flatMap((direction) => {
    const ours = measured.of(`ours ${direction}`, 'elapsedMs');
    const common = {
      metric: `${direction} ${EVENTS.toLocaleString('en')} events`,
      unit: 'ms',
      ours,
    } as const;
    const naive: Peer = {
      name: 'naive batches of 500',
      rounds: measured.of(`naive ${direction}`, 'elapsedMs'),
    };
    const pouch: Peer = peers.installed
      ? { name: `PouchDB ${peers.pouchVersion}`, rounds: measured.of(`pouch ${direction}`, 'elapsedMs') }
      : { name: 'PouchDB', notMeasured: peers.reason };
    return [
      { ...common, peer: naive },
      { ...common, peer: pouch, limit: AGAINST_POUCH },
    ];
  });
}

function bytesEach(events: readonly unknown[]): number {
  return Math.round(Buffer.byteLength(JSON.stringify(events)) / events.length);
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
