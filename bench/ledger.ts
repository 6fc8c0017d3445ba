import { randomUUID } from 'node:crypto';
import { systemClock, systemRandom } from '../platform/system.ts';
import { DEMO_MERCHANT_ID } from '../sync-server/catalog/demo-shop.ts';
import { type Database, openDatabase } from '../sync-server/db/database.ts';
import { migrateDatabase } from '../sync-server/db/migrate.ts';
import { postSuspense } from '../sync-server/ledger/ledger.ts';
import { walkChain } from '../sync-server/ledger/verify-ledger.ts';
import type { BenchmarkContext, BenchmarkResult } from './benchmark.ts';
import { type Figures, measureInRounds } from './rounds.ts';
import { inWorkplace, type Workplace } from './workplace.ts';

const ENTRIES = 2_000;
/** As many as the server has connections: more commits than that never wait for one chain. */
const AT_ONCE = 10;

/** Commits of one entry each, many at once, all into the books of one merchant: the worst that its chain can meet. */
export async function benchmarkLedger({ rounds, say, signal }: BenchmarkContext): Promise<BenchmarkResult> {
  return inWorkplace('ledger', { rounds, say, signal }, async (workplace) => {
    const sealed = await openBooks(workplace, 'sealed', say);
    const bare = await openBooks(workplace, 'unsealed', say);
    await bare.query('ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_sealed');
    const measured = await measureInRounds(
      {
        sealed: () => postAll(sealed),
        unsealed: () => postAll(bare),
        walk: () => perSecond(sealed, () => walk(sealed)),
        read: () => perSecond(sealed, () => readRows(sealed)),
      },
      rounds,
      say,
    );
    return {
      title: `entries of one merchant's ledger, ${AT_ONCE} commits at once`,
      comparisons: [
        {
          metric: 'entries committed',
          unit: '/s',
          ours: measured.of('sealed', 'perSecond'),
          peer: { name: 'the same without seals', rounds: measured.of('unsealed', 'perSecond') },
        },
        {
          metric: 'entries verified by their seals',
          unit: '/s',
          ours: measured.of('walk', 'perSecond'),
          peer: { name: 'their postings read, no more', rounds: measured.of('read', 'perSecond') },
        },
      ],
      facts: { entriesARound: ENTRIES, atOnce: AT_ONCE },
    };
  });
}

async function openBooks(workplace: Workplace, name: string, say: (line: string) => void): Promise<Database> {
  const db = openDatabase(await workplace.createDatabase(name), (error) => say(error.message));
  workplace.onClose(() => db.close());
  await migrateDatabase(db);
  await db.query(
    'INSERT INTO merchants (merchant_id, name, pix_key, created_at) VALUES ($1, $2, $2, now())',
    [DEMO_MERCHANT_ID, name],
  );
  return db;
}

async function postAll(db: Database): Promise<Figures> {
  const deps = { clock: systemClock, randomBytes: systemRandom };
  let left = ENTRIES;
  const postOneByOne = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await db.transaction((transaction) =>
        postSuspense(deps, transaction, {
          merchantId: DEMO_MERCHANT_ID,
          transactionId: null,
          provider: 'bacen-pix',
          receiptId: randomUUID(),
          amountCents: 1_250,
          currency: 'BRL',
          occurredAtMs: systemClock.nowMs(),
        }),
      );
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, postOneByOne));
  return { perSecond: ENTRIES / ((performance.now() - startedAt) / 1000) };
}

async function perSecond(db: Database, work: () => Promise<number>): Promise<Figures> {
  const [before] = await db.query<{ entries: number }>('SELECT count(*) AS entries FROM ledger_entries');
  const startedAt = performance.now();
  const entries = await work();
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  if (entries !== before?.entries) throw new Error(`${entries} of ${before?.entries} entries`);
  return { perSecond: entries / elapsedSeconds };
}

async function walk(db: Database): Promise<number> {
  const { head, findings } = await walkChain(db, DEMO_MERCHANT_ID);
  if (findings.length > 0) throw new Error(`a chain that nobody touched is broken: ${findings[0]?.rule}`);
  return head.seq;
}

async function readRows(db: Database): Promise<number> {
  const rows = await db.query<{ entry_id: string }>(
    'SELECT * FROM ledger_entries JOIN ledger_postings USING (merchant_id, entry_id)',
  );
  return new Set(rows.map((row) => row.entry_id)).size;
}
