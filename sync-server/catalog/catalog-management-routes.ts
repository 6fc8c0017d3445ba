import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  ManagedCatalog,
  PriceRequest,
  ServiceChange,
  ServiceHistory,
  ServiceRequest,
  UnitChange,
  UnitList,
  UnitRequest,
} from '../../domain/protocol/catalog-changes.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import type { UnitKey } from '../sync/feed-log.ts';
import type { CatalogOutcome, CatalogRefusal } from './change-catalog.ts';
import { changePrice, withdrawPlan } from './change-price.ts';
import { readManagedCatalog, readServiceHistory } from './read-services.ts';
import { addService, changeService, unitOfService } from './services.ts';
import { addUnit, changeUnit, listUnits } from './units.ts';

const STATUS = {
  unit_unknown: 404,
  service_unknown: 404,
  plan_unknown: 404,
  unit_conflict: 409,
  counter_in_use: 409,
  service_conflict: 409,
  prefix_taken: 409,
  name_taken: 409,
  not_payable: 409,
  in_the_past: 409,
  currency_not_allowed: 409,
} as const satisfies Record<CatalogRefusal, number>;

/** The API knows roles, not persons. */
const BY = 'manager';

const UnitParams = z.object({ unitId: Uuid });
const ServiceParams = z.object({ serviceId: Uuid });
const access = { access: ['manager'] } as const;
const answers = <S extends z.ZodType>(schema: S) => ({ 200: schema, ...errorResponses });

/** What a merchant sells, and where. As domain/protocol/catalog-changes.ts describes it. */
export function registerCatalogManagementRoutes(app: App, context: ServerContext): void {
  registerUnits(app, context);
  registerServices(app, context);
  registerPrices(app, context);
}

function registerUnits(app: App, context: ServerContext): void {
  app.get(
    '/v1/units',
    {
      config: access,
      schema: { summary: 'The merchant’s units', tags: ['catalog'], response: answers(UnitList) },
    },
    (request) => listUnits(context.db, principalOf(request, 'manager').merchantId),
  );
  app.post(
    '/v1/units',
    {
      config: access,
      schema: {
        summary: 'Adds a unit; idempotent by unitId',
        tags: ['catalog'],
        body: UnitRequest,
        response: answers(UnitList),
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await addUnit(context, merchantId, request.body, BY);
      return outcome.ok ? listUnits(context.db, merchantId) : refused(reply, outcome);
    },
  );
  app.post(
    '/v1/units/:unitId',
    {
      config: access,
      schema: {
        summary: 'Changes a unit’s name, city or counters',
        tags: ['catalog'],
        params: UnitParams,
        body: UnitChange,
        response: answers(UnitList),
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await changeUnit(context, { merchantId, ...request.params }, request.body, BY);
      return outcome.ok ? listUnits(context.db, merchantId) : refused(reply, outcome);
    },
  );
  app.get(
    '/v1/units/:unitId/services',
    {
      config: access,
      schema: {
        summary: 'All services of a unit, sold or not, with planned prices',
        tags: ['catalog'],
        params: UnitParams,
        response: answers(ManagedCatalog),
      },
    },
    (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      return managed(context, reply, { merchantId, ...request.params });
    },
  );
}

function registerServices(app: App, context: ServerContext): void {
  app.post(
    '/v1/services',
    {
      config: access,
      schema: {
        summary: 'Adds a service; idempotent by serviceId',
        tags: ['catalog'],
        body: ServiceRequest,
        response: answers(ManagedCatalog),
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await addService(context, merchantId, request.body, BY);
      if (!outcome.ok) return refused(reply, outcome);
      return managed(context, reply, { merchantId, unitId: request.body.unitId });
    },
  );
  app.post(
    '/v1/services/:serviceId',
    {
      config: access,
      schema: {
        summary: 'Changes a service, or takes it off sale and back',
        tags: ['catalog'],
        params: ServiceParams,
        body: ServiceChange,
        response: answers(ManagedCatalog),
      },
    },
    async (request, reply) => {
      const key = { ...principalOf(request, 'manager'), ...request.params };
      return afterChange(context, reply, key, await changeService(context, key, request.body, BY));
    },
  );
  app.get(
    '/v1/services/:serviceId/history',
    {
      config: access,
      schema: {
        summary: 'What was changed of a service, by whom, and from when on',
        tags: ['catalog'],
        params: ServiceParams,
        response: answers(ServiceHistory),
      },
    },
    async (request, reply) => {
      const key = { ...principalOf(request, 'manager'), ...request.params };
      if ((await unitOfService(context, key)) === null)
        return reply.code(404).send(errorBody('service_unknown', 'the merchant has no such service'));
      return readServiceHistory(context.db, key);
    },
  );
}

function registerPrices(app: App, context: ServerContext): void {
  app.post(
    '/v1/services/:serviceId/price',
    {
      config: access,
      schema: {
        summary: 'Sets a price, at once or from a later moment on',
        tags: ['catalog'],
        params: ServiceParams,
        body: PriceRequest,
        response: answers(ManagedCatalog),
      },
    },
    async (request, reply) => {
      const key = { ...principalOf(request, 'manager'), ...request.params };
      return afterChange(context, reply, key, await changePrice(context, key, request.body, BY));
    },
  );
  app.post(
    '/v1/services/:serviceId/plans/:planId/withdraw',
    {
      config: access,
      schema: {
        summary: 'Drops a planned price',
        tags: ['catalog'],
        params: ServiceParams.extend({ planId: Uuid }),
        response: answers(ManagedCatalog),
      },
    },
    async (request, reply) => {
      const key = { ...principalOf(request, 'manager'), ...request.params };
      return afterChange(context, reply, key, await withdrawPlan(context, key, request.params.planId, BY));
    },
  );
}

async function afterChange(
  context: ServerContext,
  reply: FastifyReply,
  key: { readonly merchantId: string; readonly serviceId: string },
  outcome: CatalogOutcome,
) {
  if (!outcome.ok) return refused(reply, outcome);
  const unit = await unitOfService(context, key);
  if (unit === null) throw new Error(`the service ${key.serviceId} vanished`);
  return managed(context, reply, unit);
}

async function managed(context: ServerContext, reply: FastifyReply, unit: UnitKey) {
  const catalog = await readManagedCatalog(context.db, unit);
  return catalog ?? reply.code(404).send(errorBody('unit_unknown', 'the merchant has no such unit'));
}

function refused(reply: FastifyReply, { code, detail }: Extract<CatalogOutcome, { ok: false }>) {
  return reply.code(STATUS[code]).send(errorBody(code, detail));
}
