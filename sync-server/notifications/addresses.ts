import type { NotificationChannel } from '../../domain/protocol/fulfilment.ts';
import type { Channels } from './channel.ts';

/** A channel, and the address on it. */
export interface Recipient {
  readonly channel: NotificationChannel;
  readonly address: string;
}

/** E-mail where it is known; a phone by WhatsApp or, where that is not configured, by SMS. */
export function recipientsOf(
  channels: Channels,
  { email, phone }: { readonly email: string | null; readonly phone: string | null },
): Recipient[] {
  const recipients: Recipient[] = [];
  if (email !== null && channels.email !== undefined) recipients.push({ channel: 'email', address: email });
  const byPhone = channels.whatsapp !== undefined ? 'whatsapp' : channels.sms !== undefined ? 'sms' : null;
  if (phone !== null && byPhone !== null) recipients.push({ channel: byPhone, address: phone });
  return recipients;
}

/** What a log may hold (LGPD): `m***@example.com`, `+55*********34`. */
export function maskAddress({ channel, address }: Recipient): string {
  if (channel !== 'email')
    return `${address.slice(0, 3)}${'*'.repeat(Math.max(3, address.length - 5))}${address.slice(-2)}`;
  const at = address.lastIndexOf('@');
  return `${address.slice(0, 1)}***${at < 0 ? '' : address.slice(at)}`;
}

/** Another server's words without the address that they repeat. */
export function withoutAddress(text: string, recipient: Recipient): string {
  const { address } = recipient;
  const at = text.toLowerCase().indexOf(address.toLowerCase());
  if (at < 0 || address === '') return text;
  const rest = withoutAddress(text.slice(at + address.length), recipient);
  return `${text.slice(0, at)}${maskAddress(recipient)}${rest}`;
}
