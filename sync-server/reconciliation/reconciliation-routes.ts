import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { isTimeZone } from '../../domain/business-day.ts';
import {
  MAX_SUSPENSE_LISTED,
  StatementReport,
  SuspenseAssignment,
  SuspenseDecisionRequest,
  SuspenseItem,
  SuspenseList,
} from '../../domain/protocol/reconciliation.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import { assignSuspense, listSuspense, resolveSuspense, type SuspenseRefusal } from './resolve-suspense.ts';
import { importStatement } from './statement/import-statement.ts';
import { keepStatement } from './statement/statement-file.ts';

const REFUSALS: Readonly<Record<SuspenseRefusal, { readonly status: 404 | 409; readonly message: string }>> =
  {
    unknown_item: { status: 404, message: 'no such money in suspense' },
    already_resolved: { status: 409, message: 'it was resolved before, and otherwise' },
    unknown_transaction: { status: 404, message: 'no such transaction' },
  };

const Epoch = z.coerce.number().int().nonnegative();
const StatementQuery = z
  .object({
    provider: z.string().max(50),
    dryRun: z.enum(['true', 'false']).default('false'),
    /** What the statement covers, half-open. */
    from: Epoch.optional(),
    to: Epoch.optional(),
    timeZone: z.string().max(50).refine(isTimeZone, 'no IANA time zone').default('America/Sao_Paulo'),
  })
  .refine(({ from, to }) => (from === undefined) === (to === undefined), 'from and to go together')
  .refine(({ from = 0, to = 1 }) => from < to, 'from has to be before to');

/** For the manager: bank statements, and the money of which nobody knows what it is for. */
export function registerReconciliationRoutes(
  app: App,
  context: ServerContext,
  providers: readonly PaymentProvider[],
): void {
  registerSuspense(app, context);
  registerStatements(app, context, providers);
}

function registerSuspense(app: App, context: ServerContext): void {
  app.get(
    '/v1/suspense',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Money that belongs to no charge, the oldest first',
        tags: ['reconciliation'],
        querystring: z.object({
          status: z.enum(['open', 'resolved']).default('open'),
          limit: z.coerce.number().int().min(1).max(MAX_SUSPENSE_LISTED).default(50),
        }),
        response: { 200: SuspenseList, ...errorResponses },
      },
    },
    (request) =>
      listSuspense(
        context.db,
        principalOf(request, 'manager').merchantId,
        request.query,
        context.clock.nowMs(),
      ),
  );
  app.post(
    '/v1/suspense/assign',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Says who looks after it',
        tags: ['reconciliation'],
        body: SuspenseAssignment,
        response: { 200: SuspenseItem, ...errorResponses },
      },
    },
    async (request, reply) => {
      const result = await assignSuspense(context, principalOf(request, 'manager').merchantId, request.body);
      if (result.ok) return result.item;
      const { status, message } = REFUSALS[result.code];
      return reply.code(status).send(errorBody(result.code, message));
    },
  );
  app.post(
    '/v1/suspense/resolve',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Says what it is, and posts it there; the same again changes nothing',
        tags: ['reconciliation'],
        body: SuspenseDecisionRequest,
        response: { 200: SuspenseItem, ...errorResponses },
      },
    },
    async (request, reply) => {
      const result = await resolveSuspense(context, principalOf(request, 'manager').merchantId, request.body);
      if (result.ok) return result.item;
      const { status, message } = REFUSALS[result.code];
      return reply.code(status).send(errorBody(result.code, message));
    },
  );
}

function registerStatements(app: App, context: ServerContext, providers: readonly PaymentProvider[]): void {
  app.register(async (scope: App) => {
    // The file is read as it comes: its size is bounded by who keeps it.
    scope.removeAllContentTypeParsers();
    for (const type of ['text/csv', 'application/json', 'application/x-ndjson'])
      scope.addContentTypeParser(type, (_request: unknown, payload: IncomingMessage, done) =>
        done(null, payload),
      );
    scope.post(
      '/v1/reconciliation/statements',
      {
        config: { access: ['manager'] },
        schema: {
          summary:
            'Holds a bank’s statement (CSV, JSON) against what is written here; the same file again changes nothing',
          tags: ['reconciliation'],
          querystring: StatementQuery,
          response: { 200: StatementReport, ...errorResponses },
        },
      },
      async (request, reply) => {
        const { merchantId } = principalOf(request, 'manager');
        const { provider: name, dryRun, from, to, timeZone } = request.query;
        const provider = providers.find((each) => each.name === name);
        if (provider === undefined)
          return reply.code(404).send(errorBody('unknown_provider', `${name} is none of this server’s`));
        const format = request.headers['content-type']?.startsWith('text/csv') === true ? 'csv' : 'json';
        const file = await keepStatement(request.body as IncomingMessage, format);
        if (file === null) return reply.code(413).send(errorBody('body_too_large', 'the file is too large'));
        try {
          const result = await importStatement(context, provider, {
            merchantId,
            file,
            dryRun: dryRun === 'true',
            period: from === undefined || to === undefined ? null : { from, to },
            timeZone,
          });
          return result.ok ? result.report : reply.code(400).send(errorBody(result.code, result.detail));
        } finally {
          await file.dispose();
        }
      },
    );
  });
}
