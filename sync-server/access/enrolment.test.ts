import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  ENROLMENT_CODE_TTL_MS,
  EnrolmentCode,
  EnrolmentResponse,
  type EnrolRequest,
  EnrolResponse,
  type KioskView,
} from '../../domain/protocol/identity.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { registerCatalogRoutes } from '../catalog/catalog-routes.ts';
import { DEMO_KIOSK_ID, DEMO_MERCHANT_ID, DEMO_UNIT_ID } from '../catalog/demo-shop.ts';
import { type App, createApp } from '../http/app.ts';
import { enrolRequest, newTestKey, signToken, type TestKey, testKeyOf } from '../testing/kiosk-identity.ts';
import { MANAGER_TOKEN, seedShop, testContext } from '../testing/test-context.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { registerAccessRoutes } from './access-routes.ts';
import { newEnrolmentCode } from './enrolment-code.ts';

const clock = new ManualClock();
let database: TestDatabase;
let app: App;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedShop(database.db, clock.nowMs());
  const context = testContext({ db: database.db, clock });
  app = await createApp(context);
  registerAccessRoutes(app, context);
  registerCatalogRoutes(app, context);
});
afterAll(async () => {
  await app.close();
  await database.close();
});
// So that the refusals of one test are forgotten in the next.
beforeEach(() => clock.advance(15 * 60_000));

const manager = { authorization: `Bearer ${MANAGER_TOKEN}` };
type Answer = Awaited<ReturnType<App['inject']>>;

async function newCode(kioskId: string, unitId: string = DEMO_UNIT_ID): Promise<Answer> {
  return app.inject({
    method: 'POST',
    url: '/v1/enrolments',
    headers: manager,
    payload: { unitId, kioskId },
  });
}
async function codeFor(kioskId: string): Promise<string> {
  const answer = await newCode(kioskId);
  expect(answer.statusCode, answer.body).toBe(200);
  return EnrolmentResponse.parse(answer.json()).code;
}
const enrol = async (request: EnrolRequest, remoteAddress = '10.0.0.1'): Promise<Answer> =>
  app.inject({ method: 'POST', url: '/v1/enrol', payload: request, remoteAddress });
const enrolWith = (key: TestKey, code: string): Promise<Answer> => enrol(enrolRequest(key, code, clock));
const refusal = (answer: Answer): [number, string] => [answer.statusCode, answer.json().error.code];

async function catalogStatus(key: TestKey, kioskId: string): Promise<number> {
  const authorization = `Bearer ${signToken(key, kioskId, clock)}`;
  return (await app.inject({ url: '/v1/catalog', headers: { authorization } })).statusCode;
}
async function fleet(): Promise<KioskView[]> {
  return (await app.inject({ url: '/v1/kiosks', headers: manager })).json().kiosks;
}

test('a code lets one totem in, by the key that it proves to hold', async () => {
  const key = newTestKey();
  const made = EnrolmentResponse.parse((await newCode('totem-9')).json());
  expect(made).toMatchObject({ kioskId: 'totem-9', expiresAt: clock.nowMs() + ENROLMENT_CODE_TTL_MS });
  expect(EnrolmentCode.parse(made.code)).toBe(made.code);
  expect(await catalogStatus(key, 'totem-9')).toBe(401);

  // As a person types it.
  const typed = `${made.code.slice(0, 4)}-${made.code.slice(4).toLowerCase()}`;
  const answer = await enrol({ ...enrolRequest(key, made.code, clock), code: typed });
  expect(EnrolResponse.parse(answer.json())).toEqual({
    kioskId: 'totem-9',
    merchantId: DEMO_MERCHANT_ID,
    unitId: DEMO_UNIT_ID,
    keyId: key.keyId,
    enrolledAt: clock.nowMs(),
    serverTime: clock.nowMs(),
  });
  expect(await catalogStatus(key, 'totem-9')).toBe(200);
  expect((await fleet()).find(({ kioskId }) => kioskId === 'totem-9')).toEqual({
    kioskId: 'totem-9',
    unitId: DEMO_UNIT_ID,
    enrolledAt: clock.nowMs(),
    lastSeenAt: clock.nowMs(),
    revokedAt: null,
    keyId: key.keyId,
  });
});

test('only the hash of a code is stored', async () => {
  const code = await codeFor('totem-9');
  const rows = await database.db.query<{ line: string }>(
    'SELECT enrolment_codes::text AS line FROM enrolment_codes',
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.some(({ line }) => line.includes(code))).toBe(false);
});

