import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { MAX_ATTEMPTS, retryDelayMs } from './callback-delivery.ts';
import { REFUND_PROCESSING_MS } from './settlement.ts';
import { loadOpenApiContract } from './testing/openapi-contract.ts';
import { PIX_KEY, startTestProvider, type TestProvider } from './testing/test-provider.ts';
import { startWebhookReceiver, type WebhookReceiver } from './testing/webhook-receiver.ts';

const contract = loadOpenApiContract();
let clock: ManualClock;
let provider: TestProvider;
let receiver: WebhookReceiver;

beforeEach(async () => {
  clock = new ManualClock();
  receiver = await startWebhookReceiver();
  provider = await startTestProvider(clock);
  await provider.api('PUT', `/webhook/${PIX_KEY}`, { webhookUrl: receiver.url });
});
afterEach(async () => {
  await provider.close();
  await receiver.close();
});

/** Lets due work start and real HTTP run, until the condition holds; the simulated time moves by `stepMs` a look. */
async function until(condition: () => boolean, stepMs = 0): Promise<void> {
  await expect
    .poll(() => {
      clock.advance(stepMs);
      return condition();
    })
    .toBe(true);
}

const told = () => receiver.bodies.flatMap(({ pix }) => pix);

describe('callbacks', () => {
  it('tell a receipt, once, in the shape of API Pix', async () => {
    const { txid } = await provider.charge();
    const endToEndId = await provider.payExactly(txid);
    await until(() => receiver.bodies.length === 1);
    expect(told()).toMatchObject([{ endToEndId, txid, valor: '12.34', chave: PIX_KEY }]);
    expect(contract.checkSchema('Pix', told()[0])).toEqual([]);
    clock.advance(3_600_000);
    expect(clock.pendingTasks).toBe(0);
    expect(receiver.bodies).toHaveLength(1);
  });

  it('tell a refund when it has reached its end, not before', async () => {
    const endToEndId = await provider.payExactly((await provider.charge()).txid);
    await until(() => receiver.bodies.length === 1);
    await provider.api('PUT', `/pix/${endToEndId}/devolucao/r1`, { valor: '2.00' });
    clock.advance(REFUND_PROCESSING_MS - 1);
    expect(receiver.bodies).toHaveLength(1);
    clock.advance(1);
    await until(() => receiver.bodies.length === 2);
    expect(told()[1]).toMatchObject({ endToEndId, devolucoes: [{ id: 'r1', status: 'DEVOLVIDO' }] });
    expect(contract.checkSchema('Pix', told()[1])).toEqual([]);
  });

  it('are repeated until they are accepted', async () => {
    receiver.answer = 503;
    await provider.payExactly((await provider.charge()).txid);
    await until(() => receiver.bodies.length === 3, 500);
    receiver.answer = 200;
    await until(() => receiver.bodies.length === 4, 500);
    await until(() => clock.pendingTasks === 0);
    clock.advance(3_600_000);
    expect(receiver.bodies).toHaveLength(4);
    expect(new Set(told().map(({ endToEndId }) => endToEndId)).size).toBe(1);
  });

  it('of one key travel together when several are due', async () => {
    receiver.answer = 500;
    const charges = [await provider.charge(), await provider.charge(), await provider.charge()];
    for (const { txid } of charges) await provider.payExactly(txid);
    await until(() => told().length >= 3);
    receiver.answer = 200;
    receiver.bodies.length = 0;
    await until(() => new Set(told().map(({ txid }) => txid)).size === 3, 60_000);
    expect(Math.max(...receiver.bodies.map(({ pix }) => pix.length))).toBeGreaterThan(1);
  });

  it('owed by a provider that was ended are sent by the next', async () => {
    receiver.answer = 500;
    const endToEndId = await provider.payExactly((await provider.charge()).txid);
    await until(() => receiver.bodies.length === 1);
    await provider.restart();
    receiver.answer = 200;
    receiver.bodies.length = 0;
    await until(() => receiver.bodies.length === 1, 1000);
    expect(told()[0]).toMatchObject({ endToEndId });
  });

  it('are not owed without a webhook', async () => {
    await provider.api('DELETE', `/webhook/${PIX_KEY}`);
    await provider.payExactly((await provider.charge()).txid);
    expect(clock.pendingTasks).toBe(0);
    await provider.api('PUT', `/webhook/${PIX_KEY}`, { webhookUrl: receiver.url });
    clock.advance(3_600_000);
    expect(receiver.bodies).toHaveLength(0);
  });
});

describe('faults of the webhook', () => {
  it('lost: never sent', async () => {
    await provider.bank('PUT', '/faults', { webhook: 'lost' });
    await provider.payExactly((await provider.charge()).txid);
    expect(clock.pendingTasks).toBe(0);
  });

  it('duplicate: the same twice', async () => {
    await provider.bank('PUT', '/faults', { webhook: 'duplicate' });
    await provider.payExactly((await provider.charge()).txid);
    await until(() => receiver.bodies.length === 2, 100);
    expect(receiver.bodies[1]).toEqual(receiver.bodies[0]);
  });

  it('delayed: sent, later', async () => {
    await provider.bank('PUT', '/faults', { webhook: 'delayed', webhookDelayMs: 30_000 });
    await provider.payExactly((await provider.charge()).txid);
    clock.advance(29_999);
    expect(receiver.bodies).toHaveLength(0);
    clock.advance(1);
    await until(() => receiver.bodies.length === 1);
  });
});

it('waits twice as long each time, at most a minute, and stays within its bounds', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(retryDelayMs)).toEqual([
    1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
  ]);
  expect(retryDelayMs(MAX_ATTEMPTS)).toBe(60_000);
});
