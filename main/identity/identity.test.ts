import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { calculateJwkThumbprint } from 'jose';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { StartupFailure } from '../../platform/service.ts';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { kioskPaths } from '../data-folder.ts';
import { supportBundle } from '../diagnostics/support-bundle.ts';
import { createServerTime } from '../sync/server-time.ts';
import { type HarnessOptions, KIOSK_ID, KioskHarness, PIN, SERVICE_ID } from '../testing/kiosk-harness.ts';
import { STUB_CATALOG } from '../testing/stub-catalog.ts';
import { createFileIdentity } from './file-identity.ts';

const CODE = 'ABCD2345';
const DAY_MS = 24 * 60 * 60_000;
const enrol = (code: string) => ({ kind: 'technician.enrol', pin: PIN, code }) as const;

/** A totem out of the box: a server that knows a code for it, and no identity. */
async function newTotem(options: HarnessOptions = {}): Promise<KioskHarness> {
  const totem = await KioskHarness.start({ ...options, enrolled: false });
  totem.server.access.offer(CODE, KIOSK_ID);
  return totem;
}

const isOnline = (totem: KioskHarness) => (): boolean =>
  totem.totem().server === 'online' && totem.server.streams === 1;

function storedIdentity(totem: KioskHarness) {
  const text = readFileSync(kioskPaths(totem.dataDir).identity, 'utf8');
  return JSON.parse(text) as { keyId: string; revokedAt: number | null; privateKey: { d: string } };
}

describe('a totem that is not enrolled', () => {
  it('shows so, sends nothing, and sells nothing', async () => {
    const totem = await newTotem();
    await totem.untilWithTime(() => totem.totem().server === 'offline');
    expect(totem.totem()).toMatchObject({ enrolment: 'not_enrolled', kioskId: null, unit: null });
    expect(totem.technician()).toMatchObject({ enrolment: 'not_enrolled', identity: null, kioskId: null });
    expect(await totem.execute({ kind: 'checkout.start', serviceId: SERVICE_ID })).toEqual({
      ok: false,
      code: 'not_enrolled',
    });
    expect(totem.server.refusedTokens).toEqual([]);
    expect(totem.server.pushEncodings).toEqual([]);
  });

  it('is enrolled by a technician, as the code was written down, and sells at once', async () => {
    const totem = await newTotem();
    expect(await totem.execute(enrol(' abcd-2345 '))).toEqual({ ok: true });
    await totem.untilWithTime(isOnline(totem));
    expect(totem.totem()).toMatchObject({ enrolment: 'enrolled', kioskId: KIOSK_ID });
    await totem.buy();
    expect(totem.server.refusedTokens).toEqual([]);
  });

  it.each([
    ['nothing like a code', 'invalid_code'],
    ['ZZZZ9999', 'invalid_code'],
    ['VVVV2222', 'code_expired'],
  ])('is told about the code “%s”: %s', async (code, refusal) => {
    const totem = await newTotem();
    totem.server.access.offer('VVVV2222', KIOSK_ID, { expired: true });
    expect(await totem.execute(enrol(code))).toEqual({ ok: false, code: refusal });
    expect(totem.totem().enrolment).toBe('not_enrolled');
  });

  it('is told that the server is away, and needs the PIN', async () => {
    const totem = await newTotem({ serverAway: true });
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: false, code: 'server_unreachable' });
    expect(await totem.execute({ ...enrol(CODE), pin: '0000' })).toEqual({ ok: false, code: 'wrong_pin' });
  });

  it('enrols itself by the code of its configuration once the server is there', async () => {
    const totem = await newTotem({ serverAway: true, enrolmentCode: CODE });
    await totem.until(() => totem.clock.pendingTasks > 0);
    await totem.server.start();
    await totem.untilWithTime(isOnline(totem));
    expect(totem.totem().kioskId).toBe(KIOSK_ID);
  });

  it('stands there, and waits for a technician, when that code is refused', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
    const totem = await newTotem({ enrolmentCode: 'ZZZZ9999', log });
    await totem.until(() => lines.some((line) => line.includes('enrolment code was refused')));
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: true });
    await totem.untilWithTime(isOnline(totem));
  });

  it('comes through an answer that was lost: the same code leads to the same totem', async () => {
    const totem = await newTotem();
    totem.server.loseAnswers = true;
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: false, code: 'server_unreachable' });
    totem.server.loseAnswers = false;
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: true });
  });
});

