import { z } from 'zod';
import { TransactionView } from '../../domain/protocol/transactions.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { readTransaction } from './transaction-view.ts';

/** One payment with its attempts and its money. As domain/protocol/transactions.ts describes it. */
export function registerTransactionRoutes(app: App, context: ServerContext): void {
  app.get(
    '/v1/transactions/:id',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'All that is known of one payment; by its id, its session’s, or its txid',
        tags: ['payments'],
        params: z.object({ id: z.string().max(64) }),
        response: { 200: TransactionView, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const found = await readTransaction(context.db, merchantId, request.params.id);
      return (
        found ??
        reply.code(404).send(errorBody('unknown_transaction', 'the merchant has no such transaction'))
      );
    },
  );
}
