import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { txidOfSession } from '../domain/ids.ts';
import { openKioskDatabase } from '../main/store/database.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from '../main/store/migrate.ts';
import { SCHEMA } from '../simulators/provider/store/schema.ts';
import { insertPaidSessions } from '../sync-server/testing/paid-session.ts';
import { seedShop } from '../sync-server/testing/test-context.ts';
import { createTestDatabase } from '../sync-server/testing/test-database.ts';
import { auditStores, type Testimony } from './audit.ts';
import {
  type PrintedPaper,
  readBank,
  readServer,
  readTotem,
  type Stores,
  type TotemFacts,
} from './stores.ts';

const SESSION = '018f0000-0000-7000-8000-000000000001';
const TICKET = {
  ticketId: 'ticket-1',
  sessionId: SESSION,
  kioskId: 'totem-1',
  label: 'C001',
  status: 'in_queue',
  payment: 'pix',
  txid: 'txid-1',
};
const PIX = { txid: 'txid-1', endToEndId: 'E1', amountCents: 5_000, settledAt: 100, refunds: [] };
const PAPER: PrintedPaper = {
  kioskId: 'totem-1',
  paperId: '000001',
  ticketId: 'ticket-1',
  label: 'C001',
  isFirst: true,
  at: 200,
};
const SCREEN = { waiting: [{ label: 'C001' }], rescuable: [] } as unknown as TotemFacts['screen'];
const TOTEM: TotemFacts = {
  kioskId: 'totem-1',
  tickets: [{ id: 'ticket-1', sessionId: SESSION, label: 'C001', status: 'in_queue' }],
  events: [],
  underWay: [],
  damage: [],
  screen: SCREEN,
};
const told = (status: string, counter: string | null, revision: number) => ({
  label: 'C001',
  ticketId: 'ticket-1',
  status,
  counter,
  revision,
});
/** One sale in which every promise was kept. */
const KEPT: Stores = {
  bank: { pix: [PIX], damage: [] },
  server: {
    tickets: [TICKET],
    settling: new Set(['E1']),
    sessions: new Map([[SESSION, 'txid-1']]),
    told: [told('in_queue', null, 1)],
    problems: [],
  },
  totems: [TOTEM],
  papers: [PAPER],
  status: { paid: 1, tickets: 1, issues: [], refundsOpen: 0 } as unknown as Stores['status'],
};
const server = (change: Partial<Stores['server']>): Stores => ({
  ...KEPT,
  server: { ...KEPT.server, ...change },
});
const totem = (change: Partial<TotemFacts>): Stores => ({ ...KEPT, totems: [{ ...TOTEM, ...change }] });
const papers = (...others: Partial<PrintedPaper>[]): Stores => ({
  ...KEPT,
  papers: [PAPER, ...others.map((other) => ({ ...PAPER, paperId: '000002', at: 300, ...other }))],
});

it('finds nothing where every promise was kept', () => {
  expect(auditStores(KEPT, { toldPaid: [{ sessionId: SESSION, at: 150 }], forgot: [] })).toEqual({
    violations: [],
    underWay: [],
    settledPix: 1,
    tickets: 1,
    refunds: 0,
    papers: 1,
  });
});

const BROKEN: readonly (readonly [string, Stores, RegExp])[] = [
  ['money that became nothing', server({ settling: new Set() }), /bought nothing and has 0 refunds/],
  ['a payment without its ticket', server({ tickets: [] }), /settles a payment of 0 tickets/],
  [
    'a ticket and a refund for one Pix',
    { ...KEPT, bank: { pix: [{ ...PIX, refunds: [{ amountCents: 5_000, settledAt: 9 }] }], damage: [] } },
    /became a ticket and was refunded/,
  ],
  ['a ticket without money', { ...KEPT, bank: { pix: [], damage: [] } }, /the bank has not settled/],
  [
    'a ticket that goes straight to another counter',
    server({ told: [told('called', 'Guichê 1', 3), told('called', 'Guichê 2', 4)] }),
    /went from Guichê 1 to Guichê 2/,
  ],
  ['an event that was not sent', totem({ events: [{ kind: 'x', outcome: null, reason: null }] }), /not sent/],
  [
    'an event that was turned down for no known reason',
    totem({ events: [{ kind: 'ticket.issued', outcome: 'rejected', reason: 'not_paid' }] }),
    /ticket.issued is rejected \(not_paid\)/,
  ],
  ['a ticket that a totem does not know', totem({ tickets: [] }), /does not know C001/],
  ['a damaged database', totem({ damage: ['kiosk.sqlite: row missing'] }), /row missing/],
  ['two first papers', papers({}), /two first papers/],
  ['a first paper that was torn off, and another', papers({ ticketId: null }), /two first papers/],
  ['a paper before the money', papers({ isFirst: false, at: 50 }), /before the bank had settled/],
  ['a paper of no ticket', papers({ ticketId: 'ticket-9', label: 'C009' }), /server does not know/],
  [
    'a status that tells another number',
    { ...KEPT, status: { ...KEPT.status, tickets: 0 } },
    /the status tells 1 paid and 0 tickets/,
  ],
];

