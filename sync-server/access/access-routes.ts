import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  EnrolmentRequest,
  EnrolmentResponse,
  EnrolRequest,
  EnrolResponse,
  KioskView,
} from '../../domain/protocol/identity.ts';
import { KioskId } from '../../domain/protocol/primitives.ts';
import type { ServerContext } from '../context.ts';
import type { App } from '../http/app.ts';
import { errorBody, errorResponses } from '../http/errors.ts';
import { createAttemptLimit } from './attempt-limit.ts';
import { createEnrolmentCode, type EnrolOutcome, type EnrolRefusal, enrolKiosk } from './enrolment.ts';
import { giveBackEnrolmentAttempt, takeEnrolmentAttempt } from './enrolment-attempts.ts';
import { readFleet, revokeKiosk } from './fleet.ts';
import { principalOf, refuseForNow } from './guard.ts';

/**
 * Failed enrolments. A hundred guesses in a quarter of an hour, at 30^8 codes of which a handful are good: one chance
 * in some billions. Ten an address is more than a person with a note mistypes.
 */
const ENROL_ATTEMPTS = { perAddress: 10, total: 100, windowMs: 15 * 60_000 } as const;

const REFUSALS: Readonly<Record<EnrolRefusal, { status: 400 | 403 | 409; message: string }>> = {
  invalid_proof: { status: 400, message: 'the proof is not signed by the key that came with it' },
  invalid_code: { status: 403, message: 'the code is unknown, used or withdrawn' },
  code_expired: { status: 403, message: 'the code has expired: have a new one made' },
  key_in_use: { status: 409, message: 'this key is another totem’s: make a key of its own' },
};

/** Who may speak to the server as a totem: codes, enrolment, the fleet. As domain/protocol/identity.ts describes it. */
export function registerAccessRoutes(app: App, context: ServerContext): void {
  registerEnrolment(app, context);
  registerFleet(app, context);
}

function registerEnrolment(app: App, context: ServerContext): void {
  app.post(
    '/v1/enrolments',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Makes a short code by which one totem enrols itself',
        tags: ['access'],
        body: EnrolmentRequest,
        response: { 200: EnrolmentResponse, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const made = await createEnrolmentCode(context, merchantId, request.body);
      return made ?? reply.code(404).send(errorBody('unit_unknown', 'no such unit'));
    },
  );

  // Before the database's count: a flood of guesses costs it nothing.
  const attempts = createAttemptLimit(context.clock, ENROL_ATTEMPTS);
  app.post(
    '/v1/enrol',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Gives a totem its identity, for a code',
        tags: ['access'],
        body: EnrolRequest,
        response: { 200: EnrolResponse, ...errorResponses },
      },
    },
    async (request, reply) => {
      const retryAfterMs = attempts.take(request.ip);
      if (retryAfterMs !== null) return refuseForNow(reply, retryAfterMs);
      let outcome: EnrolOutcome;
      try {
        const attempt = await takeEnrolmentAttempt(
          context.db,
          ENROL_ATTEMPTS,
          request.ip,
          context.clock.nowMs(),
        );
        if (!attempt.ok) return refuseForNow(reply, attempt.retryAfterMs);
        outcome = await enrolKiosk(context, request.body);
        if (outcome.ok) await giveBackEnrolmentAttempt(context.db, attempt.attemptId);
      } catch (error) {
        // A database that is away is not the totem's fault.
        attempts.giveBack(request.ip);
        throw error;
      }
      if (!outcome.ok) return refuseEnrolment(reply, outcome.code);
      attempts.giveBack(request.ip);
      return outcome.enrolled;
    },
  );
}

function refuseEnrolment(reply: FastifyReply, code: EnrolRefusal): FastifyReply {
  const { status, message } = REFUSALS[code];
  return reply.code(status).send(errorBody(code, message));
}

function registerFleet(app: App, context: ServerContext): void {
  app.get(
    '/v1/kiosks',
    {
      config: { access: ['manager'] },
      schema: {
        summary: "The merchant's totems",
        tags: ['access'],
        response: { 200: z.object({ kiosks: z.array(KioskView) }), ...errorResponses },
      },
    },
    async (request) => ({
      kiosks: await readFleet(context.db, principalOf(request, 'manager').merchantId),
    }),
  );
  app.post(
    '/v1/kiosks/:kioskId/revoke',
    {
      config: { access: ['manager'] },
      schema: {
        summary: 'Shuts a totem out at once; enrolling it again lets it in',
        tags: ['access'],
        params: z.object({ kioskId: KioskId }),
        response: { 200: KioskView, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { merchantId } = principalOf(request, 'manager');
      const revoked = await revokeKiosk(context, merchantId, request.params.kioskId);
      return revoked ?? reply.code(404).send(errorBody('kiosk_unknown', 'no such totem'));
    },
  );
}
