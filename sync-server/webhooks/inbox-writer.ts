import { setImmediate as nextTurn } from 'node:timers/promises';
import { maskPersonalWords } from '../../domain/personal-words.ts';
import type { Log } from '../../platform/log.ts';
import type { Connection, Database } from '../db/database.ts';

export interface InboxItem {
  readonly inboxId: string;
  readonly provider: string;
  /** The same for each repetition of one webhook. */
  readonly dedupeKey: string;
  /** What followed the provider's name in the address. */
  readonly path: string;
  readonly receivedAtMs: number;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export type WriteOutcome = 'stored' | 'busy' | 'database_unavailable';

export interface InboxWriter {
  /** Resolves with `stored` only after the commit that holds the item is durable. */
  write(item: InboxItem): Promise<WriteOutcome>;
  /** Lets what was taken in be written, then closes the connection. */
  close(): Promise<void>;
}

/** At one commit a millisecond or two, this many wait a few tens of milliseconds; more are told to come again. */
const MAX_WAITING = 2_000;
/** One INSERT of this many stays far below a second, and below a few megabytes for callbacks as banks send them. */
const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** The provider waits for its answer; an INSERT that takes longer is answered 503, and sent again by the provider. */
const STATEMENT_TIMEOUT_MS = 5_000;

interface Waiting {
  readonly item: InboxItem;
  readonly resolve: (outcome: WriteOutcome) => void;
}

/**
 * Group commit: while one INSERT is on its way to disk the next callers gather, and share the following one. It has
 * a connection of its own, so that no other work of the server stands before a provider that waits.
 * @param onStored called after each commit, with the names of the providers whose webhooks it holds
 */
export function createInboxWriter(
  database: Pick<Database, 'connect'>,
  log: Log,
  onStored: (providers: ReadonlySet<string>) => void,
): InboxWriter {
  let waiting: Waiting[] = [];
  let connection: Connection | undefined;
  let writing: Promise<void> | undefined;
  let closed = false;

  async function connect(): Promise<Connection> {
    if (connection !== undefined) return connection;
    const fresh = await database.connect({
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      onBroken: (error) => {
        log.warn({ error: error.message }, 'the inbox lost its connection; the next webhook makes a new one');
        if (connection === fresh) connection = undefined;
      },
    });
    connection = fresh;
    return fresh;
  }

  async function drain(): Promise<void> {
    // Callers of the same moment join the first batch.
    await nextTurn();
    while (waiting.length > 0) {
      const batch = takeBatch();
      let outcome: WriteOutcome = 'stored';
      try {
        await insertAll(
          await connect(),
          batch.map(({ item }) => item),
        );
      } catch (error) {
        outcome = 'database_unavailable';
        log.error(
          { error, items: batch.length },
          'webhooks could not be stored; the provider will send them again',
        );
        const broken = connection;
        connection = undefined;
        await broken
          ?.close()
          .catch((endError: unknown) => log.debug({ error: endError }, 'closing it failed too'));
      }
      for (const { resolve } of batch) resolve(outcome);
      if (outcome === 'stored') onStored(new Set(batch.map(({ item }) => item.provider)));
    }
    writing = undefined;
  }

  function takeBatch(): Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { item } of waiting) {
      bytes += item.body.length;
      if (count === MAX_BATCH || (count > 0 && bytes > MAX_BATCH_BYTES)) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return batch;
  }

  return {
    write(item) {
      if (closed || waiting.length >= MAX_WAITING) return Promise.resolve('busy');
      return new Promise((resolve) => {
        waiting.push({ item, resolve });
        writing ??= drain();
      });
    },
    async close() {
      closed = true;
      await writing;
      await connection?.close();
    },
  };
}

/**
 * A webhook that comes again so long after it was done is no repetition by the network: events without an id of their own,
 * that only name a charge, say of a second change the very same bytes. Reading the charge once more costs one request.
 */
const SAID_ANEW_AFTER = "interval '10 minutes'";
const TAKEN_UP = `(known.status = 'dead' OR (known.status = 'processed'
  AND (known.outcome = 'unknown_charge' OR excluded.received_at >= known.processed_at + ${SAID_ANEW_AFTER})))`;

/**
 * One item for all repetitions of a webhook, and a count. One that had been given up, or named a charge that was not
 * known yet, or was done a while ago, is taken up again when the provider repeats it. One that is being worked off keeps its attempts: they are
 * the name of a claim. In one order always, so that two processes never wait for each other.
 */
async function insertAll(connection: Connection, all: readonly InboxItem[]): Promise<void> {
  const deliveries = new Map<string, { item: InboxItem; count: number }>();
  for (const item of all) {
    const key = `${item.provider} ${item.dedupeKey}`;
    const known = deliveries.get(key);
    if (known === undefined) deliveries.set(key, { item, count: 1 });
    else known.count += 1;
  }
  const ordered = [...deliveries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, delivery]) => delivery);
  const counts = ordered.map(({ count }) => count);
  const items = ordered.map(({ item }) => item);
  // A webhook is a hint: who paid is not read from it, and nobody could be found in it when they ask to be erased.
  const bodies = items.map(({ body }) => withoutPersonalWords(body));
  await connection.query(
    `INSERT INTO webhook_inbox AS known (inbox_id, provider, received_at, body, headers, status, next_attempt_at,
       dedupe_key, path, deliveries, body_kept)
     SELECT inbox_id, provider, received_at, body, headers, 'received', received_at, dedupe_key, path, deliveries, 'masked'
     FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bytea[], $5::jsonb[], $6::text[], $7::text[], $8::int[])
       AS item (inbox_id, provider, received_at, body, headers, dedupe_key, path, deliveries)
     ON CONFLICT (provider, dedupe_key) DO UPDATE SET
       deliveries = known.deliveries + excluded.deliveries,
       body = CASE WHEN known.body_kept = 'pruned' AND ${TAKEN_UP} THEN excluded.body ELSE known.body END,
       body_kept = CASE WHEN known.body_kept = 'pruned' AND ${TAKEN_UP} THEN 'masked' ELSE known.body_kept END,
       status = CASE WHEN ${TAKEN_UP} THEN 'received' ELSE known.status END,
       attempts = CASE WHEN ${TAKEN_UP} THEN 0 ELSE known.attempts END,
       outcome = CASE WHEN ${TAKEN_UP} THEN NULL ELSE known.outcome END,
       processed_at = CASE WHEN ${TAKEN_UP} THEN NULL ELSE known.processed_at END,
       next_attempt_at = CASE WHEN ${TAKEN_UP} THEN excluded.received_at ELSE known.next_attempt_at END`,
    [
      items.map((item) => item.inboxId),
      items.map((item) => item.provider),
      items.map((item) => new Date(item.receivedAtMs)),
      bodies,
      items.map((item) => maskPersonalWords(JSON.stringify(item.headers))),
      items.map((item) => item.dedupeKey),
      items.map((item) => item.path),
      counts,
    ],
  );
}

/** Bytes that are no UTF-8 stay as they are: they hold no text. */
function withoutPersonalWords(body: Buffer): Buffer {
  const text = body.toString('utf8');
  const masked = maskPersonalWords(text);
  return masked === text ? body : Buffer.from(masked);
}
