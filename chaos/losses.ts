import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { KioskView } from '../domain/protocol/identity.ts';
import { command, snapshot } from '../e2e/support/outside.ts';
import { kioskPaths } from '../main/data-folder.ts';
import { askAsManager, askEnrolmentCode } from '../scripts/manager-api.ts';
import { projectDir } from '../scripts/project.ts';
import { DEMO_UNIT_ID } from '../sync-server/catalog/demo-shop.ts';
import type { Fault } from './faults.ts';
import { TOTEMS, type TotemName } from './shop.ts';
import { attempt, pause, type Stage } from './stage.ts';

/** Totems whose process is held down now: two hands in one folder are no fault of the product's. */
const heldDown = new Set<TotemName>();

/** Faults after which something that was stored is gone, or has to be brought back by a person. */
export const LOSSES: Readonly<Record<string, Fault>> = {
  backup: {
    weight: 2,
    harsh: true,
    async strike({ shop }, random, tell) {
      const kioskId = random.pick(TOTEMS);
      tell(`${kioskId}: ${await cli(['backup', '--data', join(shop.dataDir, kioskId)])}`);
    },
  },
  restore: {
    weight: 2,
    harsh: true,
    strike: (stage, random, tell) =>
      withTotemDown(stage, random.pick(TOTEMS), random.pick(['SIGTERM', 'SIGKILL']), async (kioskId) => {
        const folder = join(stage.shop.dataDir, kioskId);
        if (!existsSync(kioskPaths(folder).backups)) return tell(`${kioskId}: there is no backup yet`);
        tell(`${kioskId}: ${await cli(['restore', '--data', folder])}`);
      }),
  },
  'short-wal': {
    weight: 2,
    harsh: true,
    strike: (stage, random, tell) =>
      withTotemDown(stage, random.pick(TOTEMS), 'SIGKILL', async (kioskId) => {
        const wal = `${kioskPaths(join(stage.shop.dataDir, kioskId)).database}-wal`;
        const bytes = statSync(wal, { throwIfNoEntry: false })?.size ?? 0;
        const kept = Math.max(0, bytes - random.int(1, 20_000));
        tell(`${kioskId}: its log of ${bytes} bytes ends at ${kept}`);
        if (bytes === 0) return;
        truncateSync(wal, kept);
        forgets(stage, kioskId);
      }),
  },
  emptied: {
    weight: 2,
    harsh: true,
    strike: (stage, random, tell) =>
      withTotemDown(stage, random.pick(TOTEMS), 'SIGKILL', async (kioskId) => {
        const folder = join(stage.shop.dataDir, kioskId);
        const kept = random.chance(0.5) ? ['identity.json'] : [];
        tell(`${kioskId}: ${kept.length === 0 ? 'everything is gone' : 'its identity alone is left'}`);
        for (const name of readdirSync(folder))
          if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true });
        forgets(stage, kioskId);
      }),
  },
  revoked: {
    weight: 2,
    harsh: true,
    async strike(stage, random, tell) {
      const { addresses } = stage.shop;
      const kioskId = random.pick(TOTEMS);
      const access = { server: addresses.syncServer, token: addresses.token };
      const done = await askAsManager(access, KioskView, 'POST', `/v1/kiosks/${kioskId}/revoke`);
      tell(`${kioskId}: ${done.ok ? 'shut out' : done.message}`);
      // The technician tries again until it works.
      do await pause(random.int(500, 8_000), stage.over);
      while (!stage.over.aborted && (await attempt(() => enrolWhoIsNot(stage)))?.length !== 0);
    },
  },
  'disk-full': {
    weight: 2,
    harsh: true,
    async strike({ shop, over }, random, tell) {
      if (shop.disks.length === 0) return tell('nothing: this user may not mount a small one');
      const disk = random.pick(shop.disks);
      const ms = random.int(1_000, 12_000);
      tell(`of ${disk.owner} for ${ms} ms`);
      try {
        disk.fill();
        await pause(ms, over);
      } finally {
        disk.free();
      }
    },
  },
};

/** Enrols each totem that is shut out or new, as a technician does with a manager's code. @returns those that are not yet */
export async function enrolWhoIsNot({ shop }: Pick<Stage, 'shop'>): Promise<string[]> {
  const { addresses } = shop;
  const missing: string[] = [];
  for (const { kioskId, technician } of addresses.totems) {
    const { enrolment } = await snapshot(technician, 'technician');
    if (enrolment === 'enrolled') continue;
    missing.push(kioskId);
    const made = await askEnrolmentCode(
      { server: addresses.syncServer, token: addresses.token },
      DEMO_UNIT_ID,
      kioskId,
    );
    if (!made.ok) continue;
    const { code } = made.value;
    await command(technician, { kind: 'technician.enrol', pin: addresses.technicianPin, code });
  }
  return missing;
}

async function withTotemDown(
  { shop }: Stage,
  kioskId: TotemName,
  signal: NodeJS.Signals,
  work: (kioskId: TotemName) => Promise<void>,
): Promise<void> {
  if (heldDown.has(kioskId)) return;
  heldDown.add(kioskId);
  try {
    await shop.service(kioskId).whileDown(signal, () => work(kioskId));
  } finally {
    heldDown.delete(kioskId);
  }
}

function forgets({ witness }: Stage, kioskId: TotemName): void {
  witness.forgot.push({ kioskId, at: Date.now() });
}

/** @returns the first line that it said */
function cli(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(projectDir, 'scripts', 'run.cjs'), 'totem', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    child.on('error', reject);
    child.on('exit', (code) => resolve(`${said.split('\n')[0]}${code === 0 ? '' : ` (exit ${code})`}`));
  });
}
