import { command, pay, snapshot, until } from './outside.ts';

/** Begins a sale at a totem over HTTP and answers the code to pay, however long the server takes up to `timeoutMs`. */
export async function beginSale(
  totemUrl: string,
  timeoutMs = 20_000,
): Promise<{ readonly brCode: string; readonly sessionId: string }> {
  return until(
    'a code to pay',
    async () => {
      const { checkout, services } = await snapshot(totemUrl, 'totem');
      if (checkout.step === 'awaiting_payment')
        return { brCode: checkout.brCode, sessionId: checkout.sessionId };
      if (checkout.step === 'creating_charge') return null;
      // What an earlier customer left on the screen.
      if (checkout.step !== 'idle')
        await command(totemUrl, { kind: 'checkout.dismiss', sessionId: checkout.sessionId });
      const [service] = services;
      if (service !== undefined)
        await command(totemUrl, { kind: 'checkout.start', serviceId: service.serviceId });
      return null;
    },
    timeoutMs,
  );
}

/** Pays at the bank, which may be away for a moment. */
export async function payOnce(bankUrl: string, brCode: string): Promise<void> {
  await until('the bank to take the payment', async () => (await pay(bankUrl, brCode)).length > 0);
}
