import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { KIOSK_MIGRATIONS_FOLDER } from '../main/store/migrate.ts';
import { openKioskStore } from '../main/store/store.ts';
import { systemRandom } from '../platform/system.ts';
import type { Workplace } from './seed.ts';
import { type Memories, REMEMBERING } from './sides/memories.ts';
import { ServerStorage } from './sides/server-storage.ts';
import { bringThreadsHome } from './world/determinism.ts';

/** Memory, where the system has a folder for it. */
const SHARED_MEMORY = '/dev/shm';

/** What one process needs to run seeds one after the other. Costs seconds, once. */
export async function openWorkplace(
  memories: Memories = REMEMBERING,
): Promise<Workplace & { close(): Promise<void> }> {
  bringThreadsHome();
  const folder = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), 'totem-simulation-'));
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  // Also where the process ends otherwise than by `close`: what is left in memory stays there until the machine is off.
  process.once('exit', clear);
  const template = join(folder, 'template.sqlite');
  const clock = { nowMs: () => 0, monotonicMs: () => 0, schedule: () => () => undefined };
  openKioskStore({
    file: template,
    migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
    clock,
    randomBytes: systemRandom,
  }).close();
  const storage = await ServerStorage.create(memories);
  return {
    storage,
    folder,
    template,
    memories,
    async close() {
      await storage.close();
      clear();
      process.off('exit', clear);
    },
  };
}
