import { z } from 'zod';
import {
  IntegrationStatus,
  IntegrationTestReport,
  SimulateWebhookRequest,
} from '../../domain/protocol/integration.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { ChargeRouter } from '../routing/charge-router.ts';
import { readIntegrationStatus } from './integration-status.ts';
import { runIntegrationTest } from './integration-test-run.ts';
import { payAtSimulator } from './simulated-bank.ts';

const SIMULATOR_ONLY = errorBody('simulator_only', 'the provider is a real bank');

/** For the manager: how the integration does, and, on the simulator alone, whether it works at all. */
export function registerIntegrationRoutes(app: App, context: ServerContext, router: ChargeRouter): void {
  app.get(
    '/v1/integration/status',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'How much of what was paid became a ticket, how fast, and what did not',
        tags: ['integration'],
        response: { 200: IntegrationStatus, ...errorResponses },
      },
    },
    (request) =>
      readIntegrationStatus(context.db, principalOf(request, 'manager').merchantId, context.clock.nowMs()),
  );

  app.post(
    '/v1/integration/test',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Walks the whole path once on the simulator and names the step that failed',
        tags: ['integration'],
        response: { 200: IntegrationTestReport, ...errorResponses },
      },
    },
    async (request, reply) => {
      if (context.config.pix.simulatorBankUrl === null) return reply.code(403).send(SIMULATOR_ONLY);
      return runIntegrationTest(context, router, principalOf(request, 'manager').merchantId);
    },
  );

  app.post(
    '/v1/webhooks/simulate',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Has the simulated bank pay a charge, which makes it send its webhook',
        tags: ['integration'],
        body: SimulateWebhookRequest,
        response: { 200: z.object({ ok: z.literal(true) }), ...errorResponses },
      },
    },
    async (request, reply) => {
      const { txid, amountCents } = request.body;
      const paid = await payAtSimulator(context.config.pix, txid, amountCents);
      if (paid.ok) return { ok: true as const };
      const status = paid.code === 'simulator_only' ? 403 : 409;
      return reply.code(status).send(errorBody(paid.code, paid.detail));
    },
  );
}
