import type { Database } from '../db/database.ts';
import { appendFeed } from '../sync/feed-log.ts';
import type { FeedWake } from '../sync/feed-wake.ts';
import { readCatalog } from './catalog.ts';
import { writeOffer } from './offers.ts';

/** The demonstration shop's ids are fixed, so that documents, scripts and tests can name them. */
export const DEMO_MERCHANT_ID = '0198c1a0-0000-7000-8000-000000000001';
export const DEMO_UNIT_ID = '0198c1a0-0000-7000-8000-000000000002';
/** Where the demonstration's access tokens are valid. */
export const DEMO_SHOP = { merchantId: DEMO_MERCHANT_ID, unitId: DEMO_UNIT_ID } as const;
export const DEMO_KIOSK_ID = 'totem-1';
export const DEMO_PIX_KEY = '7d9f0335-8dcc-4054-9bf9-0dbd61d36906';
export const DEMO_COUNTERS = ['Guichê 1', 'Guichê 2', 'Guichê 3'] as const;

export const DEMO_SERVICES = [
  {
    serviceId: '0198c1a0-0000-7000-8000-000000000011',
    name: 'Consulta geral',
    description: 'Atendimento com clínico geral',
    prefix: 'C',
    amountCents: 5_000,
    payAtCounter: false,
    estimatedMinutes: 20,
  },
  {
    serviceId: '0198c1a0-0000-7000-8000-000000000012',
    name: 'Exame de sangue',
    description: 'Coleta para hemograma, glicemia e colesterol',
    prefix: 'E',
    amountCents: 3_500,
    payAtCounter: false,
    estimatedMinutes: 10,
  },
  {
    serviceId: '0198c1a0-0000-7000-8000-000000000013',
    name: 'Vacina',
    description: 'Aplicação de vacina, com carteira de vacinação',
    prefix: 'V',
    amountCents: 12_000,
    payAtCounter: false,
    estimatedMinutes: 15,
  },
  {
    serviceId: '0198c1a0-0000-7000-8000-000000000014',
    name: 'Curativo',
    description: 'Troca de curativo e retirada de pontos',
    prefix: 'K',
    amountCents: 2_550,
    payAtCounter: true,
    estimatedMinutes: 15,
  },
  {
    serviceId: '0198c1a0-0000-7000-8000-000000000015',
    name: 'Segunda via de laudo',
    description: 'Impressão de laudo já emitido',
    prefix: 'L',
    amountCents: 990,
    payAtCounter: true,
    estimatedMinutes: 5,
  },
  {
    serviceId: '0198c1a0-0000-7000-8000-000000000016',
    name: 'Informações',
    description: 'Dúvidas, agendamento e cadastro',
    prefix: 'I',
    amountCents: 0,
    payAtCounter: false,
    estimatedMinutes: 5,
  },
] as const;

/** The vaccination is sold to travellers too, by card. */
export const DEMO_CARD_OFFER = {
  offerId: '0198c1a0-0000-7000-8000-000000000033',
  serviceId: '0198c1a0-0000-7000-8000-000000000013',
  amountCents: 2_400,
  currency: 'USD',
} as const;

/** Of the national offers: the service's, in another range. */
function nationalOfferId(serviceId: string): string {
  return serviceId.replace(/1(\d)$/, '2$1');
}

/**
 * Puts the demonstration shop into a database that has no merchant yet, with the first entry of its feed.
 * @returns whether it was written
 */
export function seedDemoShop(db: Database, wake: FeedWake, atMs: number): Promise<boolean> {
  return db.transaction(async (transaction) => {
    // Two servers that start at once on one empty database: the second waits, and then finds a merchant.
    await transaction.query('LOCK TABLE merchants IN SHARE ROW EXCLUSIVE MODE');
    const merchants = await transaction.query('SELECT 1 FROM merchants LIMIT 1');
    if (merchants.length > 0) return false;
    await transaction.query(
      'INSERT INTO merchants (merchant_id, name, pix_key, created_at) VALUES ($1, $2, $3, $4)',
      [DEMO_MERCHANT_ID, 'Clínica Aurora', DEMO_PIX_KEY, new Date(atMs)],
    );
    await transaction.query(
      `INSERT INTO units (merchant_id, unit_id, name, city, time_zone, counters)
       VALUES ($1, $2, 'Unidade Centro', 'São Paulo', 'America/Sao_Paulo', $3)`,
      [DEMO_MERCHANT_ID, DEMO_UNIT_ID, DEMO_COUNTERS],
    );
    for (const [index, service] of DEMO_SERVICES.entries()) {
      await transaction.query(
        `INSERT INTO services (merchant_id, unit_id, service_id, position, name, description, prefix, amount_cents,
           pay_at_counter, currency, estimated_minutes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'BRL', $10)`,
        [
          DEMO_MERCHANT_ID,
          DEMO_UNIT_ID,
          service.serviceId,
          index + 1,
          service.name,
          service.description,
          service.prefix,
          service.amountCents,
          service.payAtCounter,
          service.estimatedMinutes,
        ],
      );
      const { serviceId, amountCents } = service;
      if (amountCents === 0) continue;
      await writeOffer(
        transaction,
        {
          merchantId: DEMO_MERCHANT_ID,
          offerId: nationalOfferId(serviceId),
          serviceId,
          international: false,
        },
        { amountCents, currency: 'BRL', validFrom: atMs, createdBy: 'demo' },
      );
    }
    await writeOffer(
      transaction,
      { merchantId: DEMO_MERCHANT_ID, ...DEMO_CARD_OFFER, international: true },
      { ...DEMO_CARD_OFFER, validFrom: atMs, createdBy: 'demo' },
    );
    const catalog = await readCatalog(transaction, DEMO_SHOP);
    if (catalog === null) throw new Error('the unit that was just written has no catalogue');
    await appendFeed(transaction, wake, DEMO_SHOP, 'catalog.changed', { catalog }, atMs);
    return true;
  });
}
