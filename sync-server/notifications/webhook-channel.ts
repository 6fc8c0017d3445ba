import { createHmac } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { NotificationChannel } from '../../domain/protocol/fulfilment.ts';
import { withoutAddress } from './addresses.ts';
import { type Channel, MAX_DETAIL } from './channel.ts';

export interface MessageWebhookConfig {
  readonly url: string;
  /** Signs each request. */
  readonly secret: string;
}

/** The receiver stores it and answers; it sends the message itself later. */
const TIMEOUT_MS = 10_000;

export const SIGNATURE_HEADER = 'x-totem-signature';

/**
 * A message handed over to a service of the shop's that speaks WhatsApp or SMS, as docs/fulfilment.md describes it. The
 * message counts as sent when that service has answered 2xx.
 */
export function createWebhookChannel(
  name: Exclude<NotificationChannel, 'email'>,
  { url, secret }: MessageWebhookConfig,
  clock: Pick<Clock, 'nowMs'>,
): Channel {
  return {
    async send(address, { id, kind, text, facts }) {
      const body = JSON.stringify({ id, kind, channel: name, to: address, text, facts });
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'idempotency-key': id,
            [SIGNATURE_HEADER]: sign(secret, Math.floor(clock.nowMs() / 1000), body),
          },
          body,
          signal: AbortSignal.timeout(TIMEOUT_MS),
          redirect: 'error',
        });
        await response.body?.cancel();
        return response.ok ? { ok: true } : { ok: false, detail: `HTTP ${response.status}` };
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        const reason = cause instanceof Error ? cause.message || String(cause) : String(cause);
        return { ok: false, detail: withoutAddress(reason, { channel: name, address }).slice(0, MAX_DETAIL) };
      }
    },
  };
}

/** `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "<t>.<body>">`: the time is signed too, so that an old request shows. */
export function sign(secret: string, atSeconds: number, body: string): string {
  return `t=${atSeconds},v1=${createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex')}`;
}
