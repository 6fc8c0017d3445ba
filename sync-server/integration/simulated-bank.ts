import type { PixConfig } from '../config.ts';

/** The bank is on the same machine or beside it. */
const TIMEOUT_MS = 5_000;

export type SimulatedPayment =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'simulator_only' | 'simulator_refused'; readonly detail: string };

/** Has a customer of the simulated bank pay a charge. Refused where the provider is a real bank. */
export async function payAtSimulator(
  pix: Pick<PixConfig, 'simulatorBankUrl'>,
  txid: string,
  amountCents?: number,
): Promise<SimulatedPayment> {
  if (pix.simulatorBankUrl === null)
    return { ok: false, code: 'simulator_only', detail: 'the provider is a real bank' };
  const payment =
    amountCents === undefined ? { txid, mode: 'exact' } : { txid, mode: 'other_amount', amountCents };
  try {
    const response = await fetch(`${pix.simulatorBankUrl.replace(/\/$/, '')}/bank/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payment),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.ok) return { ok: true };
    return { ok: false, code: 'simulator_refused', detail: text.slice(0, 300) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ok: false, code: 'simulator_refused', detail: `not reached: ${error.message}` };
  }
}
