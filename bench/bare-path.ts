import { connect } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createParser } from 'eventsource-parser';
import type { StopwatchPrinter } from './stopwatch-printer.ts';

/** From a payment to a printer by nothing but the steps that no design can leave out. */
export interface BarePath {
  /** @returns milliseconds from sending the webhook to the first byte at the printer */
  run(): Promise<number>;
  close(): void;
}

/** As many bytes as a confirmation that travels the real way. */
const BODY = JSON.stringify({ confirmation: 'x'.repeat(480) });
const TICKET = Buffer.alloc(600, 'A');

/**
 * Webhook over HTTP, durable in PostgreSQL; told over server-sent events; durable in SQLite (FULL); TCP to the printer.
 * It asks no bank whether the money is there, posts no ledger and asks no printer for its paper.
 */
export async function openBarePath(
  server: string,
  folder: string,
  printer: StopwatchPrinter,
): Promise<BarePath> {
  const db = new Database(join(folder, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE entry (position INTEGER PRIMARY KEY, body TEXT NOT NULL)');
  const insert = db.prepare('INSERT INTO entry (body) VALUES (?)');
  const { port } = new URL(printer.address);
  const listening = new AbortController();
  const stream = await fetch(server, { signal: listening.signal });
  const reading = follow(stream, (data) => {
    insert.run(data);
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    socket.end(TICKET);
  });
  // The stream ends when the path is closed.
  reading.catch((error: unknown) => {
    if (!listening.signal.aborted) throw error;
  });
  return {
    async run() {
      const firstByteAt = printer.nextFirstByteAt();
      const sentAt = performance.now();
      const answer = await fetch(server, { method: 'POST', body: BODY });
      await answer.arrayBuffer();
      return (await firstByteAt) - sentAt;
    },
    close() {
      listening.abort();
      db.close();
    },
  };
}

async function follow(stream: Response, onEntry: (data: string) => void): Promise<void> {
  const parser = createParser({ onEvent: ({ data }) => onEntry(data) });
  const decoder = new TextDecoder();
  for await (const chunk of stream.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
}
