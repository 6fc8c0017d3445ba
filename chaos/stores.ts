import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import type { IntegrationStatus } from '../domain/protocol/integration.ts';
import type { QueueSnapshot } from '../domain/protocol/screens.ts';
import { integrationStatus, papers, snapshot } from '../e2e/support/outside.ts';
import type { SystemAddresses } from '../scripts/start/system.ts';

/** What every party of a shop has written down, read from outside and without changing anything. */
export interface Stores {
  readonly bank: { readonly pix: readonly BankPix[]; readonly damage: readonly string[] };
  readonly server: ServerFacts;
  readonly totems: readonly TotemFacts[];
  readonly papers: readonly PrintedPaper[];
  readonly status: IntegrationStatus;
}

export interface BankPix {
  readonly txid: string | null;
  readonly endToEndId: string;
  readonly amountCents: number;
  /** Epoch ms, as all times here. */
  readonly settledAt: number;
  readonly refunds: readonly { readonly amountCents: number; readonly settledAt: number | null }[];
}

export interface ServerTicket {
  readonly ticketId: string;
  readonly sessionId: string;
  readonly kioskId: string;
  readonly label: string;
  readonly status: string;
  readonly payment: string;
  readonly txid: string | null;
}

export interface ServerFacts {
  readonly tickets: readonly ServerTicket[];
  /** endToEndIds of the Pix that settled a payment. */
  readonly settling: ReadonlySet<string>;
  /** txid by session. */
  readonly sessions: ReadonlyMap<string, string>;
  /** Each state that a ticket was told in, in the order of the feed. */
  readonly told: readonly {
    readonly label: string;
    readonly ticketId: string;
    readonly status: string;
    readonly counter: string | null;
    /** Counts each change; several that were pushed at once are told as one. */
    readonly revision: number;
  }[];
  /** One line for each row that must not be there. */
  readonly problems: readonly string[];
}

export interface TotemFacts {
  readonly kioskId: string;
  readonly tickets: readonly {
    readonly id: string;
    readonly sessionId: string;
    readonly label: string;
    readonly status: string;
  }[];
  /** Events that the server has not simply taken. */
  readonly events: readonly {
    readonly kind: string;
    readonly outcome: string | null;
    readonly reason: string | null;
  }[];
  /** What is still under way, in a few words each. */
  readonly underWay: readonly string[];
  readonly damage: readonly string[];
  readonly screen: QueueSnapshot;
}

export interface PrintedPaper {
  readonly kioskId: string;
  readonly paperId: string;
  /** Null where it was torn off before its code came out, and of test prints. */
  readonly ticketId: string | null;
  /** The number on it; null where it was torn off before. */
  readonly label: string | null;
  readonly isFirst: boolean;
  readonly at: number;
}

/** Rejects while one of them cannot be asked. */
export async function readStores(addresses: SystemAddresses): Promise<Stores> {
  const status = await integrationStatus(addresses.syncServer, addresses.token);
  const client = await connect(addresses.data);
  try {
    const bankFile = join(addresses.data, 'provider', 'provider.db');
    return {
      bank: { pix: readBank(bankFile), damage: damageOf(bankFile) },
      server: await readServer(client),
      totems: await Promise.all(
        addresses.totems.map(async ({ kioskId, queue }) =>
          readTotem(kioskId, join(addresses.data, kioskId, 'kiosk.sqlite'), await snapshot(queue, 'queue')),
        ),
      ),
      papers: await readPapers(addresses),
      status,
    };
  } finally {
    await client.end();
  }
}

export function readBank(file: string): BankPix[] {
  const database = new Database(file, { readonly: true });
  try {
    const refunds = database
      .prepare(
        'SELECT end_to_end_id AS pix, amount_cents AS amountCents, settled_at AS settledAt FROM refunds',
      )
      .all() as { pix: string; amountCents: number; settledAt: number | null }[];
    const received = database
      .prepare(
        `SELECT txid, end_to_end_id AS endToEndId, amount_cents AS amountCents, settled_at AS settledAt
         FROM pix WHERE settled_at IS NOT NULL`,
      )
      .all() as Omit<BankPix, 'refunds'>[];
    return received.map((pix) => ({
      ...pix,
      refunds: refunds.filter((refund) => refund.pix === pix.endToEndId),
    }));
  } finally {
    database.close();
  }
}

export function readTotem(kioskId: string, file: string, screen: QueueSnapshot): TotemFacts {
  const database = new Database(file, { readonly: true });
  try {
    const all = <T>(sql: string): T[] => database.prepare(sql).all() as T[];
    return {
      kioskId,
      screen,
      tickets: all('SELECT ticket_id AS id, session_id AS sessionId, label, status FROM tickets'),
      events: all(
        `SELECT kind, outcome, reason FROM outbox WHERE outcome IS NULL OR outcome NOT IN ('applied', 'duplicate')`,
      ),
      underWay: all<{ what: string }>(
        `SELECT 'session ' || session_id || ' is ' || status AS what FROM payment_sessions
           WHERE status IN ('open', 'awaiting_payment')
         UNION ALL SELECT 'paper of ' || label || ' is ' || status FROM print_jobs WHERE status IN ('queued', 'sending')
         UNION ALL SELECT label || ' is ' || status || ' and not in the queue' FROM tickets
           WHERE own = 1 AND status IN ('paid', 'printing')
         UNION ALL SELECT 'confirmation of ' || label || ' waits' FROM confirmations
         UNION ALL SELECT 'local call of ' || label || ' is held' FROM held_tickets JOIN tickets USING (ticket_id)`,
      ).map(({ what }) => what),
      damage: damageOf(file),
    };
  } finally {
    database.close();
  }
}

