import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { pixKeyKind } from '../../domain/br-code.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import { lockFolder } from '../../platform/folder-lock.ts';
import { createLog } from '../../platform/log.ts';
import { StartupFailure } from '../../platform/service.ts';
import { openDatabase } from '../../sync-server/db/database.ts';
import { startEmbeddedPostgres } from '../../sync-server/db/embedded-postgres.ts';
import { migrateDatabase } from '../../sync-server/db/migrate.ts';
import { defaultDataDir } from '../data-dir.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';

const Merchant = z.object({
  merchantId: Uuid,
  name: z.string().trim().min(1).max(60),
  pixKey: z.string().refine((key) => pixKeyKind(key) !== null, 'has no form of a PIX key'),
  lateMoney: z.enum(['ticket', 'refund']),
});
type Merchant = z.infer<typeof Merchant>;

interface MerchantOptions {
  readonly name: string;
  readonly pixKey: string;
  readonly lateMoney: string;
  readonly merchantId?: string;
  readonly data?: string;
  readonly databaseUrl?: string;
}

/**
 * `catalog merchant-add`: no manager's token reaches over merchants, so that a new one is made by whoever runs the
 * database.
 */
export function addMerchantCommand(catalog: Command, terminal: Terminal): void {
  reportOutcome<MerchantOptions>(
    catalog
      .command('merchant-add')
      .description('add a merchant, in the database itself; its units and services then by its manager')
      .requiredOption('--name <text>', 'as customers know it')
      .requiredOption('--pix-key <key>', 'on which it receives')
      .option('--late-money <what>', 'ticket or refund, for what comes after a charge has ended', 'ticket')
      .option('--merchant-id <uuid>', 'the same id again is the same merchant; without it a new one')
      .option('--data <folder>', 'data folder of a stopped Totem with its embedded PostgreSQL')
      .option('--database-url <url>', 'a PostgreSQL of your own instead (DATABASE_URL)'),
    terminal,
    (_args, options) => run(options),
  );
}

async function run(options: MerchantOptions): Promise<Outcome> {
  const { name, pixKey, lateMoney, merchantId = crypto.randomUUID() } = options;
  const merchant = Merchant.safeParse({ merchantId, name, pixKey, lateMoney });
  if (!merchant.success)
    return {
      ok: false,
      code: 'invalid_request',
      message: z.prettifyError(merchant.error).replaceAll('\n', ' '),
    };
  const databaseUrl = options.databaseUrl ?? process.env['DATABASE_URL'];
  try {
    return options.data === undefined && databaseUrl !== undefined
      ? await addMerchant(databaseUrl, merchant.data)
      : await inFolder(options.data ?? defaultDataDir(), (url) => addMerchant(url, merchant.data));
  } catch (error) {
    const code = error instanceof StartupFailure ? 'refused' : 'failed';
    return { ok: false, code, message: (error as Error).message };
  }
}

async function inFolder(dataDir: string, work: (url: string) => Promise<Outcome>): Promise<Outcome> {
  const serverDir = join(dataDir, 'server');
  if (!existsSync(serverDir))
    throw new StartupFailure(`there is no Totem in ${dataDir}: give --data or --database-url`);
  const lock = lockFolder(dataDir);
  if (lock === null)
    throw new StartupFailure(`Totem is running on ${dataDir}: stop it, or give --database-url`);
  try {
    const postgres = await startEmbeddedPostgres(serverDir, 0, createLog('totem', 'warn'));
    try {
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    lock.release();
  }
}

async function addMerchant(url: string, merchant: Merchant): Promise<Outcome> {
  const { merchantId, name, pixKey, lateMoney } = merchant;
  const db = openDatabase(url, () => {
    // The statement that needs the connection fails by itself, and says so.
  });
  try {
    await migrateDatabase(db);
    await db.query(
      `INSERT INTO merchants (merchant_id, name, pix_key, late_money, created_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [merchantId, name, pixKey, lateMoney, new Date()],
    );
    const [known] = await db.query<{ same: boolean }>(
      'SELECT (name, pix_key, late_money) = ($2, $3, $4) AS same FROM merchants WHERE merchant_id = $1',
      [merchantId, name, pixKey, lateMoney],
    );
    if (known?.same !== true)
      return { ok: false, code: 'merchant_conflict', message: `${merchantId} is another merchant’s id` };
  } finally {
    await db.close();
  }
  const entry = JSON.stringify({ role: 'manager', tokenSha256: 'SHA-256 of a token', merchantId });
  return {
    ok: true,
    data: merchant,
    text: `${merchantId}  ${name}\nadd its manager to the access file: ${entry}`,
  };
}
