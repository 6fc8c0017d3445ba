import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface CallbackReceiver {
  readonly url: string;
  readonly calls: { readonly path: string; readonly body: Uint8Array }[];
  close(): Promise<void>;
}

/** Takes every callback over real HTTP, and keeps it. */
export async function startCallbackReceiver(): Promise<CallbackReceiver> {
  const calls: { path: string; body: Uint8Array }[] = [];
  const server = createServer(async (request, response) => {
    calls.push({ path: request.url ?? '', body: await buffer(request) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
