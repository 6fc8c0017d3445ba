import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { StartupFailure } from '../../platform/service.ts';
import type { App } from '../http/app.ts';
import { errorBody } from '../http/errors.ts';

/** Files are PEM. */
export interface WebhookListenerConfig {
  readonly host: string;
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Of the authorities that sign the providers' client certificates. */
  readonly clientCaFile: string;
}

export interface WebhookListener {
  /** "https://127.0.0.1:8443" */
  readonly url: string;
  close(): Promise<void>;
}

/** As of the server's other port: a client that dribbles its request holds a connection this long at most. */
const REQUEST_TIMEOUT_MS = 30_000;
const WEBHOOKS = '/v1/webhooks/';

/**
 * A second door to the webhook routes of `app`, and to nothing else, where a provider can show a client certificate.
 * Who shows none gets in as well: the routes judge, for a bank tries the address without its certificate, and wants
 * an answer that refuses it.
 * @throws StartupFailure when a file cannot be read, key and certificate do not fit, or the port is taken
 */
export async function startMtlsListener(app: App, config: WebhookListenerConfig): Promise<WebhookListener> {
  await app.ready();
  const server = createTlsServer(config, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new StartupFailure(`webhook listener on port ${config.port}: ${error.message}`)),
    );
    server.listen(config.port, config.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return {
    url: `https://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** Whether the line was opened with a certificate of the authorities given. */
export function hasClientCertificate(socket: Socket): boolean {
  return socket instanceof TLSSocket && socket.authorized;
}

function createTlsServer(config: WebhookListenerConfig, app: App): ReturnType<typeof createServer> {
  const options: ServerOptions = {
    cert: readPem(config.certificateFile),
    key: readPem(config.keyFile),
    ca: readPem(config.clientCaFile),
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    // No session is resumed: each line shows its certificate itself, and none leans on what another one showed.
    secureOptions: constants.SSL_OP_NO_TICKET,
    requestTimeout: REQUEST_TIMEOUT_MS,
  };
  try {
    return createServer(options, (request, response) => {
      if (request.url?.startsWith(WEBHOOKS) === true) return app.routing(request, response);
      response
        .writeHead(404, { 'content-type': 'application/json; charset=utf-8', connection: 'close' })
        .end(JSON.stringify(errorBody('not_found', 'only webhooks are taken here')));
    });
  } catch (error) {
    throw new StartupFailure(`webhook listener: ${(error as Error).message}`);
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupFailure(`webhook listener: ${file} cannot be read: ${(error as Error).message}`);
  }
}
