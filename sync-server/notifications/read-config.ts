import { z } from 'zod';
import { StartupFailure } from '../../platform/service.ts';
import type { NotificationsConfig } from './open-channels.ts';

/** What the environment says of the ways to a customer; docs/fulfilment.md describes each. */
export const NotificationVariables = z.object({
  /** `smtp://user:password@host:587` or `smtps://user:password@host:465`; without it no mail is sent. */
  TOTEM_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** The sender: `Clínica Exemplo <nao-responda@example.com>`. */
  TOTEM_MAIL_FROM: z
    .string()
    .regex(/^[^<>\r\n]*<?[^\s<>@]+@[^\s<>@]+>?$/, 'must be an address, or a name and <an address>')
    .optional(),
  /** Services of the shop's that send WhatsApp and SMS; each is posted the messages, signed. */
  TOTEM_WHATSAPP_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  TOTEM_SMS_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  TOTEM_MESSAGE_WEBHOOK_SECRET: z.string().min(16).optional(),
});

/** @throws StartupFailure naming the variable that is missing */
export function readNotifications(values: z.infer<typeof NotificationVariables>): NotificationsConfig {
  const {
    TOTEM_SMTP_URL: url,
    TOTEM_MAIL_FROM: from,
    TOTEM_WHATSAPP_WEBHOOK_URL: whatsapp,
    TOTEM_SMS_WEBHOOK_URL: sms,
    TOTEM_MESSAGE_WEBHOOK_SECRET: secret,
  } = values;
  if ((url === undefined) !== (from === undefined))
    throw new StartupFailure(
      'configuration: mail needs TOTEM_SMTP_URL and TOTEM_MAIL_FROM (see docs/fulfilment.md)',
    );
  const webhook = (target: string | undefined) => {
    if (target === undefined) return null;
    if (secret === undefined)
      throw new StartupFailure(
        'configuration: webhooks for messages need TOTEM_MESSAGE_WEBHOOK_SECRET (see docs/fulfilment.md)',
      );
    return { url: target, secret };
  };
  return {
    smtp: url === undefined || from === undefined ? null : { url, from },
    whatsapp: webhook(whatsapp),
    sms: webhook(sms),
  };
}
