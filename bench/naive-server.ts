// The naive batch protocol, server side: a batch a POST, a page a GET, one transaction each, into PostgreSQL. It knows
// no kiosk, no schema and no rejection: the least that any protocol of batches must do.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { runService } from '../platform/service.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS pushed (seq bigserial PRIMARY KEY, id text NOT NULL UNIQUE, body jsonb NOT NULL);
  CREATE TABLE IF NOT EXISTS feed (seq bigint PRIMARY KEY, body jsonb NOT NULL)`;
const INSERT = `
  INSERT INTO pushed (id, body) SELECT * FROM unnest($1::text[], $2::jsonb[]) ON CONFLICT (id) DO NOTHING`;
const PAGE = 'SELECT body FROM feed WHERE seq > $1 ORDER BY seq LIMIT $2';

await runService('naive-server', async () => {
  const client = new pg.Client(process.env['DATABASE_URL']);
  await client.connect();
  await client.query(TABLES);
  const push = async (text: string): Promise<unknown> => {
    const events = JSON.parse(text) as { id: string }[];
    const values = [events.map((event) => event.id), events.map((event) => JSON.stringify(event))];
    await client.query({ name: 'push', text: INSERT, values });
    return { stored: events.length };
  };
  const page = async (after: number, limit: number): Promise<unknown> => {
    const { rows } = await client.query<{ body: unknown }>({
      name: 'page',
      text: PAGE,
      values: [after, limit],
    });
    return rows.map((row) => row.body);
  };
  const server = createServer((request, answer) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const work =
      request.method === 'POST'
        ? readBody(request).then(push)
        : page(Number(searchParams.get('after')), Number(searchParams.get('limit')));
    work.then(
      (body) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    addresses: { naive: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    async close() {
      server.close();
      server.closeAllConnections();
      await client.end();
    },
  };
});

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