it('finds its way back when the answer to a second enrolment was lost: the server has the newer key', async () => {
  const totem = await newTotem();
  expect(await totem.execute(enrol(CODE))).toEqual({ ok: true });
  await totem.untilWithTime(isOnline(totem));
  const former = storedIdentity(totem).keyId;
  totem.server.access.offer('VVVV2222', KIOSK_ID);
  totem.server.loseAnswers = true;
  expect(await totem.execute(enrol('VVVV2222'))).toEqual({ ok: false, code: 'server_unreachable' });
  totem.server.loseAnswers = false;
  totem.server.dropStreams();
  await totem.untilWithTime(() => storedIdentity(totem).keyId !== former && isOnline(totem)());
  await totem.buy();
});

it('finds its way back also when the power went before that answer', async () => {
  const totem = await newTotem();
  expect(await totem.execute(enrol(CODE))).toEqual({ ok: true });
  await totem.untilWithTime(isOnline(totem));
  const former = storedIdentity(totem).keyId;
  totem.server.access.offer('VVVV2222', KIOSK_ID);
  totem.server.loseAnswers = true;
  expect(await totem.execute(enrol('VVVV2222'))).toEqual({ ok: false, code: 'server_unreachable' });
  totem.server.loseAnswers = false;
  await totem.powerCut(() => undefined);
  await totem.untilWithTime(() => storedIdentity(totem).keyId !== former && isOnline(totem)());
  await totem.buy();
});

it('asks for one identity at a time: the key that the server heard last is the one that is kept', async () => {
  const clock = new ManualClock();
  let known = '';
  let asked = 0;
  const identity = createFileIdentity({
    file: join(mkdtempSync(join(tmpdir(), 'totem-identity-')), 'identity.json'),
    clock,
    randomBytes: systemRandom,
    serverTime: createServerTime(clock),
    // The answer to the first is long on its way, once the server has heard it.
    ask: async ({ publicKey }) => {
      known = await calculateJwkThumbprint(publicKey);
      const keyId = known;
      asked += 1;
      if (asked === 1) await setTimeout(100);
      const { merchantId, unitId } = STUB_CATALOG.unit;
      return {
        ok: true,
        value: { kioskId: KIOSK_ID, merchantId, unitId, keyId, enrolledAt: 1, serverTime: clock.nowMs() },
      };
    },
    mayBecome: () => true,
    log: silentLog,
  });
  expect(await Promise.all([identity.enrol(CODE), identity.enrol('ABCD2346')])).toEqual([
    { ok: true },
    { ok: true },
  ]);
  expect(asked).toBe(2);
  expect(identity.current()?.keyId).toBe(known);
});

