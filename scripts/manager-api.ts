import type { z } from 'zod';
import { EnrolmentResponse } from '../domain/protocol/identity.ts';
import { ErrorBody } from '../domain/protocol/primitives.ts';

/** The server answers such a request within milliseconds. */
const TIMEOUT_MS = 10_000;
/** A file of 100,000 lines takes it seconds; one whose charges all have to be read back takes minutes. */
const UPLOAD_TIMEOUT_MS = 15 * 60_000;

export interface ManagerAccess {
  /** Address of the sync server. */
  readonly server: string;
  readonly token: string;
}

export type ManagerAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * One request to the sync server with a manager's token. What it refuses comes back with its code and reason.
 * @param body sent as JSON; a Blob as it is, with its own type
 */
export async function askAsManager<S extends z.ZodType>(
  { server, token }: ManagerAccess,
  answer: S,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs: number = body instanceof Blob ? UPLOAD_TIMEOUT_MS : TIMEOUT_MS,
): Promise<ManagerAnswer<z.infer<S>>> {
  let status: number;
  let json: unknown;
  try {
    const response = await fetch(new URL(path, server), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined || body instanceof Blob ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    status = response.status;
    json = await response.json();
  } catch (error) {
    return {
      ok: false,
      code: 'server_unreachable',
      message: `${server} does not answer: ${reasonOf(error)}`,
    };
  }
  const refusal = ErrorBody.safeParse(json);
  if (refusal.success) return { ok: false, ...pick(refusal.data) };
  const parsed = answer.safeParse(json);
  if (status === 200 && parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    code: 'unexpected_answer',
    message: `${server} is no Totem sync server of this version`,
  };
}

/** A code by which the totem `kioskId` enrols itself. */
export function askEnrolmentCode(
  access: ManagerAccess,
  unitId: string,
  kioskId: string,
): Promise<ManagerAnswer<EnrolmentResponse>> {
  return askAsManager(access, EnrolmentResponse, 'POST', '/v1/enrolments', { unitId, kioskId });
}

function pick({ error }: ErrorBody): { readonly code: string; readonly message: string } {
  return { code: error.code, message: error.message };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says "fetch failed" and keeps the reason for itself.
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
}
