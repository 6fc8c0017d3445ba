import { v5 as uuidV5 } from 'uuid';
import type { KioskPrincipal } from '../access/principal.ts';
import type { Transaction } from '../db/database.ts';

/** Fixed for ever: it makes the test shop of a merchant, always the same one. */
const NAMESPACE = '3c1b7c0e-52a4-5f0d-9d53-0f0f6a1f2b77';

export interface TestShop {
  readonly kiosk: KioskPrincipal;
  readonly serviceId: string;
  readonly amountCents: number;
}

const AMOUNT_CENTS = 100;
/** No machine: it prints nothing, and has no customers to write to. */
export const TEST_KIOSK_ID = 'integration-test';

/** The test shop's own merchant, beside this one. */
export function testMerchantIdOf(merchantId: string): string {
  return uuidV5(`merchant:${merchantId}`, NAMESPACE);
}

/**
 * A shop beside the real one, receiving on the same Pix key: what the integration test sells never stands in the real
 * queue, takes none of its numbers, and is not in its ledger or figures.
 */
export async function ensureTestShop(
  transaction: Transaction,
  merchantId: string,
  atMs: number,
): Promise<TestShop> {
  const testMerchantId = testMerchantIdOf(merchantId);
  const unitId = uuidV5(`unit:${merchantId}`, NAMESPACE);
  const serviceId = uuidV5(`service:${merchantId}`, NAMESPACE);
  await transaction.query(
    `INSERT INTO merchants (merchant_id, name, pix_key, created_at)
     SELECT $2, 'TESTE DE INTEGRAÇÃO', pix_key, $3 FROM merchants WHERE merchant_id = $1
     ON CONFLICT (merchant_id) DO UPDATE SET pix_key = excluded.pix_key`,
    [merchantId, testMerchantId, new Date(atMs)],
  );
  await transaction.query(
    `INSERT INTO units (merchant_id, unit_id, name, city, time_zone, counters)
     VALUES ($1, $2, 'Teste de integração', 'São Paulo', 'America/Sao_Paulo', ARRAY['Teste'])
     ON CONFLICT DO NOTHING`,
    [testMerchantId, unitId],
  );
  await transaction.query(
    `INSERT INTO services (merchant_id, unit_id, service_id, position, name, description, prefix, amount_cents, currency)
     VALUES ($1, $2, $3, 1, 'Teste de integração', 'Não é uma venda', 'ZZZ', $4, 'BRL') ON CONFLICT DO NOTHING`,
    [testMerchantId, unitId, serviceId, AMOUNT_CENTS],
  );
  return {
    kiosk: { role: 'kiosk', merchantId: testMerchantId, unitId, kioskId: TEST_KIOSK_ID },
    serviceId,
    amountCents: AMOUNT_CENTS,
  };
}
