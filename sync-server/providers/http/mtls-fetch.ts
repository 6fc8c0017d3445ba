import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { Readable } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { StartupFailure } from '../../../platform/service.ts';

/** How this server shows who it is: files, PEM, as a bank hands them out. */
export const ClientCertificate = z.object({
  certificateFile: z.string().min(1),
  keyFile: z.string().min(1),
  /** Of the key, where it has one. */
  passphrase: z.string().optional(),
  /** Whom to trust at the other end, in place of the public authorities. */
  caFile: z.string().min(1).optional(),
});
export type ClientCertificate = z.infer<typeof ClientCertificate>;

/** Statuses whose answer has no body, by the Fetch standard. */
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * A `fetch` that shows a client certificate, by Node's own HTTPS: Node's global `fetch` takes none. It knows what the
 * adapters ask of it: a text body, headers, a signal, and no redirect is ever followed.
 * @throws StartupFailure naming the file that cannot be read, or saying that key and certificate do not fit
 */
export function createMtlsFetch(settings: ClientCertificate): typeof globalThis.fetch {
  const { certificateFile, keyFile, passphrase, caFile } = settings;
  const identity = {
    cert: readPem(certificateFile),
    key: readPem(keyFile),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(caFile === undefined ? {} : { ca: readPem(caFile) }),
  };
  try {
    createSecureContext(identity);
  } catch (error) {
    throw new StartupFailure(`client certificate ${certificateFile}: ${(error as Error).message}`);
  }
  const agent = new Agent({ ...identity, keepAlive: true, minVersion: 'TLSv1.2' });
  return (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.protocol !== 'https:')
      return Promise.reject(new TypeError('a client certificate is shown over https only'));
    return send(agent, url, init);
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupFailure(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function send(agent: Agent, url: URL, init: RequestInit): Promise<Response> {
  const { method = 'GET', signal } = init;
  return new Promise((resolve, reject) => {
    const call = request(url, {
      agent,
      method,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(signal == null ? {} : { signal }),
    });
    call.once('response', (answer) => resolve(toResponse(answer)));
    // As `fetch` tells it: who ended the call is told why, and the network's reason is the cause.
    call.on('error', (error) =>
      reject(signal?.aborted === true ? signal.reason : new TypeError('fetch failed', { cause: error })),
    );
    call.end(typeof init.body === 'string' ? init.body : undefined);
  });
}

function toResponse(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headersDistinct))
    for (const each of value ?? []) headers.append(name, each);
  const status = answer.statusCode ?? 0;
  if (WITHOUT_BODY.has(status)) answer.resume();
  const body = WITHOUT_BODY.has(status) ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return new Response(body, { status, headers });
}
