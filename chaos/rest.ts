import { setBankFaults, setPrinter, snapshot } from '../e2e/support/outside.ts';
import { type Audit, auditStores } from './audit.ts';
import { NO_BANK_FAULTS } from './faults.ts';
import { enrolWhoIsNot } from './losses.ts';
import { attempt, pause, type Stage } from './stage.ts';
import { readStores } from './stores.ts';

/**
 * How long the shop may take to come to rest by itself once everything works. A code runs for 30 s and late money comes
 * after it, a confirmation's lease runs for a minute and again after it was claimed, a held paper waits as long.
 */
export const REST_LIMIT_MS = 240_000;
/** What has not changed for so long does not change any more: longer than any lease and any pause between two tries. */
const STUCK_MS = 130_000;
const LOOK_MS = 1_000;

/** Everything works again: lines, disks, printers, bank, and processes that were frozen. */
export async function healEverything({ shop }: Stage): Promise<void> {
  for (const disk of shop.disks) disk.free();
  for (const line of shop.lines.values()) line.set('open');
  for (const service of [
    'postgres',
    'sync-server',
    'provider',
    'totem-1',
    'totem-2',
    'printer-1',
    'printer-2',
  ])
    await attempt(async () => process.kill(shop.pidOf(service), 'SIGCONT'));
}

/**
 * Waits until nothing is left to do and nothing is wrong.
 * @returns the last audit, with what was still wrong or under way when the time was up
 */
export async function comeToRest(stage: Stage): Promise<{ readonly audit: Audit; readonly tookMs: number }> {
  const startedAt = Date.now();
  let audit: Audit | null = null;
  let problem = '';
  let changedAt = startedAt;
  while (Date.now() - startedAt < REST_LIMIT_MS && Date.now() - changedAt < STUCK_MS) {
    let found: string;
    try {
      await mendOutside(stage);
      const now = auditStores(await readStores(stage.shop.addresses), stage.witness);
      audit = now;
      const left = [...now.violations, ...now.underWay];
      if (left.length === 0) return { audit, tookMs: Date.now() - startedAt };
      found = `${left.length} things are left: ${left.slice(0, 3).join('; ')}`;
    } catch (error) {
      // A service is still coming up.
      found = String(error);
    }
    if (found !== problem) {
      stage.tell('rest', found);
      changedAt = Date.now();
    }
    problem = found;
    await pause(LOOK_MS);
  }
  const violations = audit === null ? [`the stores could not be read: ${problem}`] : audit.violations;
  const nothing = { underWay: [], settledPix: 0, tickets: 0, refunds: 0, papers: 0 };
  return { audit: { ...nothing, ...audit, violations }, tookMs: Date.now() - startedAt };
}

/** What people do when they see that something is not as it should be; it is done again, as services are still coming up. */
async function mendOutside(stage: Stage): Promise<void> {
  const { addresses } = stage.shop;
  await setBankFaults(addresses.provider, NO_BANK_FAULTS);
  for (const { printer, totem } of addresses.totems) {
    await setPrinter(printer, { mode: 'ready' });
    await snapshot(totem, 'totem');
  }
  const missing = await enrolWhoIsNot(stage);
  if (missing.length > 0) throw new Error(`not enrolled: ${missing.join()}`);
}