describe('a code', () => {
  it('is good for one totem', async () => {
    const first = await newTotem();
    expect(await first.execute(enrol(CODE))).toEqual({ ok: true });
    rmSync(kioskPaths(first.dataDir).identity);
    await first.powerCut();
    expect(first.totem().enrolment).toBe('not_enrolled');
    expect(await first.execute(enrol(CODE))).toEqual({ ok: false, code: 'invalid_code' });
  });

  it('of the same totem gives it a new key, by which it goes on', async () => {
    const totem = await KioskHarness.start();
    const before = storedIdentity(totem).keyId;
    totem.server.access.offer(CODE, KIOSK_ID);
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: true });
    expect(storedIdentity(totem).keyId).not.toBe(before);
    await totem.until(() => totem.totem().server !== 'online');
    await totem.untilWithTime(isOnline(totem));
    await totem.buy();
  });

  it('of another totem is refused while there is something to send', async () => {
    const totem = await KioskHarness.start();
    totem.server.access.offer(CODE, 'totem-7');
    totem.server.refusePush = () => ({ status: 503, code: 'away' });
    await totem.buy();
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: false, code: 'other_totem' });
    expect(totem.totem().kioskId).toBe(KIOSK_ID);
    expect(storedIdentity(totem)).toMatchObject({ kioskId: KIOSK_ID });
  });

  it('of another totem is refused while a payment of the first one waits for its ticket', async () => {
    const totem = await KioskHarness.start();
    const db = new Database(kioskPaths(totem.dataDir).database);
    const { sessionId, ...rest } = totem.server.confirmation(randomUUID(), KIOSK_ID);
    db.prepare(
      `INSERT INTO confirmations (session_id, kiosk_id, own, payload_json, label, paid_at) VALUES (?, ?, 1, ?, ?, 0)`,
    ).run(sessionId, KIOSK_ID, JSON.stringify({ sessionId, ...rest }), rest.ticket.label);
    db.close();
    totem.server.access.offer(CODE, 'totem-7');
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: false, code: 'other_totem' });
  });

  it('of another totem is taken when nothing is left of the first one', async () => {
    const totem = await KioskHarness.start();
    await totem.buy();
    await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
    totem.server.access.offer(CODE, 'totem-7');
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: true });
    expect(totem.totem().kioskId).toBe('totem-7');
  });

  it('of another unit is never taken by a folder that holds a unit already', async () => {
    const totem = await KioskHarness.start();
    const other = { ...STUB_CATALOG.unit, unitId: '018f0000-0000-7000-8000-0000000000bb' };
    totem.server.publish('catalog.changed', { catalog: { ...STUB_CATALOG, version: 2, unit: other } });
    await totem.until(() => totem.technician().sync.catalogVersion === 2);
    totem.server.access.offer(CODE, KIOSK_ID);
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: false, code: 'other_totem' });
  });
});

describe('the identity', () => {
  it('outlives a restart, and the loss of the database', async () => {
    const totem = await newTotem();
    await totem.execute(enrol(CODE));
    await totem.untilWithTime(isOnline(totem));
    const { keyId } = storedIdentity(totem);
    await totem.powerCut(() => {
      for (const name of readdirSync(totem.dataDir)) {
        if (name.startsWith('kiosk.sqlite')) rmSync(join(totem.dataDir, name));
      }
    });
    await totem.untilWithTime(isOnline(totem));
    expect(totem.technician().identity).toMatchObject({ keyId, warning: null });
    expect(totem.totem().kioskId).toBe(KIOSK_ID);
  });

  it('ends at once when it is revoked, also over a restart, and is healed by enrolling again', async () => {
    const totem = await KioskHarness.start();
    totem.server.access.revoke(KIOSK_ID);
    totem.server.dropStreams();
    await totem.untilWithTime(() => totem.totem().enrolment === 'revoked');
    expect(await totem.execute({ kind: 'checkout.start', serviceId: SERVICE_ID })).toMatchObject({
      code: 'not_enrolled',
    });
    const asked = totem.server.refusedTokens.length;
    totem.clock.advance(60_000);
    await totem.execute({ kind: 'technician.sync_now', pin: PIN });
    await totem.powerCut();
    expect(totem.totem().enrolment).toBe('revoked');
    expect(totem.technician().identity).not.toBeNull();
    expect(totem.server.refusedTokens).toHaveLength(asked);

    totem.server.access.offer(CODE, KIOSK_ID);
    expect(await totem.execute(enrol(CODE))).toEqual({ ok: true });
    await totem.untilWithTime(isOnline(totem));
    await totem.buy();
  });

  it('rests in a file that its owner alone may read, and says when others may', async () => {
    const totem = await KioskHarness.start();
    const { identity } = kioskPaths(totem.dataDir);
    expect(statSync(identity).mode & 0o777).toBe(0o600);
    expect(totem.technician().identity?.warning).toBeNull();
    chmodSync(identity, 0o644);
    expect(totem.technician().identity?.warning).toMatch(/mode 644.*chmod 600/);
  });

  it.each([
    ['is no JSON', 'not json'],
    ['lacks what it needs', '{"kioskId":"totem-1"}'],
  ])('is not made anew when its file %s: the start fails and says what to do', async (_what, text) => {
    const totem = await KioskHarness.start();
    const { identity } = kioskPaths(totem.dataDir);
    const whole = readFileSync(identity, 'utf8');
    await expect(
      totem.powerCut(() => writeFileSync(kioskPaths(totem.dataDir).identity, text)),
    ).rejects.toThrow(StartupFailure);
    writeFileSync(kioskPaths(totem.dataDir).identity, whole);
    totem.restart();
    expect(totem.totem().kioskId).toBe(KIOSK_ID);
  });

  it('does not believe a file whose key is not the one that was enrolled', async () => {
    const totem = await KioskHarness.start();
    const foreign = await KioskHarness.start();
    const mixed = { ...storedIdentity(totem), privateKey: storedIdentity(foreign).privateKey };
    const whole = readFileSync(kioskPaths(totem.dataDir).identity, 'utf8');
    await expect(
      totem.powerCut(() => writeFileSync(kioskPaths(totem.dataDir).identity, JSON.stringify(mixed))),
    ).rejects.toThrow(/put a copy of it back/);
    writeFileSync(kioskPaths(totem.dataDir).identity, whole);
    totem.restart();
  });

  it('keeps its private key out of logs, snapshots and the support bundle', async () => {
    let logged = '';
    const sink = new Writable({
      write(chunk, _encoding, done) {
        logged += String(chunk);
        done();
      },
    });
    const totem = await newTotem({ log: pino({ level: 'trace' }, sink), enrolmentCode: CODE });
    await totem.untilWithTime(isOnline(totem));
    await totem.buy();
    totem.server.access.revoke(KIOSK_ID);
    totem.server.dropStreams();
    await totem.untilWithTime(() => totem.totem().enrolment === 'revoked');
    const { privateKey, keyId } = storedIdentity(totem);
    const said = [
      logged,
      JSON.stringify([totem.totem(), totem.technician(), totem.kiosk.snapshot('queue')]),
      JSON.stringify(supportBundle(totem.dataDir)),
    ];
    for (const text of said) {
      expect(text).not.toContain(privateKey.d);
      expect(text).not.toContain('eyJ');
    }
    // That the search can find something at all.
    expect(logged).toContain(keyId);
  });
});

