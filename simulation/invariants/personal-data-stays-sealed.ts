import type { Invariant } from './invariant.ts';

/** What some customers type in (people/customer.ts): name, and CPF as it is typed and as it is stored. */
const PERSONAL = ['Maria Souza', '529.982.247-25', '52998224725'] as const;

export const personalDataStaysSealed: Invariant = {
  name: 'personal data stays sealed',
  says: 'No name and no whole CPF of a customer is readable in what travels, is stored, or is printed.',
  async atEnd({ hall }) {
    for (const { kioskId, db } of hall.kiosks)
      for (const [table, column] of [
        ['outbox', 'payload_json'],
        ['print_jobs', 'document_json'],
        ['payment_sessions', 'CAST(customer_sealed AS TEXT)'],
      ] as const)
        for (const text of PERSONAL)
          if (
            db
              .prepare<[string], { found: 1 }>(
                `SELECT 1 AS found FROM ${table} WHERE instr(${column}, ?) > 0 LIMIT 1`,
              )
              .get(text) !== undefined
          )
            return `${table} of ${kioskId} holds "${text}"`;
    for (const table of [
      'customers',
      'customer_identifiers',
      'webhook_inbox',
      'feed',
      'payment_transactions',
      'payment_sessions',
      'sync_events',
      'tickets',
    ])
      for (const text of PERSONAL) {
        const rows = await hall.server.storage.look(
          `SELECT 1 FROM ${table} AS held
           WHERE position($1 IN held::text) > 0 OR position(encode(convert_to($1, 'UTF8'), 'hex') IN held::text) > 0
           LIMIT 1`,
          [text],
        );
        if (rows.length > 0) return `${table} of the server holds "${text}"`;
      }
    return null;
  },
};
