import { z } from 'zod';
import { askAsManager } from '../scripts/manager-api.ts';
import type { Outcome } from './output.ts';
import { type AccessOptions, accessOf } from './server-access.ts';

interface Call<B extends z.ZodType, S extends z.ZodType> {
  readonly path: string;
  /** What the server asks for, checked before it is sent; absent: nothing is sent, and the call only reads. */
  readonly body?: { readonly schema: B; readonly value: unknown };
  readonly answer: S;
  readonly text: (value: z.output<S>) => string;
  /** Where the server has much to read. */
  readonly timeoutMs?: number;
}

/** Checks a manager's request, sends it, and words the answer. */
export async function callServer<B extends z.ZodType, S extends z.ZodType>(
  options: AccessOptions,
  { path, body, answer, text, timeoutMs }: Call<B, S>,
): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const request = body?.schema.safeParse(body.value);
  if (request !== undefined && !request.success)
    return {
      ok: false,
      code: 'invalid_request',
      message: z.prettifyError(request.error).replaceAll('\n', ' '),
    };
  const method = body === undefined ? 'GET' : 'POST';
  const asked = await askAsManager(access.value, answer, method, path, request?.data, timeoutMs);
  if (!asked.ok) return asked;
  return { ok: true, data: asked.value, text: text(asked.value) };
}

/** An id as part of a path. */
export function pathPart(id: string | undefined): string {
  return encodeURIComponent(id ?? '');
}

/** Of an option that holds a number; what is none is left for the check to refuse. */
export function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : text.trim() === '' ? Number.NaN : Number(text);
}

/** "2026-12-01T08:00-03:00" in epoch milliseconds; NaN for what is no time. */
export function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** `yes` or `no`; anything else is left for the check to refuse. */
export function flagOf(text: string | undefined): boolean | string | undefined {
  return text === 'yes' ? true : text === 'no' ? false : text;
}

export function moneyText(amountCents: number, currency: string): string {
  return `${(amountCents / 100).toFixed(2)} ${currency}`;
}

export function timeText(atMs: number | null): string {
  return atMs === null ? '-' : new Date(atMs).toISOString();
}
