import { z } from 'zod';
import { exchange, type HttpPort, type HttpRequest, jsonOf, networkFailure } from '../http/exchange.ts';
import type { Step } from './generation.ts';

const WireProblem = z.object({
  message: z.string().optional().catch(undefined),
  text: z.string().optional().catch(undefined),
  errors: z
    .object({ message: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** One call of either generation; the answer is JSON. */
export async function sendJson(http: HttpPort, url: string, request: HttpRequest): Promise<Step<unknown>> {
  try {
    const { response, text } = await exchange(http, url, request);
    return classify(response.status, jsonOf(text));
  } catch (error) {
    return networkFailure(error);
  }
}

/**
 * 503 and 429 say that nothing was done. Any other 5xx, a redirect, or an answer that is no JSON may come after the
 * deed.
 */
function classify(status: number, body: unknown): Step<unknown> {
  if (status >= 200 && status < 300)
    return body === undefined
      ? { kind: 'unknown', detail: `HTTP ${status} without JSON` }
      : { kind: 'done', value: body };
  const detail = `HTTP ${status}${messageOf(body)}`;
  if (status === 503 || status === 429) return { kind: 'unavailable', detail };
  if (status >= 400 && status < 500 && status !== 408 && status !== 409)
    return { kind: 'problem', status, detail };
  return { kind: 'unknown', detail };
}

export function messageOf(body: unknown): string {
  const problem = WireProblem.safeParse(body);
  if (!problem.success) return '';
  const { message, text, errors } = problem.data;
  const said = message ?? errors?.message ?? text;
  return said === undefined ? '' : `: ${said.slice(0, 200)}`;
}

/** `data` is an empty list where something went wrong; what then was done cannot be told. */
export function partOf<S extends z.ZodType>(step: Step<unknown>, schema: S, call: string): Step<z.output<S>> {
  if (step.kind !== 'done') return step;
  const parsed = schema.safeParse(step.value);
  return parsed.success
    ? { kind: 'done', value: parsed.data }
    : { kind: 'unknown', detail: `${call}: the answer is not what Appmax's API says` };
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

/** "2026-03-15 10:00:00", in the account's time zone, to epoch milliseconds. Null for anything else. */
export function instantOf(text: string | null | undefined, utcOffset: string): number | null {
  const [, day, time, offset = utcOffset] = INSTANT.exec(text ?? '') ?? [];
  if (day === undefined || time === undefined) return null;
  const atMs = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(atMs) ? null : atMs;
}

/** The way back, as v3 wants it. */
export function wallTimeOf(atMs: number, utcOffset: string): string {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):(\d{2})$/.exec(utcOffset) ?? [];
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return new Date(atMs + offsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** `data` of an answer, which is where both generations put all that they tell. */
export function dataIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
}
