import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import type { Comparison, Peer } from './comparison.ts';
import { installPeers, type Peers } from './peers.ts';
import { type Figures, type Kinds, type MeasuredRounds, measureInRounds } from './rounds.ts';
import { sampleFeed, sampleOutbox } from './sample-events.ts';
import { KIOSK_ID } from './shop.ts';
import { NEIGHBOUR, openNaive, openOurs, openPouch, type Route } from './sync-routes.ts';
import { runTransfer, type TransferTask } from './worker.ts';
import { inWorkplace, type Workplace } from './workplace.ts';

const EVENTS = 10_000;
/** PouchDB replicates the same documents between two disks; being slower than that would need a reason. */
const AGAINST_POUCH = { of: 'ratio', max: 1 } as const;

/** A kiosk that was cut off is back: 10,000 events up, 10,000 down, durable on both sides. */
export async function benchmarkSync(context: BenchmarkContext): Promise<BenchmarkResult> {
  const peers = await installPeers(context.say);
  return inWorkplace('sync', context, async (workplace) => {
    const { rounds, say, signal } = context;
    const ours = await openOurs(workplace, EVENTS);
    const naive = await openNaive(workplace, EVENTS);
    const pouch = peers.installed ? await openPouch(workplace, EVENTS) : null;
    const measured = await measureInRounds(
      {
        ...transfersOf('ours', ours, workplace, signal),
        ...transfersOf('naive', naive, workplace, signal),
        ...(pouch === null ? {} : transfersOf('pouch', pouch, workplace, signal)),
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
  });
}

function transfersOf(name: string, route: Route, workplace: Workplace, signal: AbortSignal): Kinds {
  const transfer =
    (direction: TransferTask['direction']) =>
    async (round: number): Promise<Figures> => {
      const task: TransferTask = {
        direction,
        url: route.url,
        identityFile: route.identityFile,
        head: route.head,
        folder: mkdtempSync(join(workplace.folder, `${name}-${direction}-`)),
        events: EVENTS,
        round,
        kioskId: KIOSK_ID,
        serviceId: NEIGHBOUR.serviceId,
      };
      const { elapsedMs } = await runTransfer(route.entry, task, signal);
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