describe('the audit reports', () => {
  it.each(BROKEN)('%s', (_what, stores, violation) => {
    expect(auditStores(stores).violations.join('\n')).toMatch(violation);
  });

  it('what is still under way, which is no broken promise', () => {
    const { violations, underWay } = auditStores(totem({ underWay: ['session x is open'] }));
    expect({ violations, underWay }).toEqual({ violations: [], underWay: ['totem-1: session x is open'] });
  });

  it('a screen that said paid before the bank had', () => {
    const early: Testimony = { toldPaid: [{ sessionId: SESSION, at: 99 }], forgot: [] };
    expect(auditStores(KEPT, early).violations).toEqual([
      `session ${SESSION} was told paid at 99, before the bank had settled`,
    ]);
  });
});

describe('what only looks broken', () => {
  it('changes that are told as one: missed, given back, called elsewhere', () => {
    const stores = server({ told: [told('called', 'Guichê 1', 3), told('called', 'Guichê 2', 6)] });
    expect(auditStores(stores).violations).toEqual([]);
  });

  it('a second first paper of a totem whose disk lost the first between the two, and no other', () => {
    const forgot = (at: number): Testimony => ({ toldPaid: [], forgot: [{ kioskId: 'totem-1', at }] });
    expect(auditStores(papers({}), forgot(250)).violations).toEqual([]);
    expect(auditStores(papers({}), forgot(350)).violations).toHaveLength(1);
  });
});

describe('reading the stores', () => {
  it('finds a payment without a ticket in PostgreSQL, and its money in the books of the bank', async () => {
    const database = await createTestDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    onTestFinished(async () => {
      await client.end();
      await database.close();
    });
    await seedShop(database.db);
    expect((await readServer(client)).problems).toEqual([]);
    const [paid] = await insertPaidSessions(database.db, { count: 1, firstNumber: 1, atMs: 1_000 });
    const txid = txidOfSession(paid?.sessionId ?? '');

    const folder = temporaryFolder();
    const file = join(folder, 'provider.db');
    const bank = new Database(file);
    bank.exec(SCHEMA);
    bank
      .prepare(
        `INSERT INTO pix (end_to_end_id, txid, key, amount_cents, due_at, settled_at) VALUES ('E1', ?, 'k', 5000, 9, 10)`,
      )
      .run(txid);
    bank.close();

    const stores = { ...KEPT, bank: { pix: readBank(file), damage: [] }, server: await readServer(client) };
    const { violations } = auditStores(stores);
    expect(violations).toContain(`paid without a ticket: ${txid}`);
    expect(violations).toContain(`Pix E1 of ${txid} bought nothing and has 0 refunds`);
  });

  it('finds in the file of a totem what was not sent and what is under way', () => {
    const file = join(temporaryFolder(), 'kiosk.sqlite');
    const db = openKioskDatabase(file);
    migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 1);
    expect(readTotem('totem-1', file, SCREEN)).toMatchObject({ events: [], underWay: [], damage: [] });
    db.exec(
      `INSERT INTO outbox (event_id, kind, at, v, payload_json) VALUES ('e', 'session.ended', 1, 1, '{}')`,
    );
    db.exec(
      `INSERT INTO payment_sessions (session_id, txid, status, service_json, catalog_version, amount_cents, currency, opened_at)
       VALUES ('s', 't', 'open', '{}', 1, 100, 'BRL', 1)`,
    );
    db.close();
    expect(readTotem('totem-1', file, SCREEN)).toMatchObject({
      events: [{ kind: 'session.ended', outcome: null }],
      underWay: ['session s is open'],
    });
  });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'totem-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