test('a used code is worth nothing to another, and is answered again to the totem that used it', async () => {
  const key = newTestKey();
  const code = await codeFor('totem-8');
  const first = await enrolWith(key, code);
  expect(refusal(await enrolWith(newTestKey(), code))).toEqual([403, 'invalid_code']);
  clock.advance(1_000);
  const again = await enrolWith(key, code);
  expect(again.json()).toEqual({ ...first.json(), serverTime: clock.nowMs() });
  expect(await catalogStatus(key, 'totem-8')).toBe(200);
});

test('two totems race with one code: one wins, and its key is the one that is stored', async () => {
  for (let round = 0; round < 5; round += 1) {
    const keys = [newTestKey(), newTestKey()];
    const code = await codeFor('totem-7');
    const answers = await Promise.all(keys.map((key) => enrolWith(key, code)));
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 403]);
    const winner = keys[answers.findIndex((answer) => answer.statusCode === 200)];
    expect((await fleet()).find(({ kioskId }) => kioskId === 'totem-7')?.keyId).toBe(winner?.keyId);
  }
});

test('a new code for a totem withdraws the older one; a revocation withdraws it as well', async () => {
  const older = await codeFor('totem-6');
  const newer = await codeFor('totem-6');
  const other = await codeFor('totem-66');
  expect(refusal(await enrolWith(newTestKey(), older))).toEqual([403, 'invalid_code']);
  expect((await enrolWith(newTestKey(), newer)).statusCode).toBe(200);
  const open = await codeFor('totem-6');
  await app.inject({ method: 'POST', url: '/v1/kiosks/totem-6/revoke', headers: manager });
  expect(refusal(await enrolWith(newTestKey(), open))).toEqual([403, 'invalid_code']);
  expect((await enrolWith(newTestKey(), other)).statusCode).toBe(200);
});

test('two managers at once: one code is good at the end', async () => {
  for (let round = 0; round < 5; round += 1) {
    const codes = await Promise.all([codeFor('totem-5'), codeFor('totem-5')]);
    const answers = [];
    for (const code of codes) answers.push(await enrolWith(newTestKey(), code));
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 403]);
  }
});

test('a code expires', async () => {
  const code = await codeFor('totem-4');
  clock.advance(ENROLMENT_CODE_TTL_MS);
  expect(refusal(await enrolWith(newTestKey(), code))).toEqual([403, 'code_expired']);
  const fresh = await codeFor('totem-4');
  clock.advance(ENROLMENT_CODE_TTL_MS - 1);
  expect((await enrolWith(newTestKey(), fresh)).statusCode).toBe(200);
});

test('a totem that is enrolled again has its new key alone, and a revoked one is let in again', async () => {
  const [first, second] = [newTestKey(), newTestKey()];
  await enrolWith(first, await codeFor('totem-3'));
  await enrolWith(second, await codeFor('totem-3'));
  expect(await catalogStatus(first, 'totem-3')).toBe(401);
  expect(await catalogStatus(second, 'totem-3')).toBe(200);
  const revoke = (): Promise<Answer> =>
    app.inject({ method: 'POST', url: '/v1/kiosks/totem-3/revoke', headers: manager });
  const revokedAt = (await revoke()).json().revokedAt;
  expect(revokedAt).toBe(clock.nowMs());
  clock.advance(5_000);
  expect((await revoke()).json().revokedAt).toBe(revokedAt);
  expect(await catalogStatus(second, 'totem-3')).toBe(401);
  await enrolWith(second, await codeFor('totem-3'));
  expect(await catalogStatus(second, 'totem-3')).toBe(200);
});

test('a proof of another key, of none or for somebody else is refused, and the code stays good', async () => {
  const key = newTestKey();
  const code = await codeFor('totem-2');
  const good = enrolRequest(key, code, clock);
  const wrong: EnrolRequest[] = [
    { ...good, proof: signToken(newTestKey(), 'new', clock) },
    { ...good, proof: 'nothing' },
    { ...good, proof: signToken(key, 'new', clock, { claims: { aud: 'another server' } }) },
    { ...good, proof: signToken(key, 'new', clock, { header: { alg: 'none' } }) },
    // 43 characters that are no point of the curve.
    { ...good, publicKey: { ...key.publicKey, x: `${'_'.repeat(42)}8` } },
  ];
  for (const request of wrong) expect(refusal(await enrol(request))).toEqual([400, 'invalid_proof']);
  expect((await enrol(good)).statusCode).toBe(200);
});

