import type { Clock } from '../../domain/clock.ts';
import type { Channels } from './channel.ts';
import { createEmailChannel, type SmtpConfig } from './email-channel.ts';
import { createWebhookChannel, type MessageWebhookConfig } from './webhook-channel.ts';

/** Which ways to a customer there are; each null where it is not configured. */
export interface NotificationsConfig {
  readonly smtp: SmtpConfig | null;
  readonly whatsapp: MessageWebhookConfig | null;
  readonly sms: MessageWebhookConfig | null;
}

export const NO_CHANNELS: Channels = {};

export function openChannels(
  { smtp, whatsapp, sms }: NotificationsConfig,
  clock: Pick<Clock, 'nowMs'>,
): Channels {
  return {
    ...(smtp === null ? {} : { email: createEmailChannel(smtp) }),
    ...(whatsapp === null ? {} : { whatsapp: createWebhookChannel('whatsapp', whatsapp, clock) }),
    ...(sms === null ? {} : { sms: createWebhookChannel('sms', sms, clock) }),
  };
}
