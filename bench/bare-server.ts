// What taking a webhook costs at the least: HTTP, and one grouped INSERT of the same row into the same PostgreSQL. What
// was stored is told to whoever listens, by server-sent events. No checks, no schemas, no processing.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { newId } from '../domain/ids.ts';
import { runService } from '../platform/service.ts';
import { systemClock, systemRandom } from '../platform/system.ts';

interface Waiting {
  readonly id: string;
  readonly body: Buffer;
  readonly headers: string;
  readonly stored: () => void;
  readonly failed: (error: unknown) => void;
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS bare_inbox (
    inbox_id uuid PRIMARY KEY,
    provider text NOT NULL,
    received_at timestamptz NOT NULL,
    body bytea NOT NULL,
    headers jsonb NOT NULL,
    status text NOT NULL
  )`;
const INSERT = `
  INSERT INTO bare_inbox (inbox_id, provider, received_at, body, headers, status)
  SELECT id, 'bare', now(), body, headers, 'received'
  FROM unnest($1::uuid[], $2::bytea[], $3::jsonb[]) AS waiting (id, body, headers)`;
/** Far more than can gather while one commit is under way. */
const MAX_GROUP = 256;

await runService('bare-server', async () => {
  const client = new pg.Client(process.env['DATABASE_URL']);
  await client.connect();
  await client.query(TABLE);
  const store = groupedInsert(client);
  const listeners = new Set<ServerResponse>();
  const server = createServer((request, answer) => {
    if (request.method === 'GET') {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.flushHeaders();
      listeners.add(answer);
      answer.on('close', () => listeners.delete(answer));
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      store(body, JSON.stringify(request.headers)).then(
        () => {
          for (const listener of listeners) listener.write(`event: entry\ndata: ${body.toString()}\n\n`);
          answer.writeHead(200).end();
        },
        (error: unknown) => answer.writeHead(500).end(String(error)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    addresses: { bare: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
    async close() {
      server.close();
      server.closeAllConnections();
      await client.end();
    },
  };
});

/** Rows that arrive while one commit is under way share the next. */
function groupedInsert(client: pg.Client): (body: Buffer, headers: string) => Promise<void> {
  const queue: Waiting[] = [];
  let committing = false;
  const commit = async (): Promise<void> => {
    committing = true;
    while (queue.length > 0) {
      const group = queue.splice(0, MAX_GROUP);
      const values = [
        group.map((row) => row.id),
        group.map((row) => row.body),
        group.map((row) => row.headers),
      ];
      try {
        await client.query({ name: 'group', text: INSERT, values });
        for (const row of group) row.stored();
      } catch (error) {
        for (const row of group) row.failed(error);
      }
    }
    committing = false;
  };
  return (body, headers) =>
    new Promise((stored, failed) => {
      queue.push({ id: newId(systemClock, systemRandom), body, headers, stored, failed });
      if (!committing) void commit();
    });
}
