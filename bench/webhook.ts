import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { txidOfSession } from '../domain/ids.ts';
import { Catalog } from '../domain/protocol/catalog.ts';
import type { BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import type { Comparison, Unit } from './comparison.ts';
import { ask } from './json-api.ts';
import { openKioskLine } from './kiosk-line.ts';
import { type LoadResult, type LoadTarget, saturate, sendAtRate } from './load.ts';
import { type Figures, type Kinds, type MeasuredRounds, measureInRounds } from './rounds.ts';
import { openShop, type Shop } from './shop.ts';
import { percentile } from './statistics.ts';
import { addressOf, inWorkplace } from './workplace.ts';

const FIXED_RATE = { perSecond: 200, durationMs: 3_000 } as const;
const SATURATION = { connections: 32, durationMs: 2_000 } as const;
/** The shortest time-out that a bank is known to give a callback's first try (BS2, developer documentation). */
const BANK_TIMEOUT = { of: 'ours', max: 300 } as const;
/** Open charges that the webhooks name in turn, so that the server has its real work with them. */
const CHARGES = 50;

/** A webhook posted until it is acknowledged, so durable, beside the bare grouped commit on the same PostgreSQL. */
export async function benchmarkWebhook(context: BenchmarkContext): Promise<BenchmarkResult> {
  return inWorkplace('webhook', context, async (workplace) => {
    const { rounds, say } = context;
    const shop = await openShop(workplace);
    const bare = await workplace.start({
      name: 'bare-server',
      program: { node: 'bench/bare-server.ts' },
      environment: { DATABASE_URL: shop.databaseUrl },
    });
    const nextBody = callbacksFor(await openCharges(shop));
    const backlog = new pg.Client(shop.databaseUrl);
    await backlog.connect();
    workplace.onClose(() => backlog.end());
    const clear = async (): Promise<void> => {
      // Or what is left of one measurement would be worked off during the next. What is being worked on is left alone.
      await backlog.query(
        `DELETE FROM webhook_inbox WHERE inbox_id IN (
           SELECT inbox_id FROM webhook_inbox WHERE status = 'received' FOR UPDATE SKIP LOCKED)`,
      );
    };

    const measured = await measureInRounds(
      {
        ...loadsOf('ours', { url: shop.webhookUrl, nextBody }, clear),
        ...loadsOf('bare', { url: addressOf(bare, 'bare'), nextBody }, clear),
      },
      rounds,
      say,
    );
    return {
      title: `webhook acknowledged, durable: ${FIXED_RATE.perSecond}/s, and ${SATURATION.connections} connections without a pause`,
      comparisons: compare(measured),
      facts: { bodyBytes: Buffer.byteLength(nextBody()), charges: CHARGES },
    };
  });
}

function compare(measured: MeasuredRounds): Comparison[] {
  const row = (metric: string, unit: Unit, load: string, figure: string): Comparison => ({
    metric,
    unit,
    ours: measured.of(`ours ${load}`, figure),
    peer: { name: 'bare grouped commit', rounds: measured.of(`bare ${load}`, figure) },
  });
  return [
    row(`at ${FIXED_RATE.perSecond}/s, p50`, 'ms', 'at rate', 'p50'),
    { ...row(`at ${FIXED_RATE.perSecond}/s, p99`, 'ms', 'at rate', 'p99'), limit: BANK_TIMEOUT },
    row('saturated, p50', 'ms', 'saturated', 'p50'),
    row('saturated, p99', 'ms', 'saturated', 'p99'),
    row('saturated, acknowledged', '/s', 'saturated', 'perSecond'),
  ];
}

function loadsOf(name: string, target: LoadTarget, clear: () => Promise<void>): Kinds {
  const measure = async (run: Promise<LoadResult>): Promise<Figures> => {
    const { latenciesMs, perSecond } = await run;
    await clear();
    return { p50: percentile(latenciesMs, 0.5), p99: percentile(latenciesMs, 0.99), perSecond };
  };
  return {
    [`${name} at rate`]: () => measure(sendAtRate(target, FIXED_RATE)),
    [`${name} saturated`]: () => measure(saturate(target, SATURATION)),
  };
}

/** Charges as a kiosk asks for them. @returns their txids */
async function openCharges(shop: Shop): Promise<string[]> {
  const { identity, client } = openKioskLine(shop.kioskIdentityFile, shop.syncServer);
  const token = (await identity.authorization())?.replace('Bearer ', '');
  const catalog = Catalog.parse(await ask('GET', `${shop.syncServer}/v1/catalog`, undefined, token));
  const [service] = catalog.services;
  if (service === undefined) throw new Error('the shop sells nothing');
  const txids: string[] = [];
  while (txids.length < CHARGES) {
    const sessionId = randomUUID();
    const { serviceId, amountCents } = service;
    const request = {
      sessionId,
      txid: txidOfSession(sessionId),
      serviceId,
      catalogVersion: catalog.version,
      amountCents,
    };
    const answer = await client.createCharge(request);
    if (!answer.ok) throw new Error(`no charge: ${answer.failure.message}`);
    txids.push(answer.value.txid);
  }
  client.close();
  return txids;
}

/** API Pix callbacks of one Pix each, no two alike. */
function callbacksFor(txids: readonly string[]): () => string {
  let sent = 0;
  return () => {
    sent += 1;
    return JSON.stringify({
      pix: [
        {
          endToEndId: `E00000000202611201200${String(sent).padStart(11, '0')}`,
          txid: txids[sent % txids.length],
          valor: '50.00',
          horario: '2026-11-20T12:00:00.000Z',
          infoPagador: 'pagamento do atendimento',
        },
      ],
    });
  };
}
