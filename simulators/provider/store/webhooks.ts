import type { Database } from 'better-sqlite3';

export interface Webhook {
  readonly key: string;
  readonly url: string;
  readonly createdAt: number;
}

export interface WebhookTable {
  put(webhook: Webhook): void;
  byKey(key: string): Webhook | undefined;
  createdBetween(fromMs: number, toMs: number): Webhook[];
  /** @returns whether there was one */
  remove(key: string): boolean;
}

export function openWebhooks(database: Database): WebhookTable {
  const put = database.prepare(
    `INSERT INTO webhooks (key, url, created_at) VALUES (@key, @url, @createdAt)
     ON CONFLICT (key) DO UPDATE SET url = excluded.url, created_at = excluded.created_at`,
  );
  const byKey = database.prepare<[string], Webhook>(
    'SELECT key, url, created_at AS createdAt FROM webhooks WHERE key = ?',
  );
  const between = database.prepare<[number, number], Webhook>(
    `SELECT key, url, created_at AS createdAt FROM webhooks WHERE created_at BETWEEN ? AND ?
     ORDER BY created_at, key`,
  );
  const remove = database.prepare('DELETE FROM webhooks WHERE key = ?');
  return {
    put: (webhook) => {
      put.run(webhook);
    },
    byKey: (key) => byKey.get(key),
    createdBetween: (fromMs, toMs) => between.all(fromMs, toMs),
    remove: (key) => remove.run(key).changes > 0,
  };
}
