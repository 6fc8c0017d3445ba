import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createParser } from 'eventsource-parser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandResult } from '../../domain/protocol/screen-commands.ts';
import { TotemSnapshot } from '../../domain/protocol/screens.ts';
import { silentLog } from '../../platform/log.ts';
import { systemClock } from '../../platform/system.ts';
import { KioskHarness, SERVICE_ID } from '../testing/kiosk-harness.ts';
import { startHttpHost } from './http-host.ts';

interface HostOptions {
  readonly built?: boolean;
}

async function host({ built = true }: HostOptions = {}) {
  const totem = await KioskHarness.start();
  const rendererDir = mkdtempSync(join(tmpdir(), 'totem-renderer-test-'));
  if (built) {
    writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>screens</title>');
    mkdirSync(join(rendererDir, 'assets'));
    writeFileSync(join(rendererDir, 'assets', 'main.js'), 'export {};');
  }
  const options = { host: '127.0.0.1', port: 0, rendererDir, clock: systemClock, log: silentLog };
  const running = await startHttpHost({ kiosk: totem.kiosk, ...options });
  onTestFinished(async () => {
    await running.close();
    rmSync(rendererDir, { recursive: true });
  });
  const base = running.urls.totem.replace('/totem', '');
  const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(`${base}/api/commands`, { method: 'POST', body, headers });
  return { totem, base, post, running };
}

describe('the pages', () => {
  it.each(['totem', 'queue', 'panel', 'technician'])('serves /%s, never from a cache', async (screen) => {
    const { base } = await host();
    const response = await fetch(`${base}/${screen}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('screens');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('lets a page load its own files and nothing else', async () => {
    const { base } = await host();
    for (const path of ['/totem', '/assets/main.js', '/api/health', '/nowhere']) {
      const { headers } = await fetch(base + path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await fetch(`${base}/assets/main.js`)).headers.get('content-type')).toContain('javascript');
  });

  it.each(['/../package.json', '/assets/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/etc/passwd', '/.env'])(
    'gives nothing from outside the folder: %s',
    async (path) => {
      const { base } = await host();
      expect(await rawStatus(base, path)).toBeGreaterThanOrEqual(400);
    },
  );

  it('says so when the screens are not built', async () => {
    const { base } = await host({ built: false });
    const response = await fetch(`${base}/totem`);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('npm run build');
  });
});

describe('commands', () => {
  it('are executed and answered with a result', async () => {
    const { post, totem } = await host();
    const response = await post(JSON.stringify({ kind: 'checkout.start', serviceId: SERVICE_ID }));
    expect(response.status).toBe(200);
    expect(CommandResult.parse(await response.json())).toMatchObject({ ok: true });
    await totem.untilStep('awaiting_payment');
  });

  it.each([
    ['not a command', '{"kind":"checkout.start"}', 'application/json', 400],
    ['not JSON', '{', 'application/json', 400],
    ['a form', 'kind=checkout.start', 'application/x-www-form-urlencoded', 415],
    ['text that a form may send', '{"kind":"checkout.start"}', 'text/plain', 415],
    ['larger than any command', `"${'x'.repeat(20_000)}"`, 'application/json', 413],
  ])('refuses %s', async (_what, body, contentType, status) => {
    const { post, totem } = await host();
    expect((await post(body, { 'content-type': contentType })).status).toBe(status);
    expect(totem.totem().checkout.step).toBe('idle');
  });

  it('refuses a page of another site, and a name that was rebound to us', async () => {
    const { base, post } = await host();
    const command = JSON.stringify({ kind: 'checkout.start', serviceId: SERVICE_ID });
    const json = { 'content-type': 'application/json' };
    expect((await post(command, { ...json, origin: 'https://shop.example' })).status).toBe(403);
    expect((await post(command, { ...json, origin: base })).status).toBe(200);
    expect(await rawStatus(base, '/api/screens/totem/snapshot', { host: 'shop.example' })).toBe(403);
    expect(await rawStatus(base, '/api/screens/totem/snapshot')).toBe(200);
  });
});

describe('snapshots', () => {
  it('come once as JSON', async () => {
    const { base } = await host();
    const snapshot = TotemSnapshot.parse(await (await fetch(`${base}/api/screens/totem/snapshot`)).json());
    expect(snapshot.checkout.step).toBe('idle');
    expect((await fetch(`${base}/api/screens/admin/snapshot`)).status).toBe(404);
  });

  it('stream: the newest at once, then each change', async () => {
    const { base, totem } = await host();
    const seen = await readStream(`${base}/api/screens/totem/snapshots`);
    await totem.until(() => seen.length === 1);
    await totem.choose();
    await totem.until(() => seen.at(-1)?.checkout.step === 'awaiting_payment');
    expect(seen[0]?.checkout.step).toBe('idle');
  });

  it('Novo SGA #330 (WebSocket broke behind proxies): plain HTTP that a proxy is told not to gather', async () => {
    const { base } = await host();
    const ending = new AbortController();
    const { headers } = await fetch(`${base}/api/screens/panel/snapshots`, { signal: ending.signal });
    ending.abort();
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('end when the host closes', async () => {
    const { base, running } = await host();
    const response = await fetch(`${base}/api/screens/panel/snapshots`);
    const text = response.text();
    await running.close();
    expect(await text).toContain('event: snapshot');
  });
});

it('tells its health', async () => {
  const { base } = await host();
  expect(await (await fetch(`${base}/api/health`)).json()).toMatchObject({ ok: true, server: 'online' });
});

/** What `fetch` would tidy up before it is sent: dots in the path, a foreign `Host`. */
function rawStatus(base: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end();
  });
}

async function readStream(url: string): Promise<TotemSnapshot[]> {
  const seen: TotemSnapshot[] = [];
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const response = await fetch(url, { signal: ending.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'snapshot') seen.push(TotemSnapshot.parse(JSON.parse(data)));
    },
  });
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  };
  read().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  return seen;
}
