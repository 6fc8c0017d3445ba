import { createTransport } from 'nodemailer';
import { withoutAddress } from './addresses.ts';
import { type Channel, MAX_DETAIL, SEND_LIMIT_MS } from './channel.ts';

export interface SmtpConfig {
  /** `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`. */
  readonly url: string;
  /** `Clínica Exemplo <nao-responda@example.com>` */
  readonly from: string;
}

/** Each step of the conversation; all of them together have SEND_LIMIT_MS. */
const STEP_TIMEOUT_MS = 7_000;

/** E-mail by SMTP, a connection for each message: a shop sends a few a minute. */
export function createEmailChannel({ url, from }: SmtpConfig): Channel {
  const { hostname, username } = new URL(url);
  const transport = createTransport({
    url,
    // A password goes over an encrypted line or, on this machine alone, over none.
    requireTLS: username !== '' && !LOOPBACK.has(hostname),
    connectionTimeout: STEP_TIMEOUT_MS,
    greetingTimeout: STEP_TIMEOUT_MS,
    dnsTimeout: STEP_TIMEOUT_MS,
    socketTimeout: STEP_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(address, { id, subject, text, html }) {
      try {
        const sent = transport.sendMail({
          from,
          to: { name: '', address },
          subject,
          text,
          html,
          messageId: `<${id}@${domainOf(from)}>`,
          // Nobody's holiday notice answers a machine (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        await withinLimit(sent);
        return { ok: true };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const detail = withoutAddress(reason, { channel: 'email', address }).slice(0, MAX_DETAIL);
        return { ok: false, detail };
      }
    },
  };
}

/** Sockets live in real time, whatever the server's clock says. A message that goes out after all has the same id. */
async function withinLimit(sent: Promise<unknown>): Promise<void> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no end within ${SEND_LIMIT_MS} ms`)), SEND_LIMIT_MS);
  try {
    await Promise.race([sent, over]);
  } finally {
    clearTimeout(timer);
  }
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

function domainOf(from: string): string {
  return /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}
