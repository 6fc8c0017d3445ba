import { readFileSync } from 'node:fs';
import { setBankFaults, setPrinter } from '../e2e/support/outside.ts';
import type { Random } from '../simulation/world/random.ts';
import { LOSSES } from './losses.ts';
import { TOTEMS } from './shop.ts';
import { pause, type Stage } from './stage.ts';

/** Something that goes wrong for a while. It is over, as far as it can be, when its promise resolves. */
export interface Fault {
  /** How often it comes, against the others. */
  readonly weight: number;
  readonly harsh: boolean;
  strike(stage: Stage, random: Random, tell: (what: string) => void): Promise<void>;
}

const SERVICES = [...TOTEMS, 'sync-server', 'provider', 'printer-1', 'printer-2', 'postgres'];
const LINE_STATES = ['refused', 'silent', 'deaf', 'slow'] as const;
const PRINTER_MODES = [
  'paper_out',
  'cover_open',
  'offline',
  'slow',
  'die_mid_ticket',
  'mute',
  'paper_low',
] as const;
export const NO_BANK_FAULTS = {
  online: true,
  apiDelayMs: 0,
  timeoutAfterSuccess: false,
  webhook: 'normal',
} as const;

/** Everything that a run can strike with, by name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  kill: {
    weight: 6,
    harsh: false,
    async strike({ shop }, random, tell) {
      const service = random.pick(SERVICES);
      tell(service);
      process.kill(shop.pidOf(service), 'SIGKILL');
    },
  },
  'kill-backend': {
    weight: 1,
    harsh: false,
    async strike({ shop }, random, tell) {
      const pid = shop.pidOf('postgres');
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      const child = random.pick(children);
      tell(`one process of PostgreSQL, of ${children.length}`);
      process.kill(Number(child), 'SIGKILL');
    },
  },
  freeze: {
    weight: 4,
    harsh: false,
    async strike({ shop, over }, random, tell) {
      const service = random.pick(SERVICES);
      const ms = random.chance(0.2) ? random.int(10_000, 25_000) : random.int(500, 6_000);
      tell(`${service} for ${ms} ms`);
      const pid = shop.pidOf(service);
      process.kill(pid, 'SIGSTOP');
      await pause(ms, over);
      process.kill(pid, 'SIGCONT');
    },
  },
  line: {
    weight: 8,
    harsh: false,
    async strike({ shop, over }, random, tell) {
      const name = random.pick([...shop.lines.keys()]);
      const line = shop.lines.get(name);
      const what = random.pick([...LINE_STATES, 'cut', 'half-closed'] as const);
      const ms = random.chance(0.15) ? random.int(10_000, 30_000) : random.int(500, 5_000);
      tell(`${name} ${what}${what === 'cut' || what === 'half-closed' ? '' : ` for ${ms} ms`}`);
      if (what === 'cut') return line?.cut();
      if (what === 'half-closed') return line?.halfClose();
      line?.set(what, random.int(200, 2_000));
      await pause(ms, over);
      line?.set('open');
    },
  },
  bank: {
    weight: 4,
    harsh: false,
    async strike({ shop, over }, random, tell) {
      const faults = random.pick([
        { webhook: 'lost' },
        { webhook: 'duplicate' },
        { webhook: 'delayed', webhookDelayMs: random.int(1_000, 15_000) },
        { timeoutAfterSuccess: true },
        { online: false },
        { apiDelayMs: random.int(500, 12_000) },
      ]);
      const ms = random.int(1_000, 10_000);
      tell(`${JSON.stringify(faults)} for ${ms} ms`);
      await setBankFaults(shop.addresses.provider, faults);
      await pause(ms, over);
      await setBankFaults(shop.addresses.provider, NO_BANK_FAULTS);
    },
  },
  printer: {
    weight: 4,
    harsh: false,
    async strike({ shop, over }, random, tell) {
      const { kioskId, printer } = random.pick(shop.addresses.totems);
      const mode = random.pick(PRINTER_MODES);
      const ms = random.int(1_000, 12_000);
      tell(`of ${kioskId} ${mode} for ${ms} ms`);
      await setPrinter(printer, { mode, slowMs: 4_000, dieAfterBytes: random.int(1, 3_000) });
      await pause(ms, over);
      await setPrinter(printer, { mode: 'ready' });
    },
  },
  ...LOSSES,
};
