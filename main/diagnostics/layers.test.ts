import { describe, expect, it, test } from 'vitest';
import type { PrinterState, ServerLink } from '../../domain/protocol/machine-state.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import type { LinkMonitor } from '../sync/server-link.ts';
import { canTakePix, createLayerWatch } from './layers.ts';
import { hasLine } from './system-network.ts';

interface Facts {
  printer: PrinterState;
  state: ServerLink;
  lastError: string | null;
  provider: LinkMonitor['provider'];
  up: boolean;
}

/** Layers over facts that the test sets; the server is another machine, unless `serverUrl` says otherwise. */
function scene(serverUrl = 'https://sync.example', known: Partial<Facts> = {}) {
  const clock = new ManualClock();
  const facts: Facts = {
    printer: { kind: 'escpos', status: 'ready', detail: null, checkedAt: null },
    state: 'online',
    lastError: null,
    provider: 'ok',
    up: true,
    ...known,
  };
  let networkChanges = 0;
  const watch = createLayerWatch({
    printer: () => facts.printer,
    link: {
      get state() {
        return facts.state;
      },
      get lastError() {
        return facts.lastError;
      },
      get provider() {
        return facts.provider;
      },
    } as LinkMonitor,
    network: { isUp: () => facts.up },
    serverUrl,
    clock,
    onNetworkChange: () => {
      networkChanges += 1;
    },
  });
  watch.start();
  const statuses = (): string => {
    const { printer, network, server, provider } = watch.read();
    return [printer, network, server, provider].map(({ status }) => status).join(' ');
  };
  return { clock, facts, watch, statuses, networkChanges: () => networkChanges };
}

describe('each layer is judged for itself', () => {
  it('all is well', () => {
    const { statuses, watch } = scene();
    expect(statuses()).toBe('ok ok ok ok');
    expect(canTakePix(watch.read())).toBe(true);
  });

  it.each(['paper_out', 'cover_open', 'offline', 'error'] as const)('the printer: %s', (status) => {
    const { facts, statuses, watch } = scene();
    facts.printer = { ...facts.printer, status, detail: 'DLE EOT 4' };
    expect(statuses()).toBe('down ok ok ok');
    expect(watch.read().printer.detail).toBe(`${status}: DLE EOT 4`);
    // Who pays gets the number on the screen.
    expect(canTakePix(watch.read())).toBe(true);
  });

  it('little paper is still paper, and no printer is no fault', () => {
    const { facts, statuses } = scene();
    facts.printer = { ...facts.printer, status: 'paper_low' };
    expect(statuses()).toBe('ok ok ok ok');
    facts.printer = { ...facts.printer, kind: 'mock', status: 'unknown' };
    expect(statuses()).toBe('ok ok ok ok');
  });

  it('the bank, which only the server sees', () => {
    const { facts, statuses, watch } = scene();
    facts.provider = 'down';
    expect(statuses()).toBe('ok ok ok down');
    expect(canTakePix(watch.read())).toBe(false);
    facts.provider = null;
    expect(statuses()).toBe('ok ok ok unknown');
    expect(canTakePix(watch.read())).toBe(true);
  });

  it('the server, which hides the bank', () => {
    const { facts, statuses, watch } = scene();
    Object.assign(facts, { state: 'offline', lastError: 'feed: ECONNREFUSED connect 10.0.0.9:443' });
    expect(statuses()).toBe('ok ok down unknown');
    expect(watch.read().server.detail).toContain('ECONNREFUSED');
    expect(canTakePix(watch.read())).toBe(false);
  });

  it.each(['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EAI_AGAIN'])(
    'this machine’s own line, which hides both: %s',
    (code) => {
      const { facts, statuses, watch } = scene();
      Object.assign(facts, { state: 'offline', lastError: `feed: ${code} getaddrinfo sync.example` });
      expect(statuses()).toBe('ok down unknown unknown');
      expect(canTakePix(watch.read())).toBe(false);
    },
  );

  it('one break is not an outage: what was last known is said until the next try', () => {
    const { facts, statuses, watch } = scene();
    watch.read();
    Object.assign(facts, { state: 'connecting', lastError: 'feed: the stream ended' });
    expect(statuses()).toBe('ok ok ok ok');
    facts.state = 'offline';
    expect(statuses()).toBe('ok ok down unknown');
    facts.state = 'connecting';
    expect(statuses()).toBe('ok ok down unknown');
  });

  it('before the first contact nothing is known, and PIX may be tried', () => {
    const { statuses, watch } = scene('https://sync.example', { state: 'connecting', provider: null });
    expect(statuses()).toBe('ok ok unknown unknown');
    expect(canTakePix(watch.read())).toBe(true);
  });
});

test('a cable that is pulled is told within two seconds, once, and so is its return', () => {
  const { clock, facts, statuses, networkChanges } = scene();
  Object.assign(facts, { up: false, state: 'connecting', lastError: 'feed: nothing heard for 8000 ms' });
  clock.advance(2_000);
  expect(statuses()).toBe('ok down unknown unknown');
  clock.advance(10_000);
  expect(networkChanges()).toBe(1);
  facts.up = true;
  clock.advance(2_000);
  expect(networkChanges()).toBe(2);
});

test('a server on this very machine needs no line', () => {
  const { clock, facts, statuses, networkChanges } = scene('http://127.0.0.1:4100');
  facts.up = false;
  clock.advance(2_000);
  expect(statuses()).toBe('ok ok ok ok');
  expect(networkChanges()).toBe(0);
});

test('a layer keeps the moment at which it became what it is', () => {
  const { clock, facts, watch } = scene();
  const { since } = watch.read().server;
  clock.advance(60_000);
  expect(watch.read().server.since).toBe(since);
  facts.state = 'offline';
  const wentAt = clock.nowMs();
  expect(watch.read().server.since).toBe(wentAt);
  clock.advance(5_000);
  expect(watch.read().server).toMatchObject({ since: wentAt, status: 'down' });
});

test('a loopback, and an address that a machine gave itself, are no line', () => {
  const at = (address: string, internal = false) => ({ address, internal }) as never;
  expect(hasLine({})).toBe(false);
  expect(hasLine({ lo: [at('127.0.0.1', true)], eth0: [at('169.254.7.1'), at('fe80::1')] })).toBe(false);
  expect(hasLine({ lo: [at('127.0.0.1', true)], wlan0: [at('fe80::1'), at('192.168.0.12')] })).toBe(true);
});
