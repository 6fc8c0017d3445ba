import { z } from 'zod';
import {
  CustomerExport,
  CustomerList,
  CustomerSearch,
  CustomerView,
  ErasureRequest,
  ErasureView,
  MAX_ACCESSES_LISTED,
  MAX_CUSTOMERS_LISTED,
  PersonAccessList,
} from '../../domain/protocol/customers.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import { principalOf } from '../access/guard.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { eraseCustomer } from './erase-customer.ts';
import { exportCustomer } from './export-customer.ts';
import { listAccesses, noteAccess } from './person-access.ts';
import { findCustomer, listCustomers, readCustomer } from './read-customer.ts';

const UNKNOWN = errorBody('unknown_customer', 'the merchant has no such customer');
const config = { access: ['manager'] as const };
const params = z.object({ customerId: Uuid });
const tags = ['customers'];

/** A merchant's customers, for its managers. As domain/protocol/customers.ts describes it. */
export function registerCustomerRoutes(app: App, context: ServerContext): void {
  app.get(
    '/v1/customers',
    {
      config,
      schema: {
        summary: 'Customers, those seen last first; e-mail and document masked',
        tags,
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(MAX_CUSTOMERS_LISTED).default(50),
        }),
        response: { 200: CustomerList, ...errorResponses },
      },
    },
    (request) =>
      listCustomers(context, context.db, principalOf(request, 'manager').merchantId, request.query.limit),
  );
  app.post(
    '/v1/customers/find',
    {
      config,
      schema: {
        summary: 'The customer with this e-mail or document',
        tags,
        body: CustomerSearch,
        response: { 200: CustomerView, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const { body } = request;
      const found =
        'email' in body
          ? await findCustomer(context, context.db, merchantId, 'email', body.email)
          : await findCustomer(context, context.db, merchantId, 'document', body.document);
      if (found === undefined) return reply.code(404).send(UNKNOWN);
      await noteAccess(context, request, found.customerId, 'found');
      return found;
    },
  );
  app.get(
    '/v1/customers/accesses',
    {
      config,
      schema: {
        summary: 'Who was shown people’s data, or took it out, newest first',
        tags,
        querystring: z.object({
          customerId: Uuid.optional(),
          limit: z.coerce.number().int().min(1).max(MAX_ACCESSES_LISTED).default(50),
        }),
        response: { 200: PersonAccessList, ...errorResponses },
      },
    },
    (request) => listAccesses(context.db, principalOf(request, 'manager').merchantId, request.query),
  );
  app.get(
    '/v1/customers/:customerId',
    {
      config,
      schema: { summary: 'One customer', tags, params, response: { 200: CustomerView, ...errorResponses } },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const found = await readCustomer(context, context.db, merchantId, request.params.customerId);
      if (found === undefined) return reply.code(404).send(UNKNOWN);
      await noteAccess(context, request, found.customerId, 'viewed');
      return found;
    },
  );
  app.get(
    '/v1/customers/:customerId/export',
    {
      config,
      schema: {
        summary: 'All that is held of one customer, for them',
        tags,
        params,
        response: { 200: CustomerExport, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const found = await readCustomer(context, context.db, merchantId, request.params.customerId);
      if (found === undefined) return reply.code(404).send(UNKNOWN);
      // Before it is read: the copy tells of itself, too.
      await noteAccess(context, request, found.customerId, 'exported');
      return (await exportCustomer(context, merchantId, found.customerId)) ?? reply.code(404).send(UNKNOWN);
    },
  );
  app.post(
    '/v1/customers/:customerId/erase',
    {
      config,
      schema: {
        summary: 'Erases what is personal, for good; the same again changes nothing',
        tags,
        params,
        body: ErasureRequest,
        response: { 200: ErasureView, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const outcome = await eraseCustomer(context, merchantId, request.params.customerId, request.body);
      if (outcome.ok) return outcome.erasure;
      if (outcome.code === 'unknown_customer') return reply.code(404).send(UNKNOWN);
      return reply
        .code(409)
        .send(errorBody(outcome.code, 'the reason is kept for good: leave the customer’s name and data out'));
    },
  );
}
