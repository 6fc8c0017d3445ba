import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kioskPaths } from '../../main/data-folder.ts';
import { StartupFailure } from '../../platform/service.ts';
import { DEMO_UNIT_ID } from '../../sync-server/catalog/demo-shop.ts';
import { askEnrolmentCode, type ManagerAccess } from '../manager-api.ts';

/**
 * The code with which the totem of a new, or deleted, folder enrols itself; null where it has its identity already.
 * @throws StartupFailure when the server makes none
 */
export async function enrolmentCodeFor(
  kioskId: string,
  dataDir: string,
  access: ManagerAccess,
): Promise<string | null> {
  if (existsSync(kioskPaths(join(dataDir, kioskId)).identity)) return null;
  const made = await askEnrolmentCode(access, DEMO_UNIT_ID, kioskId);
  if (!made.ok) throw new StartupFailure(`${kioskId} cannot be enrolled: ${made.message}`);
  return made.value.code;
}
