import { z } from 'zod';
import { businessDayOf } from '../../domain/business-day.ts';
import { BusinessDay, EpochMs } from '../../domain/protocol/primitives.ts';
import { QueueCommand, QueueResult } from '../../domain/protocol/queue.ts';
import { TicketView } from '../../domain/protocol/tickets.ts';
import { principalOf } from '../access/guard.ts';
import { readCatalog } from '../catalog/catalog.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { executeQueueCommand } from './queue-command.ts';
import { readQueue } from './ticket-store.ts';

const QueueDay = z.object({
  businessDay: BusinessDay,
  /** Every ticket of the unit and day, whatever its state, and what earlier days left open, in the queue's order. */
  tickets: z.array(TicketView),
  serverTime: EpochMs,
});

/** `POST /v1/queue/commands` and `GET /v1/queue`: the operators' side, also by way of a kiosk's queue screen. */
export function registerQueueRoutes(app: App, context: ServerContext): void {
  app.post(
    '/v1/queue/commands',
    {
      config: { access: ['kiosk', 'operator'] },
      schema: {
        summary: 'Calls, recalls, starts, completes, marks absent, takes back, rescues, takes money',
        tags: ['queue'],
        body: QueueCommand,
        response: { 200: QueueResult, ...errorResponses },
      },
    },
    async (request) => executeQueueCommand(context, principalOf(request, 'kiosk', 'operator'), request.body),
  );
  app.get(
    '/v1/queue',
    {
      config: { access: ['kiosk', 'operator'] },
      schema: {
        summary:
          "The unit's tickets of the current business day, and those of earlier days that are still open",
        tags: ['queue'],
        response: { 200: QueueDay, ...errorResponses },
      },
    },
    async (request, reply) => {
      const unit = principalOf(request, 'kiosk', 'operator');
      const catalog = await readCatalog(context.db, unit);
      if (catalog === null) return reply.code(404).send(errorBody('unit_unknown', 'no such unit'));
      const serverTime = context.clock.nowMs();
      const businessDay = businessDayOf(serverTime, catalog.unit.timeZone);
      const tickets = await readQueue(context.db, unit, businessDay, serverTime);
      return { businessDay, tickets, serverTime };
    },
  );
}
