import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectDir } from '../project.ts';

export interface StartOptions {
  readonly dataDir: string;
  readonly headless: boolean;
  readonly json: boolean;
  /** First port of the block that is used; 0 lets the system choose every port. */
  readonly portBase: number;
  readonly totems: number;
  /** `virtual`, `mock`, or the address of a real printer, `tcp://host:port`. */
  readonly printer: string;
  readonly pixExpiresSeconds: number;
}

export const DEFAULT_PORT_BASE = 7400;
/** One unit's counter hall; each totem takes a block of ten ports. */
const MAX_TOTEMS = 9;

export const USAGE = `npm start -- [options]

  --headless             open no window; print the addresses of the screens
  --data DIR             the one folder of all data (default .totem in the project); deleting it is a factory reset
  --json                 one line of JSON on stdout when all is ready, everything else on stderr
  --port-base N          first port (default ${DEFAULT_PORT_BASE}); 0 = any free ports
  --totems N             how many totems share the unit's queue (default 1, at most ${MAX_TOTEMS})
  --printer WHERE        virtual (default), mock, or a real ESC/POS printer: tcp://host:9100
  --pix-expires SECONDS  how long a PIX code can be paid (default 300)
  --help`;

export type ParsedOptions =
  | { readonly kind: 'start'; readonly options: StartOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly message: string };

export function parseStartOptions(args: readonly string[]): ParsedOptions {
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        headless: { type: 'boolean' },
        data: { type: 'string' },
        json: { type: 'boolean' },
        'port-base': { type: 'string' },
        totems: { type: 'string' },
        printer: { type: 'string' },
        'pix-expires': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    return { kind: 'invalid', message: (error as Error).message };
  }
  if (values['help'] === true) return { kind: 'help' };

  const portBase = integer(values['port-base'], DEFAULT_PORT_BASE, 0, 65_000);
  const totems = integer(values['totems'], 1, 1, MAX_TOTEMS);
  const pixExpiresSeconds = integer(values['pix-expires'], 300, 5, 86_400);
  const printer = typeof values['printer'] === 'string' ? values['printer'] : 'virtual';
  if (portBase === null || (portBase > 0 && portBase < 1024))
    return { kind: 'invalid', message: '--port-base takes 0 or a number from 1024 to 65000' };
  if (totems === null) return { kind: 'invalid', message: `--totems takes a number from 1 to ${MAX_TOTEMS}` };
  if (pixExpiresSeconds === null)
    return { kind: 'invalid', message: '--pix-expires takes 5 to 86400 seconds' };
  if (!/^(virtual|mock|tcp:\/\/[^:/\s]+:\d{1,5})$/.test(printer))
    return { kind: 'invalid', message: '--printer takes virtual, mock or tcp://host:port' };

  return {
    kind: 'start',
    options: {
      dataDir: typeof values['data'] === 'string' ? resolve(values['data']) : defaultDataDir(),
      headless: values['headless'] === true,
      json: values['json'] === true,
      portBase,
      totems,
      printer,
      pixExpiresSeconds,
    },
  };
}

function integer(
  text: string | boolean | undefined,
  fallback: number,
  min: number,
  max: number,
): number | null {
  if (text === undefined) return fallback;
  const value = Number(text);
  return Number.isInteger(value) && value >= min && value <= max ? value : null;
}

/**
 * `.totem` in the project. For root, PostgreSQL runs as another user, who must be able to enter the folder: a project
 * in a closed folder (a home of mode 0700) keeps its data under /var/lib instead.
 */
function defaultDataDir(): string {
  const isRoot = process.getuid?.() === 0;
  return isRoot && isClosedToOthers(projectDir) ? '/var/lib/totem' : join(projectDir, '.totem');
}

function isClosedToOthers(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return true;
  return dirname(path) !== path && isClosedToOthers(dirname(path));
}