describe('a kiosk whose clock is wrong', () => {
  it.each([3, -3])('by %d days signs by the server’s time and sells', async (days) => {
    const totem = await KioskHarness.start({ clockOffsetMs: days * DAY_MS });
    expect(totem.server.refusedTokens).toEqual(['token_expired']);
    expect(totem.technician().sync.clockSkewMs).toBe(-days * DAY_MS);
    await totem.buy();
    expect(totem.server.refusedTokens).toHaveLength(1);
  });

  it.each([3, -3])('because it is set by %d days while it runs, goes on', async (days) => {
    const totem = await KioskHarness.start();
    totem.wallClock.offsetMs = days * DAY_MS;
    totem.server.dropStreams();
    await totem.untilWithTime(isOnline(totem));
    await totem.buy();
    expect(totem.technician().sync.clockSkewMs).toBe(-days * DAY_MS);
    expect(totem.totem().enrolment).toBe('enrolled');
  });

  it('measures nothing and gets nowhere without the server’s word: the twin', async () => {
    const totem = await KioskHarness.start({ clockOffsetMs: 3 * DAY_MS, serverAway: true });
    totem.server.tellsTime = false;
    await totem.server.start();
    await totem.until(() => totem.server.refusedTokens.length === 2);
    expect(totem.server.refusedTokens).toEqual(['token_expired', 'token_expired']);
    expect(totem.totem().server).not.toBe('online');
  });

  it('renews its token before it ends', async () => {
    const totem = await KioskHarness.start();
    for (let minute = 0; minute < 12; minute += 1) {
      await totem.pass(60_000);
    }
    expect(totem.server.refusedTokens).toEqual([]);
  });
});

it('sends what is large compressed, and what is small as it is', async () => {
  const totem = await KioskHarness.start();
  await totem.choose();
  await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
  expect(totem.server.pushEncodings).toEqual([undefined]);
  await totem.server.stop();
  totem.fillOutbox(100);
  await totem.server.start();
  await totem.execute({ kind: 'technician.sync_now', pin: PIN });
  await totem.untilWithTime(() => totem.technician().sync.outboxPending === 0);
  expect(totem.server.pushEncodings.at(-1)).toBe('gzip');
  expect(totem.server.pushed).toHaveLength(101);
});
