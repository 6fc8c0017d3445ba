import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Clock } from '../../../domain/clock.ts';
import { silentLog } from '../../../platform/log.ts';
import { systemClock, systemRandom } from '../../../platform/system.ts';
import { startProviderSimulator } from '../../../simulators/provider/provider.ts';
import type { NationalProvider } from '../provider.ts';
import type { WebhookReading, WebhookRequest, WebhookVerdict } from '../webhook-intake.ts';

export interface SimulatedBank {
  readonly url: string;
  /** A JSON call to the simulator, for what a customer or a merchant does there by hand. Throws unless 2xx. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** The customer pays on the bank's side. */
  pay(brCode: string | null, mode?: string, amountCents?: number): Promise<void>;
  /** How many charges there are at the bank, of any company. */
  countCharges(): Promise<number>;
  close(): Promise<void>;
}

/** The provider simulator on real sockets and a real disk. */
export async function startSimulatedBank(clock: Clock = systemClock): Promise<SimulatedBank> {
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-psp-'));
  const running = await startProviderSimulator({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    clientId: 'totem',
    clientSecret: 'secret',
    clock,
    randomBytes: systemRandom,
    log: silentLog,
  });
  const bank: SimulatedBank = {
    url: running.bankUrl,
    async call<T>(method: string, path: string, body?: unknown) {
      const response = await fetch(`${running.bankUrl}${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text) as T;
    },
    async pay(brCode, mode = 'exact', amountCents) {
      await bank.call('POST', '/bank/payments', { brCode, mode, amountCents });
    },
    async countCharges() {
      const { charges } = await bank.call<{ charges: unknown[] }>('GET', '/bank/charges?limit=100');
      return charges.length;
    },
    async close() {
      await running.close();
      rmSync(dataDir, { recursive: true });
    },
  };
  return bank;
}

export interface TakenWebhook {
  readonly verdict: WebhookVerdict;
  readonly reading: WebhookReading;
  readonly request: WebhookRequest;
}

export interface WebhookDoor {
  readonly url: string;
  readonly taken: TakenWebhook[];
  close(): Promise<void>;
}

/** An address for webhooks on a real socket, which asks the provider's intake what each of them is. */
export async function openWebhookDoor(provider: () => NationalProvider): Promise<WebhookDoor> {
  const taken: TakenWebhook[] = [];
  const server = createServer(async (incoming, response) => {
    const request: WebhookRequest = {
      path: (incoming.url ?? '').slice(1),
      headers: Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
      ),
      body: await buffer(incoming),
      hasClientCertificate: false,
      receivedAtMs: systemClock.nowMs(),
    };
    const { webhooks } = provider();
    taken.push({ verdict: await webhooks.authenticate(request), reading: webhooks.read(request), request });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
