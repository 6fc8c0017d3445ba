import { parseStartOptions } from '../scripts/start/options.ts';

/** The folder that `npm start` uses when it is told none. */
export function defaultDataDir(): string {
  const parsed = parseStartOptions([]);
  if (parsed.kind !== 'start') throw new Error('the defaults of npm start do not parse');
  return parsed.options.dataDir;
}
