import { closeSync, existsSync, openSync, readdirSync, readSync, statSync, writeFileSync } from 'node:fs';
import { freemem, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { kioskPaths } from '../../main/data-folder.ts';
import { type SupportBundle, supportBundle } from '../../main/diagnostics/support-bundle.ts';
import { defaultDataDir } from '../data-dir.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';

interface BundleOptions {
  readonly data?: string;
  readonly out?: string;
}

interface ShopBundle {
  readonly createdAt: string;
  readonly machine: {
    readonly uptimeSeconds: number;
    readonly memoryBytes: number;
    readonly freeMemoryBytes: number;
  };
  /** By kiosk id; a string says why that kiosk could not be read. */
  readonly kiosks: Readonly<Record<string, SupportBundle | string>>;
  /** The end of each process's log, by process name. Logs are written without personal data and secrets. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
}

/** About a thousand lines of each log. */
const LOG_TAIL_BYTES = 256 * 1024;

export function addSupportBundleCommand(program: Command, terminal: Terminal): void {
  reportOutcome<BundleOptions>(
    program
      .command('support-bundle')
      .description(
        'write what a supporter needs: state, last events and logs, without personal data or secrets',
      )
      .option('--data <folder>', 'data folder of a Totem, running or stopped')
      .option('--out <file>', 'where to write it (default totem-support-TIME.json here)'),
    terminal,
    (_args, options) => writeBundle(options),
  );
}

function writeBundle(options: BundleOptions): Outcome {
  const dataDir = options.data ?? defaultDataDir();
  if (!existsSync(dataDir))
    return {
      ok: false,
      code: 'no_data',
      message: `there is no folder ${dataDir}: give the data folder with --data`,
    };
  const createdAt = new Date().toISOString();
  const out = options.out ?? `totem-support-${createdAt.slice(0, 19).replaceAll(/[-:]/g, '')}.json`;
  const kioskIds = readdirSync(dataDir).filter((name) =>
    existsSync(kioskPaths(join(dataDir, name)).database),
  );
  const bundle: ShopBundle = {
    createdAt,
    machine: { uptimeSeconds: uptime(), memoryBytes: totalmem(), freeMemoryBytes: freemem() },
    kiosks: Object.fromEntries(kioskIds.map((kioskId) => [kioskId, readKiosk(join(dataDir, kioskId))])),
    logs: readLogs(join(dataDir, 'logs')),
  };
  try {
    writeFileSync(out, `${JSON.stringify(bundle, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    return { ok: false, code: 'not_written', message: (error as Error).message };
  }
  return {
    ok: true,
    data: { file: out, kiosks: kioskIds },
    text: `written: ${out} (${kioskIds.length} kiosks)`,
  };
}

/** A broken database is what the bundle is for: it must not keep the rest from being written. */
function readKiosk(dataDir: string): SupportBundle | string {
  try {
    return supportBundle(dataDir);
  } catch (error) {
    return `unreadable: ${(error as Error).message}`;
  }
}

function readLogs(folder: string): Record<string, readonly string[]> {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder).filter((file) => file.endsWith('.log'));
  return Object.fromEntries(files.map((file) => [file.slice(0, -'.log'.length), tail(join(folder, file))]));
}

function tail(file: string): readonly string[] {
  const { size } = statSync(file);
  const length = Math.min(size, LOG_TAIL_BYTES);
  const buffer = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, length, size - length);
  } finally {
    closeSync(descriptor);
  }
  const lines = buffer.toString('utf8').trimEnd().split('\n');
  // The first line was probably cut.
  return length < size ? lines.slice(1) : lines;
}
