import type { FastifyRequest } from 'fastify';
import type { PersonAccess, PersonAccessList } from '../../domain/protocol/customers.ts';
import { principalOf } from '../access/guard.ts';
import { tokenHash } from '../access/tokens.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';

/** Of the 64 hexadecimal digits of the access file: enough to tell its tokens apart, and nothing to enter by. */
const MARK_LENGTH = 12;

/**
 * Writes down that whoever sent the request is about to be shown a person in the clear. To be called before the answer:
 * what cannot be written down is not shown. @throws when the database does not take it
 */
export async function noteAccess(
  { db, clock }: Pick<ServerContext, 'db' | 'clock'>,
  request: FastifyRequest,
  customerId: string,
  action: PersonAccess['action'],
): Promise<void> {
  const { merchantId, role } = principalOf(request, 'manager');
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  await db.query(
    `INSERT INTO person_access (merchant_id, customer_id, action, role, token_mark, at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [merchantId, customerId, action, role, tokenHash(token).slice(0, MARK_LENGTH), new Date(clock.nowMs())],
  );
}

/** Newest first. @param customerId also of somebody who was merged into another one, or who was erased */
export async function listAccesses(
  database: Queryable,
  merchantId: string,
  { customerId = null, limit }: { readonly customerId?: string | null | undefined; readonly limit: number },
): Promise<PersonAccessList> {
  const chosen = `FROM person_access a WHERE a.merchant_id = $1 AND ($2::uuid IS NULL OR a.customer_id IN (
    SELECT same.customer_id FROM customers named JOIN customers same ON same.merchant_id = named.merchant_id
      AND coalesce(same.merged_into, same.customer_id) = coalesce(named.merged_into, named.customer_id)
    WHERE named.merchant_id = $1 AND named.customer_id = $2))`;
  const accesses = await database.query<PersonAccess & Record<string, unknown>>(
    `SELECT a.customer_id AS "customerId", a.action, a.role, a.token_mark AS "tokenMark",
       (extract(epoch FROM a.at) * 1000)::bigint AS at
     ${chosen} ORDER BY a.position DESC LIMIT $3`,
    [merchantId, customerId, limit],
  );
  const [count] = await database.query<{ total: number }>(`SELECT count(*)::int AS total ${chosen}`, [
    merchantId,
    customerId,
  ]);
  return { accesses, total: count?.total ?? 0 };
}
