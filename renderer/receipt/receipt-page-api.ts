import { ReceiptAddress, ReceiptPageState } from '../../domain/protocol/receipt-page.ts';

/** A poor mobile line; longer waits are given up, and the customer tries again. */
const ANSWER_TIMEOUT_MS = 10_000;

export type PageProblem = 'unknown' | 'invalid' | 'tooMany' | 'tooFast' | 'offline';
export type PageAnswer =
  | { readonly ok: true; readonly state: ReceiptPageState }
  | { readonly ok: false; readonly problem: PageProblem };

const PROBLEMS: Readonly<Record<number, PageProblem>> = {
  400: 'invalid',
  404: 'unknown',
  409: 'tooMany',
  429: 'tooFast',
};

export function readReceiptPage(token: string): Promise<PageAnswer> {
  return ask(`/v1/receipt-pages/${encodeURIComponent(token)}`);
}

/** The same address may be left again: it changes nothing. */
export async function leaveAddress(token: string, email: string): Promise<PageAnswer> {
  const address = ReceiptAddress.safeParse({ email });
  if (!address.success) return { ok: false, problem: 'invalid' };
  return ask(`/v1/receipt-pages/${encodeURIComponent(token)}/address`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(address.data),
  });
}

async function ask(path: string, request: RequestInit = {}): Promise<PageAnswer> {
  try {
    const response = await fetch(path, { ...request, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (!response.ok) return { ok: false, problem: PROBLEMS[response.status] ?? 'offline' };
    return { ok: true, state: ReceiptPageState.parse(await response.json()) };
  } catch (error) {
    console.warn('the server was not reached', error);
    return { ok: false, problem: 'offline' };
  }
}
