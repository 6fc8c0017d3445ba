import type { ServiceChange, ServiceRequest } from '../../domain/protocol/catalog-changes.ts';
import type { Transaction } from '../db/database.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import {
  type CatalogDeps,
  type CatalogOutcome,
  changeCatalog,
  differences,
  merged,
  type Refused,
  refuse,
} from './change-catalog.ts';
import { setPrice } from './prices.ts';

export interface ServiceKey {
  readonly merchantId: string;
  readonly serviceId: string;
}

interface ServiceFields {
  readonly name: string;
  readonly description: string;
  readonly prefix: string;
  readonly payAtCounter: boolean;
  readonly pix: boolean;
  readonly estimatedMinutes: number | null;
  readonly position: number;
  readonly active: boolean;
}

/** A service that is on sale from now on. */
export async function addService(
  deps: CatalogDeps,
  merchantId: string,
  request: ServiceRequest,
  by: string,
): Promise<CatalogOutcome> {
  const { serviceId, unitId, amountCents, ...fields } = request;
  const key = { merchantId, serviceId };
  return changeCatalog(deps, { merchantId, unitId }, by, async (transaction, atMs) => {
    const known = await readService(transaction, key);
    if (known !== undefined) {
      const { position, ...rest } = fields;
      const wanted = { unitId, amountCents, ...rest, ...(position === null ? {} : { position }) };
      const isSame = differences({ ...known }, wanted) === null;
      return isSame ? null : refuse('service_conflict', 'the service exists with other data');
    }
    const [last] = await transaction.query<{ next: number }>(
      'SELECT coalesce(max(position), 0) + 1 AS next FROM services WHERE merchant_id = $1 AND unit_id = $2',
      [merchantId, unitId],
    );
    const wanted = { ...fields, position: fields.position ?? last?.next ?? 1, active: true };
    const problem = await clash(transaction, { merchantId, unitId }, serviceId, wanted);
    if (problem !== null) return problem;
    await transaction.query(
      `INSERT INTO services (merchant_id, unit_id, service_id, position, name, description, prefix, amount_cents,
         pay_at_counter, pix, currency, estimated_minutes) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, 'BRL', $10)`,
      [
        merchantId,
        unitId,
        serviceId,
        wanted.position,
        wanted.name,
        wanted.description,
        wanted.prefix,
        wanted.payAtCounter,
        wanted.pix,
        wanted.estimatedMinutes,
      ],
    );
    const price = { international: false, amountCents, currency: 'BRL' };
    if (amountCents > 0) await setPrice(deps, transaction, key, price, atMs, by);
    const unpayable = await notPayable(transaction, key);
    if (unpayable !== null) return unpayable;
    return { kind: 'service_added', serviceId, before: null, after: { ...wanted, amountCents } };
  });
}

/** Changes what is named of the service; its price has its own way. */
export async function changeService(
  deps: CatalogDeps,
  key: ServiceKey,
  change: ServiceChange,
  by: string,
): Promise<CatalogOutcome> {
  const unit = await unitOfService(deps, key);
  if (unit === null) return refuse('service_unknown', 'the merchant has no such service');
  return changeCatalog(deps, unit, by, async (transaction) => {
    const current = await readService(transaction, key);
    if (current === undefined) return refuse('service_unknown', 'the merchant has no such service');
    const changed = differences({ ...current }, change);
    if (changed === null) return null;
    const wanted = merged(current, change);
    const problem = await clash(transaction, unit, key.serviceId, wanted);
    if (problem !== null) return problem;
    await transaction.query(
      `UPDATE services SET name = $3, description = $4, prefix = $5, pay_at_counter = $6, pix = $7,
         estimated_minutes = $8, position = $9, active = $10 WHERE merchant_id = $1 AND service_id = $2`,
      [
        key.merchantId,
        key.serviceId,
        wanted.name,
        wanted.description,
        wanted.prefix,
        wanted.payAtCounter,
        wanted.pix,
        wanted.estimatedMinutes,
        wanted.position,
        wanted.active,
      ],
    );
    const unpayable = await notPayable(transaction, key);
    return unpayable ?? { kind: 'service_changed', serviceId: key.serviceId, ...changed };
  });
}

/** A service never changes its unit. */
export async function unitOfService(
  { db }: Pick<CatalogDeps, 'db'>,
  { merchantId, serviceId }: ServiceKey,
): Promise<UnitKey | null> {
  const [row] = await db.query<{ unitId: string }>(
    'SELECT unit_id AS "unitId" FROM services WHERE merchant_id = $1 AND service_id = $2',
    [merchantId, serviceId],
  );
  return row === undefined ? null : { merchantId, unitId: row.unitId };
}

async function readService(
  transaction: Transaction,
  { merchantId, serviceId }: ServiceKey,
): Promise<(ServiceFields & { readonly unitId: string; readonly amountCents: number }) | undefined> {
  const [row] = await transaction.query<
    ServiceFields & { unitId: string; amountCents: number } & Record<string, unknown>
  >(
    `SELECT unit_id AS "unitId", name, description, prefix, pay_at_counter AS "payAtCounter", pix,
       estimated_minutes AS "estimatedMinutes", position, active, amount_cents AS "amountCents"
     FROM services WHERE merchant_id = $1 AND service_id = $2`,
    [merchantId, serviceId],
  );
  return row;
}

/** Two services of one name, or of one series of numbers, cannot be told apart by whoever waits. */
async function clash(
  transaction: Transaction,
  { merchantId, unitId }: UnitKey,
  serviceId: string,
  { name, prefix, active }: Pick<ServiceFields, 'name' | 'prefix' | 'active'>,
): Promise<Refused | null> {
  if (!active) return null;
  const [other] = await transaction.query<{ name: string; prefix: string }>(
    `SELECT name, prefix FROM services WHERE merchant_id = $1 AND unit_id = $2 AND service_id <> $3 AND active
       AND (prefix = $4 OR lower(name) = lower($5)) ORDER BY position LIMIT 1`,
    [merchantId, unitId, serviceId, prefix, name],
  );
  if (other === undefined) return null;
  return other.prefix === prefix
    ? refuse('prefix_taken', `the prefix ${prefix} is that of "${other.name}"`)
    : refuse('name_taken', `the unit has a service "${other.name}" already`);
}

/** What costs something has to be payable somehow; what is not sold need not. */
export async function notPayable(
  transaction: Transaction,
  { merchantId, serviceId }: ServiceKey,
): Promise<Refused | null> {
  const [found] = await transaction.query(
    `SELECT 1 FROM services s WHERE merchant_id = $1 AND service_id = $2 AND active AND amount_cents > 0
       AND NOT pix AND NOT pay_at_counter AND NOT EXISTS (
         SELECT FROM offers o WHERE o.merchant_id = s.merchant_id AND o.service_id = s.service_id
           AND o.international AND o.active)`,
    [merchantId, serviceId],
  );
  if (found === undefined) return null;
  return refuse('not_payable', 'nobody could pay it: allow PIX, a card price, or payment at the counter');
}
