import type {
  RecipientRequest,
  SplitOverview,
  SplitRuleRequest,
  SplitRuleView,
} from '../../domain/protocol/splits.ts';
import { type SplitShare, WHOLE_BP } from '../../domain/split.ts';
import type { ServerContext } from '../context.ts';
import type { Queryable } from '../db/database.ts';
import { payableAccount } from '../ledger/accounts.ts';

export type SplitRefusal =
  | 'recipient_unknown'
  | 'service_unknown'
  | 'rule_unknown'
  | 'rule_exists'
  | 'rule_conflict'
  | 'too_much';
export type SplitOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: SplitRefusal; readonly detail: string };

type Deps = Pick<ServerContext, 'db' | 'clock'>;

/** A recipient, new or as it is from now on. Sales that are open keep the ids that they were opened with. */
export async function writeRecipient(
  { db, clock }: Deps,
  merchantId: string,
  { recipient, kind, name, providerIds }: RecipientRequest,
  by: string,
): Promise<void> {
  await db.query(
    `INSERT INTO split_recipients (merchant_id, recipient, kind, name, provider_ids, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (merchant_id, recipient) DO UPDATE
       SET kind = excluded.kind, name = excluded.name, provider_ids = excluded.provider_ids`,
    [merchantId, recipient, kind, name, JSON.stringify(providerIds), new Date(clock.nowMs()), by],
  );
}

/** The merchant's row is locked, so that two rules at once never make more than the whole. */
export function addSplitRule(
  { db, clock }: Deps,
  merchantId: string,
  request: SplitRuleRequest,
  by: string,
): Promise<SplitOutcome> {
  const { ruleId, recipient, serviceId, percentBp, fixedCents, currency } = request;
  return db.transaction(async (transaction) => {
    await transaction.query('SELECT 1 FROM merchants WHERE merchant_id = $1 FOR NO KEY UPDATE', [merchantId]);
    const [known] = await transaction.query<{ same: boolean }>(
      `SELECT removed_at IS NULL AND recipient = $3 AND service_id IS NOT DISTINCT FROM $4 AND percent_bp = $5
         AND fixed_cents = $6 AND currency = $7 AS same
       FROM split_rules WHERE merchant_id = $1 AND rule_id = $2`,
      [merchantId, ruleId, recipient, serviceId, percentBp, fixedCents, currency],
    );
    if (known !== undefined)
      return known.same ? { ok: true } : refuse('rule_conflict', 'the ruleId is another rule’s');
    const recipients = await transaction.query(
      'SELECT 1 FROM split_recipients WHERE merchant_id = $1 AND recipient = $2',
      [merchantId, recipient],
    );
    if (recipients.length === 0) return refuse('recipient_unknown', `there is no recipient ${recipient}`);
    const services = await transaction.query(
      'SELECT 1 FROM services WHERE merchant_id = $1 AND service_id = $2',
      [merchantId, serviceId],
    );
    if (serviceId !== null && services.length === 0)
      return refuse('service_unknown', 'the merchant has no such service');
    const others = await transaction.query<{ recipient: string; percentBp: number }>(
      `SELECT recipient, percent_bp AS "percentBp" FROM split_rules
       WHERE merchant_id = $1 AND service_id IS NOT DISTINCT FROM $2 AND currency = $3 AND removed_at IS NULL`,
      [merchantId, serviceId, currency],
    );
    if (others.some((other) => other.recipient === recipient))
      return refuse('rule_exists', `${recipient} has a rule for these sales: remove it first`);
    const leftBp = WHOLE_BP - others.reduce((sum, other) => sum + other.percentBp, 0);
    if (percentBp > leftBp) return refuse('too_much', `${leftBp / 100} % are left`);
    await transaction.query(
      `INSERT INTO split_rules (merchant_id, rule_id, service_id, recipient, percent_bp, fixed_cents, currency,
         created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        merchantId,
        ruleId,
        serviceId,
        recipient,
        percentBp,
        fixedCents,
        currency,
        new Date(clock.nowMs()),
        by,
      ],
    );
    return { ok: true };
  });
}

/** The rule counts for no sale that is opened after this. Removed again, it stays as it is. */
export async function removeSplitRule(
  { db, clock }: Deps,
  merchantId: string,
  ruleId: string,
  by: string,
): Promise<SplitOutcome> {
  const removed = await db.query(
    `UPDATE split_rules SET removed_at = coalesce(removed_at, $3), removed_by = coalesce(removed_by, $4)
     WHERE merchant_id = $1 AND rule_id = $2 RETURNING rule_id`,
    [merchantId, ruleId, new Date(clock.nowMs()), by],
  );
  return removed.length === 1 ? { ok: true } : refuse('rule_unknown', 'the merchant has no such rule');
}

/** A share of a sale, with what its recipient is called where the provider divides the money itself. */
export interface RuledShare extends SplitShare {
  readonly providerIds: Readonly<Record<string, string>>;
}

/** The shares of a sale: by the service's own rules, or the merchant's where it has none. */
export async function readShares(
  database: Queryable,
  sale: { readonly merchantId: string; readonly serviceId: string; readonly currency: string },
): Promise<readonly RuledShare[]> {
  const rules = await database.query<RuledShare & Record<string, unknown> & { ofService: boolean }>(
    `SELECT recipient, percent_bp AS "percentBp", fixed_cents AS "fixedCents", provider_ids AS "providerIds",
       service_id IS NOT NULL AS "ofService"
     FROM split_rules r JOIN split_recipients USING (merchant_id, recipient)
     WHERE merchant_id = $1 AND (service_id IS NULL OR service_id = $2) AND currency = $3 AND removed_at IS NULL
     ORDER BY r.created_at, rule_id`,
    [sale.merchantId, sale.serviceId, sale.currency],
  );
  const own = rules.filter(({ ofService }) => ofService);
  return own.length > 0 ? own : rules;
}

export async function readSplitOverview(database: Queryable, merchantId: string): Promise<SplitOverview> {
  const recipients = await database.query<RecipientRequest & Record<string, unknown>>(
    `SELECT recipient, kind, name, provider_ids AS "providerIds" FROM split_recipients
     WHERE merchant_id = $1 ORDER BY recipient`,
    [merchantId],
  );
  const owed = await database.query<{ code: string; currency: string; amountCents: number }>(
    `SELECT account_code AS code, currency, -sum(amount_cents)::bigint AS "amountCents" FROM ledger_postings
     WHERE merchant_id = $1 AND account_code = ANY($2) GROUP BY account_code, currency ORDER BY currency`,
    [merchantId, recipients.map(({ recipient }) => payableAccount(recipient).code)],
  );
  const rules = await database.query<SplitRuleView & Record<string, unknown>>(
    `SELECT rule_id AS "ruleId", recipient, r.service_id AS "serviceId", s.name AS "serviceName",
       percent_bp AS "percentBp", fixed_cents AS "fixedCents", r.currency,
       (extract(epoch FROM r.created_at) * 1000)::bigint AS "createdAt", created_by AS "createdBy"
     FROM split_rules r LEFT JOIN services s USING (merchant_id, service_id)
     WHERE r.merchant_id = $1 AND removed_at IS NULL ORDER BY s.name NULLS FIRST, r.created_at, rule_id`,
    [merchantId],
  );
  return {
    recipients: recipients.map((row) => ({
      ...row,
      payable: owed
        .filter(({ code }) => code === payableAccount(row.recipient).code)
        .map(({ currency, amountCents }) => ({ currency, amountCents })),
    })),
    rules,
  };
}

function refuse(code: SplitRefusal, detail: string): SplitOutcome {
  return { ok: false, code, detail };
}
