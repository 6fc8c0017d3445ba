import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../platform/system.ts';
import { exchange, jsonOf } from './exchange.ts';

/** A bank that begins its answer and then freezes. */
let bank: Server;
let url: string;

beforeEach(async () => {
  bank = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"status":');
  });
  await new Promise<void>((resolve) => bank.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(bank.address() as AddressInfo).port}/cob/x`;
});

afterEach(async () => {
  bank.closeAllConnections();
  await new Promise((resolve) => bank.close(resolve));
});

test('an answer that stops half-way meets its limit', async () => {
  const port = { fetch: globalThis.fetch, clock: systemClock, timeoutMs: 200 };
  const answer = exchange(port, url, { method: 'GET', headers: {} }).then(
    () => 'answered',
    (error: Error) => error.name,
  );
  await expect(answer).resolves.toBe('TimeoutError');
});

test.each([
  ['{"status":"PAGA\\u0000","list":["\\u0000a"]}', { status: 'PAGA', list: ['a'] }],
  ['{"status":"\\ud800"}', { status: '\ufffd' }],
  ['{"status":"a\\u00e7\\ud83d\\ude00"}', { status: 'aç😀' }],
  ['{"status":', undefined],
])('of %s the database can store every word', (text, value) => {
  expect(jsonOf(text)).toEqual(value);
});
