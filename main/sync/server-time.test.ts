import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESCUE_MARGIN_MS } from '../../domain/protocol/leases.ts';
import { createServerTime, type ServerTime } from './server-time.ts';

/** The true time, by which the server stamps; and a machine whose two clocks err and are set. */
class Machine {
  trueMs = 1_800_000_000_000;
  wallMs: number;
  monotonicMs = 50_000;
  readonly #driftPpm: number;
  readonly serverTime: ServerTime;

  constructor(skewMs: number, driftPpm: number, make = createServerTime) {
    this.wallMs = this.trueMs + skewMs;
    this.#driftPpm = driftPpm;
    this.serverTime = make({ nowMs: () => Math.floor(this.wallMs), monotonicMs: () => this.monotonicMs });
  }

  pass(durationMs: number, asleep = false): void {
    const own = durationMs * (1 + this.#driftPpm / 1e6);
    this.trueMs += durationMs;
    this.wallMs += own;
    if (!asleep) this.monotonicMs += own;
  }

  /** A request whose answer is stamped after `thereMs` and heard `backMs` later. */
  ask(thereMs: number, backMs: number): void {
    const sent = this.serverTime.mark();
    this.pass(thereMs);
    const stamp = Math.floor(this.trueMs);
    this.pass(backMs);
    this.serverTime.heard(stamp, sent);
  }
}

type Event =
  | { readonly kind: 'pass' | 'sleep' | 'jump'; readonly ms: number }
  | { readonly kind: 'ask'; readonly thereMs: number; readonly backMs: number };

const durationMs = fc.integer({ min: 0, max: 600_000 });
const delayMs = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60_000 }));
const asks = fc.record({ kind: fc.constant('ask' as const), thereMs: delayMs, backMs: delayMs });
const passes = fc.record({ kind: fc.constant('pass' as const), ms: durationMs });
const jumps = fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -1e9, max: 1e9 }) });
const sleeps = fc.record({ kind: fc.constant('sleep' as const), ms: durationMs });

const machine = {
  skewMs: fc.integer({ min: -1e10, max: 1e10 }),
  driftPpm: fc.integer({ min: -100, max: 100 }),
};

function play(about: Machine, events: readonly Event[], look: () => void): void {
  for (const event of events) {
    if (event.kind === 'ask') about.ask(event.thereMs, event.backMs);
    else if (event.kind === 'jump') about.wallMs += event.ms;
    else about.pass(event.ms, event.kind === 'sleep');
    look();
  }
}

/** Whether the kiosk would act at an instant in which an operator may have rescued. */
function actsTooLate({ serverTime, trueMs }: Machine, leaseMs: number): boolean {
  const actBefore = Math.floor(trueMs) - leaseMs;
  const latestMs = serverTime.latestMs();
  return latestMs !== null && latestMs < actBefore && trueMs > actBefore + RESCUE_MARGIN_MS;
}

describe('the upper bound of the server’s time', () => {
  it('is unknown until the server was heard', () => {
    const about = new Machine(0, 0);
    expect([about.serverTime.latestMs(), about.serverTime.estimateMs()]).toEqual([null, null]);
  });

  it.each([
    ['set back and forth', jumps],
    ['put to sleep', sleeps],
  ])('is never below it, whatever skew, drift and delay, on a machine that is %s', (_what, disturbance) => {
    fc.assert(
      fc.property(
        machine.skewMs,
        machine.driftPpm,
        fc.array(fc.oneof(asks, passes, disturbance), { maxLength: 30 }),
        fc.integer({ min: -120_000, max: 120_000 }),
        (skewMs, driftPpm, events, leaseMs) => {
          const about = new Machine(skewMs, driftPpm);
          play(about, events, () => {
            const latestMs = about.serverTime.latestMs();
            // One millisecond: clocks tell whole ones.
            if (latestMs !== null) expect(latestMs).toBeGreaterThanOrEqual(Math.floor(about.trueMs) - 1);
            expect(actsTooLate(about, leaseMs)).toBe(false);
          });
        },
      ),
    );
  });

  it('is tight on a quiet machine: two minutes after an answer, a lease of a minute is still believed for its minute', () => {
    const about = new Machine(-7_200_000, 100);
    about.ask(20, 20);
    about.pass(120_000);
    expect((about.serverTime.latestMs() ?? 0) - about.trueMs).toBeLessThan(150);
  });

  it('would act too late by the wall clock alone: a twin that shows that the property can fail', () => {
    const byWallAlone: typeof createServerTime = (clock) =>
      createServerTime({ nowMs: clock.nowMs, monotonicMs: clock.nowMs });
    const about = new Machine(0, 0, byWallAlone);
    about.ask(10, 10);
    about.wallMs -= 3_600_000;
    about.pass(70_000);
    expect(actsTooLate(about, 60_000)).toBe(true);
  });
});
