import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import type { SystemAddresses } from '../../scripts/start/system.ts';
import { papers, snapshot } from './outside.ts';

/** What a screen said at a moment, as a witness outside wrote it down. */
export interface Told {
  readonly sessionId: string;
  /** Epoch ms of the same machine. */
  readonly at: number;
}

export interface Audit {
  /** Each broken promise in one line; empty when all were kept. */
  readonly violations: readonly string[];
  readonly settledPix: number;
  readonly tickets: number;
  readonly refunds: number;
  readonly papers: number;
}

interface BankPix {
  readonly txid: string | null;
  readonly endToEndId: string;
  readonly amountCents: number;
  readonly settledAt: number;
  readonly refunds: readonly { readonly amountCents: number; readonly settledAt: number | null }[];
}

interface ServerTicket {
  readonly ticketId: string;
  readonly sessionId: string;
  readonly label: string;
  readonly status: string;
  readonly payment: string;
  readonly txid: string | null;
  readonly receivedAt: number;
}

/**
 * Holds the stores of the bank, the server, the totems and the printers against each other, reading only. Nothing may
 * be under way any more. The shop runs, and all of its totems are still those that sold.
 */
export async function auditShop(addresses: SystemAddresses, toldPaid: readonly Told[] = []): Promise<Audit> {
  const bank = readBank(addresses.data);
  const server = await readServer(addresses.data);
  const printed = await readPapers(addresses);
  const violations = [
    ...moneyBecomesOneThing(bank, server),
    ...ticketsHaveTheirMoney(bank, server),
    ...server.problems,
    ...(await totemsAgree(addresses, server.tickets)),
    ...papersAreOfPaidTickets(printed, server.tickets, bank),
    ...nobodyWasToldTooEarly(toldPaid, server.sessions, bank),
    ...damaged(join(addresses.data, 'provider', 'provider.db')),
  ];
  return {
    violations,
    settledPix: bank.length,
    tickets: server.tickets.length,
    refunds: bank.reduce((sum, pix) => sum + pix.refunds.length, 0),
    papers: printed.length,
  };
}

function ticketsHaveTheirMoney(bank: readonly BankPix[], { tickets }: ServerFacts): string[] {
  return tickets
    .filter(({ payment, txid }) => payment === 'pix' && !bank.some((pix) => pix.txid === txid))
    .map(({ label }) => `${label} is of a payment that the bank has not settled`);
}

function moneyBecomesOneThing(bank: readonly BankPix[], server: ServerFacts): string[] {
  return bank.flatMap((pix) => {
    const what = `Pix ${pix.endToEndId} of ${pix.txid}`;
    const buys = server.settling.has(pix.endToEndId);
    const tickets = server.tickets.filter((ticket) => ticket.txid === pix.txid);
    if (buys)
      return [
        ...(tickets.length === 1 ? [] : [`${what} settles a payment of ${tickets.length} tickets`]),
        ...(pix.refunds.length === 0 ? [] : [`${what} became a ticket and was refunded`]),
      ];
    const [refund] = pix.refunds;
    if (pix.refunds.length !== 1 || refund === undefined)
      return [`${what} bought nothing and has ${pix.refunds.length} refunds`];
    if (refund.amountCents !== pix.amountCents || refund.settledAt === null)
      return [`${what} of ${pix.amountCents} is refunded with ${refund.amountCents}, at ${refund.settledAt}`];
    return [];
  });
}

async function totemsAgree(
  addresses: SystemAddresses,
  serverTickets: readonly ServerTicket[],
): Promise<string[]> {
  const violations: string[] = [];
  const bySession = new Map(serverTickets.map((ticket) => [ticket.sessionId, ticket]));
  const waiting = serverTickets
    .filter((ticket) => ticket.status === 'in_queue')
    .map((ticket) => ticket.label)
    .sort();
  for (const { kioskId, queue } of addresses.totems) {
    const file = join(addresses.data, kioskId, 'kiosk.sqlite');
    violations.push(...damaged(file));
    const database = new Database(file, { readonly: true });
    try {
      // A local call that lost is rejected, and told to its operator; all else has to be taken.
      const unsent = database
        .prepare(
          `SELECT kind, outcome, reason FROM outbox
           WHERE outcome IS NULL OR (outcome NOT IN ('applied', 'duplicate') AND event_id NOT IN (SELECT event_id FROM queue_conflicts)
             AND coalesce(reason, '') <> 'already_ticketed')`,
        )
        .all() as { kind: string; outcome: string | null; reason: string | null }[];
      for (const { kind, outcome, reason } of unsent)
        violations.push(`${kioskId}: outbox ${kind} is ${outcome ?? 'not sent'} (${reason})`);
      const tickets = database
        .prepare('SELECT ticket_id AS id, session_id AS sessionId, label, status, own FROM tickets')
        .all() as { id: string; sessionId: string; label: string; status: string; own: number }[];
      for (const ticket of tickets) {
        const known = bySession.get(ticket.sessionId);
        if (known?.ticketId !== ticket.id || known.label !== ticket.label || known.status !== ticket.status)
          violations.push(
            `${kioskId}: ${ticket.label} (${ticket.sessionId}) is ${ticket.status}, at the server ` +
              (known === undefined ? 'unknown' : `${known.label} ${known.status}`),
          );
      }
      const here = new Set(tickets.map((ticket) => ticket.id));
      for (const ticket of serverTickets)
        if (!here.has(ticket.ticketId)) violations.push(`${kioskId}: does not know ${ticket.label}`);
    } finally {
      database.close();
    }
    const screen = await snapshot(queue, 'queue');
    const shown = screen.waiting.map((ticket) => ticket.label).sort();
    if (shown.join() !== waiting.join())
      violations.push(`${kioskId}: its queue shows ${shown.join()}, the server has ${waiting.join()}`);
    if (screen.rescuable.length > 0)
      violations.push(
        `${kioskId}: paid without a ticket: ${screen.rescuable.map(({ label }) => label).join()}`,
      );
  }
  return violations;
}