test('a key that is another totem’s is refused', async () => {
  const code = await codeFor('totem-copy');
  expect(refusal(await enrolWith(testKeyOf(DEMO_KIOSK_ID), code))).toEqual([409, 'key_in_use']);
});

test('guessing is bounded for an address and for all of them, whatever is guessed; a good code still works later', async () => {
  const code = await codeFor('totem-1b');
  const key = newTestKey();
  const guess = (remoteAddress: string): Promise<Answer> =>
    enrol(
      enrolRequest(
        key,
        newEnrolmentCode(() => crypto.getRandomValues(new Uint8Array(8))),
        clock,
      ),
      remoteAddress,
    );
  for (let attempt = 0; attempt < 10; attempt += 1)
    expect(refusal(await guess('10.9.0.1'))).toEqual([403, 'invalid_code']);
  const bounded = await guess('10.9.0.1');
  expect(refusal(bounded)).toEqual([429, 'too_many_attempts']);
  expect(bounded.headers['retry-after']).toBe('900');
  for (let attempt = 0; attempt < 90; attempt += 1) await guess(`10.9.1.${attempt}`);
  expect(refusal(await enrol(enrolRequest(key, code, clock), '10.9.2.1'))).toEqual([
    429,
    'too_many_attempts',
  ]);
  clock.advance(15 * 60_000);
  expect((await enrol(enrolRequest(key, await codeFor('totem-1b'), clock), '10.9.0.1')).statusCode).toBe(200);
});

test('what is not there is said', async () => {
  const elsewhere = '0198c1a0-0000-7000-8000-0000000000ff';
  expect(refusal(await newCode('totem-1', elsewhere))).toEqual([404, 'unit_unknown']);
  const revoked = await app.inject({ method: 'POST', url: '/v1/kiosks/nobody/revoke', headers: manager });
  expect(refusal(revoked)).toEqual([404, 'kiosk_unknown']);
  expect((await newCode('Not A Name')).statusCode).toBe(400);
});

test('a code’s letters are all as likely', () => {
  const counts = new Map<string, number>();
  for (let round = 0; round < 4_000; round += 1) {
    const code = newEnrolmentCode((count) => crypto.getRandomValues(new Uint8Array(count)));
    for (const letter of EnrolmentCode.parse(code)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  expect(counts.size).toBe(30);
  // About 1,067 each, with a standard deviation of 32: ten of them are never seen.
  for (const [letter, count] of counts) expect(Math.abs(count - 1_067), letter).toBeLessThan(320);
});

test('one key that two copied disks enrol at the same moment, each with its own code, becomes one totem', async () => {
  for (let round = 0; round < 8; round += 1) {
    const key = newTestKey();
    const codes = [await codeFor(`copy-a-${round}`), await codeFor(`copy-b-${round}`)];
    const answers = await Promise.all(codes.map((code) => enrolWith(key, code)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
  }
});

test('guessing is bounded for all processes of the database together, also many guesses at once', async () => {
  const other = await createApp(testContext({ db: database.db, clock }));
  registerAccessRoutes(other, testContext({ db: database.db, clock }));
  try {
    const guess = (at: App, remoteAddress: string) =>
      at.inject({
        method: 'POST',
        url: '/v1/enrol',
        payload: enrolRequest(newTestKey(), 'AAAAAAAA', clock),
        remoteAddress,
      });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => guess(index % 2 === 0 ? app : other, '10.0.9.1')),
    );
    const codes = answers.map(({ statusCode }) => statusCode);
    expect(codes.filter((code) => code === 403)).toHaveLength(10);
    expect(codes.filter((code) => code === 429)).toHaveLength(20);
    clock.advance(15 * 60_000);
    expect((await guess(other, '10.0.9.1')).statusCode).toBe(403);
    // A clock that is set back keeps nobody out for long: what lies far in the future counts no more.
    await database.db.query("UPDATE enrolment_attempts SET at = at + interval '1 hour'");
    expect((await guess(app, '10.0.9.1')).statusCode).toBe(403);
  } finally {
    await other.close();
  }
});

test('a totem of the first release, with its fixed token, is told to be updated and enrolled', async () => {
  const headers = { authorization: 'Bearer totem-1-secret-of-the-first-release' };
  const answer = await app.inject({ url: '/v1/catalog', headers, remoteAddress: '10.0.8.1' });
  expect(refusal(answer)).toEqual([401, 'unauthorized']);
  expect(answer.json().error.message).toContain('update and enrol it');
});
