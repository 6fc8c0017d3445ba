import { type Audit, auditStores, type Told } from '../../chaos/audit.ts';
import { readStores } from '../../chaos/stores.ts';
import type { SystemAddresses } from '../../scripts/start/system.ts';

export type { Audit, Told } from '../../chaos/audit.ts';

/**
 * Holds the stores of the bank, the server, the totems and the printers against each other, reading only. Nothing may
 * be under way any more. The shop runs, and all of its totems are still those that sold.
 */
export async function auditShop(addresses: SystemAddresses, toldPaid: readonly Told[] = []): Promise<Audit> {
  return auditStores(await readStores(addresses), { toldPaid, forgot: [] });
}
