import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PixConfig } from '../config.ts';

/**
 * The unguessable part of the webhook's address. API Pix signs nothing: who cannot use mTLS is told apart by an
 * address that only the provider knows. Made from the client secret, so that it needs no store, is the same in every
 * server process, and changes with the secret. It opens nothing but the inbox, whose items are hints.
 */
export function webhookSecret(pix: Pick<PixConfig, 'clientId' | 'clientSecret'>): string {
  return createHmac('sha256', pix.clientSecret)
    .update(`totem webhook address 1:${pix.clientId}`)
    .digest('base64url');
}

export function isWebhookSecret(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What the provider is told; it appends `/pix` when it calls (some do not: both are served). */
export function webhookUrl(serverUrl: string, secret: string): string {
  return `${serverUrl.replace(/\/$/, '')}/v1/webhooks/bacen-pix/${secret}`;
}
