import type { IntegrationStatus } from '../../domain/protocol/integration.ts';
import type { CommandResult, ScreenCommand } from '../../domain/protocol/screen-commands.ts';
import type { ScreenName, SnapshotOf } from '../../domain/protocol/screens.ts';

/** The world around a totem as a test plays it, over HTTP alone: the customer's bank, the printer, the manager. */

export type PayMode = 'exact' | 'late' | 'twice' | 'other_amount' | 'never';

export interface BankPayment {
  readonly endToEndId: string;
  readonly amountCents: number;
}

export async function pay(
  bankUrl: string,
  brCode: string,
  mode: PayMode = 'exact',
  amountCents?: number,
): Promise<readonly BankPayment[]> {
  const body = { brCode, mode, ...(amountCents === undefined ? {} : { amountCents }) };
  const answer = await request<{ payments: BankPayment[] }>('POST', new URL('/bank/payments', bankUrl), body);
  return answer.payments;
}

/** How many charges the bank has been asked for; 100 at most are counted. */
export async function bankCharges(bankUrl: string): Promise<number> {
  const answer = await request<{ charges: unknown[] }>('GET', new URL('/bank/charges?limit=100', bankUrl));
  return answer.charges.length;
}

export async function setBankFaults(bankUrl: string, faults: Record<string, unknown>): Promise<void> {
  await request('PUT', new URL('/bank/faults', bankUrl), faults);
}

export interface Paper {
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly text: string;
  readonly qrCodes: readonly string[];
  readonly complete: boolean;
  readonly errors: readonly string[];
}

export async function papers(printerPage: string): Promise<readonly Paper[]> {
  const answer = await request<Paper[] | { papers: Paper[] }>('GET', new URL('/api/papers', printerPage));
  return Array.isArray(answer) ? answer : answer.papers;
}

export async function setPrinter(printerPage: string, state: Record<string, unknown>): Promise<void> {
  await request('PUT', new URL('/api/state', printerPage), state);
}

export async function command(screenUrl: string, body: ScreenCommand): Promise<CommandResult> {
  return request('POST', new URL('/api/commands', screenUrl), body);
}

export async function snapshot<S extends ScreenName>(screenUrl: string, screen: S): Promise<SnapshotOf<S>> {
  return request('GET', new URL(`/api/screens/${screen}/snapshot`, screenUrl));
}

export async function integrationStatus(syncServer: string, token: string): Promise<IntegrationStatus> {
  return request('GET', new URL('/v1/integration/status', syncServer), undefined, token);
}

/** Polls until `read` answers something true; fails with what was last seen. */
export async function until<T>(
  what: string,
  read: () => Promise<T | null | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await read();
      if (value !== null && value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms; last: ${String(last)}`);
}

async function request<T>(method: string, url: URL, body?: unknown, token?: string): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url.pathname}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
