import { createHash, randomUUID } from 'node:crypto';
import { DEMO_MERCHANT_ID, DEMO_UNIT_ID } from '../../catalog/demo-shop.ts';
import type { ServerContext } from '../../context.ts';
import { ModelBank } from '../../payments/testing/model-bank.ts';
import { importStatement } from '../../reconciliation/statement/import-statement.ts';

const PROVIDER = 'bacen-pix';
const HEADER = 'at;kind;amount;fee;endToEndId;reference;currency';

export interface Sale {
  readonly id: string;
  readonly transactionId: string;
  readonly atMs: number;
  readonly cents: number;
}

/** A line of a statement, as the bank writes it. */
export interface BankLine {
  readonly atMs: number;
  readonly kind: string;
  readonly cents: number;
  readonly feeCents?: number;
  readonly of?: Pick<Sale, 'id'>;
  readonly reference?: string;
  readonly currency?: string;
}

/** Money as rows alone, without the payments that brought it, and statements that come the real way. */
export function statementShop(context: ServerContext) {
  const { db } = context;
  const bank = new ModelBank(context.clock);
  let numbers = 0;
  return {
    async sale(atMs: number, cents: number, feeCents: number | null = null): Promise<Sale> {
      const id = `E${randomUUID().replaceAll('-', '')}`.slice(0, 32);
      const transactionId = randomUUID();
      numbers += 1;
      await db.query(
        `INSERT INTO payment_transactions (merchant_id, transaction_id, session_id, unit_id, kiosk_id, service_id, service_name,
           service_prefix, provider, txid, amount_cents, currency, status, created_at, paid_at, settled_receipt_id, ticket_number,
           act_before)
         VALUES ($1, $2::uuid, $2::uuid, $3, 'totem-1', $2::uuid, 'Consulta', 'Z', $4, $2::uuid::text, $5, 'BRL', 'SUCCEEDED', $6, $6, $7, $8, $6)`,
        [DEMO_MERCHANT_ID, transactionId, DEMO_UNIT_ID, PROVIDER, cents, new Date(atMs), id, numbers],
      );
      await db.query(
        `INSERT INTO receipts (merchant_id, receipt_id, transaction_id, amount_cents, paid_at, disposition, raw, recorded_at, provider,
           end_to_end_id, fee_cents)
         VALUES ($1, $2, $3, $4, $5, 'settles', '{}', $5, $6, $2, $7)`,
        [DEMO_MERCHANT_ID, id, transactionId, cents, new Date(atMs), PROVIDER, feeCents],
      );
      return { id, transactionId, atMs, cents };
    },
    async refund(sale: Sale, cents: number, atMs: number): Promise<void> {
      await db.query(
        `INSERT INTO refunds (merchant_id, refund_id, receipt_id, transaction_id, amount_cents, reason, status, created_at, settled_at)
         VALUES ($1, $2, $3, $4, $5, 'requested', 'settled', $6, $6)`,
        [DEMO_MERCHANT_ID, randomUUID(), sale.id, sale.transactionId, cents, new Date(atMs)],
      );
    },
    async dispute(sale: Sale, status: string, atMs: number): Promise<void> {
      await db.query(
        `INSERT INTO disputes (merchant_id, dispute_id, receipt_id, transaction_id, kind, status, amount_cents, reason, opened_at)
         VALUES ($1, $2, $3, $4, 'med', $5, $6, 'fraud', $7)`,
        [DEMO_MERCHANT_ID, randomUUID(), sale.id, sale.transactionId, status, sale.cents, new Date(atMs)],
      );
    },
    /** @param period what the statement covers, epoch milliseconds, half-open */
    async statement(period: { readonly from: number; readonly to: number }, lines: readonly BankLine[]) {
      const text = [HEADER, ...lines.map(csvLine)].join('\n');
      const result = await importStatement(context, bank, {
        merchantId: DEMO_MERCHANT_ID,
        file: {
          sha256: createHash('sha256').update(text).digest('hex'),
          format: 'csv',
          async *open() {
            yield text;
          },
        },
        dryRun: false,
        period,
        timeZone: 'America/Sao_Paulo',
      });
      if (!result.ok || !result.report.complete) throw new Error('the statement was not imported');
    },
  };
}

function csvLine({ atMs, kind, cents, feeCents, of, reference, currency }: BankLine): string {
  const amount = (cents / 100).toFixed(2);
  const fee = feeCents === undefined ? '' : (feeCents / 100).toFixed(2);
  return [
    new Date(atMs).toISOString(),
    kind,
    amount,
    fee,
    of?.id ?? '',
    reference ?? '',
    currency ?? '',
  ].join(';');
}