async function readPapers(addresses: SystemAddresses): Promise<PrintedPaper[]> {
  const printed = await Promise.all(
    addresses.totems.map(async ({ kioskId, printer }) =>
      (await papers(printer)).map(({ id, at, text, qrCodes }) => ({
        kioskId,
        paperId: id,
        at,
        ticketId: qrCodes.map((code) => /^ticket:(.+)$/.exec(code)?.[1]).find((one) => one) ?? null,
        label: /\b[A-Z]\d{3}\b/.exec(text)?.[0] ?? null,
        isFirst: !text.includes('2ª VIA'),
      })),
    ),
  );
  return printed.flat();
}

/** Questions whose every row is a broken promise; the first column says which. */
const MUST_BE_EMPTY = [
  `SELECT 'ledger entry ' || entry_id || ' sums to ' || sum(amount_cents) FROM ledger_postings
   GROUP BY merchant_id, entry_id HAVING sum(amount_cents) <> 0`,
  `SELECT 'number ' || prefix || number || ' twice' FROM tickets
   GROUP BY unit_id, business_day, prefix, number HAVING count(*) > 1`,
  `SELECT 'paid without a ticket: ' || txid FROM payment_transactions
   WHERE paid_at IS NOT NULL AND transaction_id NOT IN (SELECT transaction_id FROM tickets WHERE payment = 'pix')`,
  `SELECT 'ticket without a settled payment: ' || label FROM tickets JOIN payment_transactions USING (transaction_id)
   WHERE paid_at IS NULL`,
  `SELECT 'PIX ticket of no payment: ' || label FROM tickets WHERE payment = 'pix' AND transaction_id IS NULL`,
  `SELECT 'receipt that is in no ledger: ' || receipt_id FROM receipts
   WHERE transaction_id NOT IN (SELECT transaction_id FROM ledger_entries WHERE transaction_id IS NOT NULL)`,
  `SELECT 'refund ' || refund_id || ' is ' || status FROM refunds WHERE status <> 'settled'`,
  `SELECT 'webhook ' || inbox_id || ' is ' || status FROM webhook_inbox WHERE status = 'received'`,
  `SELECT 'feed of ' || unit_id || ' has gaps' FROM units
   WHERE feed_head <> (SELECT count(*) FROM feed WHERE feed.unit_id = units.unit_id)`,
  `SELECT 'ticket ' || label || ' at ' || counter || ' of which it is not the only one' FROM tickets AS one
   WHERE status IN ('called', 'in_progress') AND EXISTS (
     SELECT FROM tickets AS other WHERE other.status IN ('called', 'in_progress')
       AND other.counter = one.counter AND other.ticket_id <> one.ticket_id)`,
];

async function connect(dataDir: string): Promise<pg.Client> {
  const folder = join(dataDir, 'server', 'postgres');
  const port = Number(readFileSync(join(folder, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[3]);
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'totem',
    password: readFileSync(join(folder, 'password'), 'utf8').trim(),
    database: 'postgres',
    options: '-c default_transaction_read_only=on',
  });
  await client.connect();
  return client;
}

export async function readServer(client: Pick<pg.Client, 'query'>): Promise<ServerFacts> {
  const problems: string[] = [];
  for (const question of MUST_BE_EMPTY) {
    const { rows } = await client.query<[string]>({ text: question, rowMode: 'array' });
    problems.push(...rows.map(([problem]) => problem));
  }
  const tickets = await client.query<ServerTicket>(
    `SELECT ticket_id AS "ticketId", tickets.session_id AS "sessionId", tickets.kiosk_id AS "kioskId", label,
       tickets.status, payment, txid
     FROM tickets LEFT JOIN payment_transactions USING (transaction_id)`,
  );
  const settling = await client.query<{ id: string }>(
    "SELECT receipt_id AS id FROM receipts WHERE disposition = 'settles'",
  );
  const sessions = await client.query<{ session: string; txid: string }>(
    'SELECT session_id AS session, txid FROM payment_transactions',
  );
  const told = await client.query<ServerFacts['told'][number]>(
    `SELECT payload->'ticket'->>'label' AS label, payload->'ticket'->>'ticketId' AS "ticketId",
       payload->'ticket'->>'status' AS status, payload->'ticket'->>'counter' AS counter,
       (payload->'ticket'->>'revision')::int AS revision
     FROM feed WHERE kind = 'ticket.changed' ORDER BY unit_id, seq`,
  );
  return {
    tickets: tickets.rows,
    settling: new Set(settling.rows.map(({ id }) => id)),
    sessions: new Map(sessions.rows.map(({ session, txid }) => [session, txid])),
    told: told.rows,
    problems,
  };
}

function damageOf(file: string): string[] {
  const database = new Database(file, { readonly: true });
  try {
    const found = database.pragma('integrity_check', { simple: true });
    return found === 'ok' ? [] : [`${file}: ${String(found)}`];
  } finally {
    database.close();
  }
}
