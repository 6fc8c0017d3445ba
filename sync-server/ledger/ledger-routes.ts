import { z } from 'zod';
import {
  LedgerBalances,
  LedgerStatement,
  LedgerVerification,
  MAX_LEDGER_LINES,
} from '../../domain/protocol/ledger.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorResponses } from '../http/errors.ts';
import { readBalances, readStatement } from './balances.ts';
import { verifyLedger } from './verify-ledger.ts';

const Epoch = z.coerce.number().int().nonnegative();

/** For the manager and finance: the books as they stand and stood, and whether they are whole. */
export function registerLedgerRoutes(app: App, context: ServerContext): void {
  const { db, clock } = context;
  app.get(
    '/v1/ledger/verify',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Recomputes the whole ledger: its chain, and every rule between postings and facts',
        tags: ['ledger'],
        querystring: z
          .object({
            /** A head noted down earlier. */
            seq: Epoch.optional(),
            hash: LedgerVerification.shape.head.shape.hash.optional(),
          })
          .refine(
            ({ seq, hash }) => (seq === undefined) === (hash === undefined),
            'seq and hash go together',
          ),
        response: { 200: LedgerVerification, ...errorResponses },
      },
    },
    (request) =>
      verifyLedger(db, {
        merchantId: principalOf(request, 'manager').merchantId,
        notedHead: headOf(request.query),
      }),
  );
  app.get(
    '/v1/ledger/balances',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Every account as it stood at a time',
        tags: ['ledger'],
        querystring: z.object({ at: Epoch.optional(), knownBy: Epoch.optional() }),
        response: { 200: LedgerBalances, ...errorResponses },
      },
    },
    (request) =>
      readBalances(db, principalOf(request, 'manager').merchantId, {
        atMs: request.query.at ?? clock.nowMs(),
        knownByMs: request.query.knownBy,
      }),
  );
  app.get(
    '/v1/ledger/accounts/:code',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'The lines of an account, the newest first',
        tags: ['ledger'],
        params: z.object({ code: z.string().max(200) }),
        querystring: z.object({
          before: z.coerce.number().int().positive().optional(),
          limit: z.coerce.number().int().min(1).max(MAX_LEDGER_LINES).default(50),
        }),
        response: { 200: LedgerStatement, ...errorResponses },
      },
    },
    (request) =>
      readStatement(db, principalOf(request, 'manager').merchantId, request.params.code, request.query),
  );
}

function headOf({ seq, hash }: { readonly seq?: number | undefined; readonly hash?: string | undefined }) {
  return seq === undefined || hash === undefined ? undefined : { seq, hash };
}
