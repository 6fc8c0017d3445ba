import { walkChain } from '../../sync-server/ledger/verify-ledger.ts';
import type { Invariant } from './invariant.ts';

export const ledgerIsSealed: Invariant = {
  name: 'the ledger is sealed',
  says: 'At the end every ledger entry has its place in its merchant’s chain, and each seal is what it is computed to be.',
  async atEnd({ hall }) {
    const { storage } = hall.server;
    const [open] = await storage.look<{ id: string }>(
      `SELECT entry_id AS id FROM ledger_entries LEFT JOIN ledger_seals s USING (merchant_id, entry_id) WHERE s.seq IS NULL`,
    );
    if (open !== undefined) return `ledger entry ${open.id} has no seal`;
    const merchants = await storage.look<{ id: string }>('SELECT merchant_id AS id FROM merchants');
    for (const { id } of merchants) {
      const { findings } = await walkChain({ query: (sql, values) => storage.look(sql, values) }, id);
      if (findings[0] !== undefined) return `${findings[0].rule}: ${findings[0].detail}`;
    }
    return null;
  },
};
