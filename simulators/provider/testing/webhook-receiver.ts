import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface WebhookReceiver {
  readonly url: string;
  /** Bodies of every `POST {url}/pix`, in order; those that were answered with an error too. */
  readonly bodies: {
    readonly pix: readonly { endToEndId: string; txid: string; devolucoes?: unknown[] }[];
  }[];
  /** What the next requests are answered; 200 at first. */
  answer: number;
  close(): Promise<void>;
}

/** A client's endpoint over real HTTP. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const bodies: WebhookReceiver['bodies'] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST' || request.url !== '/hook/secret/pix') {
      response.writeHead(404).end();
      return;
    }
    bodies.push((await json(request)) as WebhookReceiver['bodies'][number]);
    response.writeHead(receiver.answer).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret`,
    bodies,
    answer: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
