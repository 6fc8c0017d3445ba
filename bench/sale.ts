import { setTimeout as sleep } from 'node:timers/promises';
import { CommandResult, type TotemCommand } from '../domain/protocol/screen-commands.ts';
import { TotemSnapshot } from '../domain/protocol/screens.ts';
import { ask } from './json-api.ts';
import type { StopwatchPrinter } from './stopwatch-printer.ts';

/** Only outside of what is measured: the kiosk is left alone between the payment and the first byte. */
const POLL_MS = 10;
/** A sale that needs this long is broken, not slow. */
const STEP_TIMEOUT_MS = 20_000;

export interface SaleRoute {
  readonly kiosk: string;
  readonly bank: string;
  readonly printer: StopwatchPrinter;
}

/** Waits until the kiosk has something to sell. @returns the id of what will be sold */
export async function untilOpen(kiosk: string): Promise<string> {
  const { services } = await untilTotem(
    kiosk,
    (totem) => totem.services.length > 0 && totem.server === 'online',
  );
  const [first] = services;
  if (first === undefined) throw new Error('the shop sells nothing');
  return first.serviceId;
}

/**
 * Sells one service through the real totem and the simulated bank.
 * @returns milliseconds from the moment the customer tells the bank to pay to the ticket's first byte at the printer
 */
export async function sell({ kiosk, bank, printer }: SaleRoute, serviceId: string): Promise<number> {
  const started = await command(kiosk, { kind: 'checkout.start', serviceId });
  if (!started.ok || started.sessionId === undefined) throw new Error(`no sale: ${JSON.stringify(started)}`);
  const { checkout } = await untilTotem(kiosk, (totem) => totem.checkout.step === 'awaiting_payment');
  if (checkout.step !== 'awaiting_payment') throw new Error(`the checkout is at ${checkout.step}`);

  const firstByteAt = printer.nextFirstByteAt();
  const paidAt = performance.now();
  await ask('POST', new URL('/bank/payments', bank).href, { brCode: checkout.brCode, mode: 'exact' });
  const elapsedMs = (await within(firstByteAt, 'the ticket did not reach the printer')) - paidAt;

  await untilTotem(kiosk, (totem) => totem.checkout.step === 'ticket');
  await command(kiosk, { kind: 'checkout.dismiss', sessionId: started.sessionId });
  return elapsedMs;
}

async function command(kiosk: string, body: TotemCommand): Promise<CommandResult> {
  return CommandResult.parse(await ask('POST', `${kiosk}/api/commands`, body));
}

async function untilTotem(kiosk: string, isSo: (snapshot: TotemSnapshot) => boolean): Promise<TotemSnapshot> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const snapshot = TotemSnapshot.parse(await ask('GET', `${kiosk}/api/screens/totem/snapshot`));
    if (isSo(snapshot)) return snapshot;
    if (waitedMs > STEP_TIMEOUT_MS)
      throw new Error(`the totem stays at ${JSON.stringify(snapshot.checkout)}`);
    await sleep(POLL_MS);
  }
}

async function within<T>(promise: Promise<T>, complaint: string): Promise<T> {
  const timeout = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(STEP_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(() => {
        throw new Error(complaint);
      }),
    ]);
  } finally {
    timeout.abort();
  }
}
