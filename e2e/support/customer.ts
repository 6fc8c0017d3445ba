import { Buffer } from 'node:buffer';
import type { Page } from '@playwright/test';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import type { CheckoutView } from '../../domain/protocol/screens.ts';
import { command, snapshot, until } from './outside.ts';
import { expect } from './shop.ts';

export type Step = CheckoutView['step'];

/** Touches through the totem as a customer does, up to the code that is to be paid. */
export async function chooseAndReachPayment(
  page: Page,
  totemUrl: string,
  service: RegExp,
  timeoutMs = 15_000,
): Promise<string> {
  await freeTotem(totemUrl);
  await page.goto(totemUrl);
  await page.getByRole('button', { name: 'Toque para começar' }).click();
  await page.getByRole('button', { name: service }).click();
  await page.getByRole('button', { name: /^Pagar (R\$|com PIX)/ }).click();
  await expect(page.getByRole('heading', { name: 'Pague com PIX' })).toBeVisible({ timeout: timeoutMs });
  return awaitedBrCode(totemUrl);
}

/** The BR Code that the kiosk says is on the screen. */
export async function awaitedBrCode(totemUrl: string): Promise<string> {
  const checkout = await checkoutAt(totemUrl, 'awaiting_payment');
  return checkout.step === 'awaiting_payment' ? checkout.brCode : '';
}

export function checkoutAt(totemUrl: string, step: Step, timeoutMs?: number): Promise<CheckoutView> {
  return until(
    `the totem to be at ${step}`,
    async () => {
      const { checkout } = await snapshot(totemUrl, 'totem');
      return checkout.step === step && checkout;
    },
    timeoutMs,
  );
}

/** Leaves the last screen of whoever stood here before, so that a test begins at a free totem. */
export async function freeTotem(totemUrl: string): Promise<void> {
  await until('the totem to be free', async () => {
    const { checkout } = await snapshot(totemUrl, 'totem');
    if (checkout.step === 'idle') return true;
    const { sessionId } = checkout;
    await command(totemUrl, { kind: 'checkout.cancel', sessionId });
    await command(totemUrl, { kind: 'checkout.dismiss', sessionId });
    return false;
  });
}

/** Reads the QR code off the page's picture, as a phone's camera does, with a reader that is not ours. */
export async function readQrOnScreen(page: Page): Promise<string | null> {
  const picture = PNG.sync.read(Buffer.from(await page.screenshot()));
  return jsqr.default(new Uint8ClampedArray(picture.data), picture.width, picture.height)?.data ?? null;
}
