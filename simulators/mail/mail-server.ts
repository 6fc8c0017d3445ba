import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** Older ones are forgotten: nobody looks for them in a demonstration. */
const MAX_MAILS = 1_000;

export interface ReceivedMail {
  readonly to: readonly string[];
  readonly messageId: string;
  /** As the sender wrote it (RFC 5322). */
  readonly date: string;
  /** Unfolded and decoded. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly raw: string;
}

export type MailTemper = 'accepts' | 'refuses' | 'hangs';

/** A mail server over real TCP. */
export interface MailServer {
  readonly port: number;
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  /** What it does with the next mails; `refuses` names the recipient in its answer, as real ones do. */
  temper: MailTemper;
  /** Mails whose last byte has arrived, answered or not. */
  readonly arrived: number;
  close(): Promise<void>;
}

export async function startMailServer(port = 0, host = '127.0.0.1'): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  let temper: MailTemper = 'accepts';
  let arrived = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    // It is closed in the midst of conversations.
    closeTimeout: 10,
    logger: false,
    onRcptTo({ address }, _session, done) {
      if (temper !== 'refuses') return done();
      done(Object.assign(new Error(`5.1.1 <${address}>: no such mailbox`), { responseCode: 550 }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        arrived += 1;
        if (temper === 'hangs') return;
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push(read(Buffer.concat(chunks).toString('utf8'), to));
        mails.splice(0, mails.length - MAX_MAILS);
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const listening = (server.server.address() as AddressInfo).port;
  return {
    port: listening,
    url: `smtp://${host}:${listening}`,
    mails,
    get temper() {
      return temper;
    },
    set temper(wanted) {
      temper = wanted;
    },
    get arrived() {
      return arrived;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function read(raw: string, to: readonly string[]): ReceivedMail {
  const [head = ''] = raw.split('\r\n\r\n', 1);
  const header = (name: string): string => {
    const found = new RegExp(`^${name}:(.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(head)?.[1] ?? '';
    return found.replaceAll(/\r\n[ \t]+/g, ' ').trim();
  };
  const boundary = /boundary="([^"]+)"/.exec(head)?.[1] ?? '';
  const parts = raw.split(`--${boundary}`);
  return {
    to,
    messageId: header('Message-ID'),
    date: header('Date'),
    subject: decodeWords(header('Subject')),
    text: decodePart(parts.find((part) => part.includes('text/plain'))),
    html: decodePart(parts.find((part) => part.includes('text/html'))),
    raw,
  };
}

function decodePart(part = ''): string {
  const [head = '', ...body] = part.split('\r\n\r\n');
  const content = body.join('\r\n\r\n');
  if (/base64/i.test(head)) return Buffer.from(content, 'base64').toString('utf8');
  return /quoted-printable/i.test(head) ? decodeQuoted(content.replaceAll('=\r\n', '')) : content;
}

/** RFC 2047. */
function decodeWords(text: string): string {
  return text.replaceAll(/=\?utf-8\?([BQ])\?([^?]*)\?=(\s+(?==\?))?/gi, (_all, kind: string, word: string) =>
    kind.toUpperCase() === 'B'
      ? Buffer.from(word, 'base64').toString('utf8')
      : decodeQuoted(word.replaceAll('_', ' ')),
  );
}

function decodeQuoted(text: string): string {
  const bytes = text.replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
