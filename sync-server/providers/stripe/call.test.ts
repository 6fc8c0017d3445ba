import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InternationalProvider } from '../provider.ts';
import { failed, intent, ok, REF } from './testing/answers.ts';
import { ORDER, openStripe } from './testing/open-stripe.ts';
import { type RawAnswer, type RawStripe, startRawStripe } from './testing/raw-stripe.ts';

/** Long enough for a busy machine's own sockets, short enough to wait for. */
const TIMEOUT_MS = 400;

let raw: RawStripe;
let stripe: InternationalProvider;

beforeAll(async () => {
  raw = await startRawStripe();
});
beforeEach(() => {
  raw.seen.length = 0;
  stripe = openStripe({ apiBaseUrl: raw.baseUrl, timeoutMs: TIMEOUT_MS });
});
afterAll(() => raw.close());

const calls = () => raw.seen.map(({ call }) => call);

describe('what a failure means', () => {
  const idempotency = { type: 'idempotency_error', message: 'Keys for idempotent requests …' };
  const cases: [string, RawAnswer, object][] = [
    [
      '400',
      failed(400, { type: 'invalid_request_error', code: 'amount_too_small' }),
      rejected('amount_too_small'),
    ],
    [
      '400, the key with other parameters',
      failed(400, idempotency),
      { ...rejected('idempotency_error'), leavesCharge: true },
    ],
    ['401', failed(401, { type: 'invalid_request_error' }), rejected('invalid_request_error')],
    ['402', failed(402, { type: 'card_error', code: 'card_declined' }), rejected('card_declined')],
    ['403', failed(403, { type: 'invalid_request_error' }), rejected('invalid_request_error')],
    ['409', failed(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }), { kind: 'unknown' }],
    ['429', failed(429, { type: 'invalid_request_error', code: 'rate_limit' }), { kind: 'unavailable' }],
    ['500', failed(500, { type: 'api_error' }), { kind: 'unknown' }],
    ['503', failed(503, { type: 'api_error' }), { kind: 'unknown' }],
    ['502 of a gateway', { status: 502, raw: '<html>Bad Gateway</html>' }, { kind: 'unknown' }],
    ['500 with a body of another kind', { status: 500, body: { message: 'oops' } }, { kind: 'unknown' }],
    ['200, and not what was asked for', ok({ object: 'refund', id: 're_1' }), { kind: 'unknown' }],
    ['a redirect', { status: 307, location: '/elsewhere', body: {} }, { kind: 'unknown' }],
    [
      'an answer without end',
      { status: 200, raw: ' '.repeat(3 * 1024 * 1024) + JSON.stringify(intent()) },
      { kind: 'unknown' },
    ],
    ['no answer', 'no answer', { kind: 'unknown', detail: 'no answer in time' }],
    ['half an answer', 'half an answer', { kind: 'unknown', detail: 'no answer in time' }],
    ['a reset after the request', 'reset', { kind: 'unknown' }],
  ];
  function rejected(code: string) {
    return { kind: 'rejected', code };
  }

  test.each(cases)('of a write: %s', async (_name, answer, outcome) => {
    raw.script = () => answer;
    expect(await stripe.createCheckout(ORDER)).toMatchObject(outcome);
    expect(calls()).toEqual(['POST /v1/payment_intents']);
  });

  test.each(cases.filter(([, , outcome]) => 'kind' in outcome && outcome.kind === 'unknown'))(
    'of a read, nothing is unknown: %s',
    async (_name, answer) => {
      raw.script = () => answer;
      expect(await stripe.fetchCharge(REF)).toMatchObject({ kind: 'unavailable' });
    },
  );

  test('nobody there: nothing was sent', async () => {
    const gone = await startRawStripe();
    await gone.close();
    const away = openStripe({ apiBaseUrl: gone.baseUrl });
    expect(await away.createCheckout(ORDER)).toEqual({ kind: 'unavailable', detail: 'ECONNREFUSED' });
    const nowhere = openStripe({ apiBaseUrl: 'http://stripe.invalid' });
    expect(await nowhere.createCheckout(ORDER)).toMatchObject({ kind: 'unavailable' });
  });

  test('no detail repeats what may be personal: the message of the answer stays out', async () => {
    raw.script = () => failed(402, { type: 'card_error', code: 'card_declined', message: 'Jenny Rosen' });
    expect(JSON.stringify(await stripe.createCheckout(ORDER))).not.toContain('Jenny');
  });
});