interface PrintedPaper {
  readonly ticketId: string | undefined;
  readonly isFirst: boolean;
  readonly at: number;
  readonly text: string;
  readonly where: string;
}

async function readPapers(addresses: SystemAddresses): Promise<PrintedPaper[]> {
  const printers = await Promise.all(
    addresses.totems.map(async ({ kioskId, printer }) =>
      (await papers(printer)).map((paper) => ({
        ticketId: paper.qrCodes.map((code) => /^ticket:(.+)$/.exec(code)?.[1]).find((id) => id !== undefined),
        isFirst: !paper.text.includes('2ª VIA'),
        at: paper.at,
        text: paper.text,
        where: `${kioskId}'s paper ${paper.id}`,
      })),
    ),
  );
  return printers.flat();
}

function papersAreOfPaidTickets(
  printed: readonly PrintedPaper[],
  tickets: readonly ServerTicket[],
  bank: readonly BankPix[],
): string[] {
  const firsts = new Map<string, string>();
  return printed.flatMap(({ ticketId, isFirst, at, where }) => {
    // Torn off before the code came out; it says a number at most.
    if (ticketId === undefined) return [];
    const ticket = tickets.find((one) => one.ticketId === ticketId);
    if (ticket === undefined) return [`${where} is of ticket ${ticketId}, which the server does not know`];
    const problems: string[] = [];
    if (isFirst) {
      const before = firsts.get(ticketId);
      if (before !== undefined) problems.push(`${ticket.label} has two first papers: ${before}, ${where}`);
      firsts.set(ticketId, where);
    }
    if (ticket.payment === 'pix' && !bank.some((pix) => pix.txid === ticket.txid && pix.settledAt <= at))
      problems.push(`${where} of ${ticket.label} came out at ${at}, before the bank had settled`);
    return problems;
  });
}

function nobodyWasToldTooEarly(
  told: readonly Told[],
  sessions: ReadonlyMap<string, string>,
  bank: readonly BankPix[],
): string[] {
  return told.flatMap(({ sessionId, at }) => {
    const txid = sessions.get(sessionId);
    if (bank.some((pix) => pix.txid === txid && pix.settledAt <= at)) return [];
    return [`session ${sessionId} was told paid at ${at}, before the bank had settled`];
  });
}

function readBank(dataDir: string): BankPix[] {
  const database = new Database(join(dataDir, 'provider', 'provider.db'), { readonly: true });
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

interface ServerFacts {
  readonly tickets: readonly ServerTicket[];
  /** endToEndIds of the Pix that settled a payment. */
  readonly settling: ReadonlySet<string>;
  /** txid by session. */
  readonly sessions: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
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
  `SELECT 'receipt that is in no ledger: ' || end_to_end_id FROM pix_receipts
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

async function readServer(dataDir: string): Promise<ServerFacts> {
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
  try {
    const problems: string[] = [];
    for (const question of MUST_BE_EMPTY) {
      const { rows } = await client.query<[string]>({ text: question, rowMode: 'array' });
      problems.push(...rows.map(([problem]) => problem));
    }
    const tickets = await client.query<ServerTicket>(
      `SELECT ticket_id AS "ticketId", tickets.session_id AS "sessionId", label, tickets.status, payment, txid,
         (extract(epoch FROM received_at) * 1000)::float8 AS "receivedAt"
       FROM tickets LEFT JOIN payment_transactions USING (transaction_id)`,
    );
    const settling = await client.query<{ id: string }>(
      "SELECT end_to_end_id AS id FROM pix_receipts WHERE disposition = 'settles'",
    );
    const sessions = await client.query<{ session: string; txid: string }>(
      'SELECT session_id AS session, txid FROM payment_transactions',
    );
    return {
      tickets: tickets.rows,
      settling: new Set(settling.rows.map(({ id }) => id)),
      sessions: new Map(sessions.rows.map(({ session, txid }) => [session, txid])),
      problems,
    };
  } finally {
    await client.end();
  }
}

function damaged(file: string): string[] {
  const database = new Database(file, { readonly: true });
  try {
    const found = database.pragma('integrity_check', { simple: true });
    return found === 'ok' ? [] : [`${file}: ${String(found)}`];
  } finally {
    database.close();
  }
}
