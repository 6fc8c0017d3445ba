import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import { systemClock } from '../../platform/system.ts';
import { eventually } from '../../platform/testing/eventually.ts';
import { startVirtualPrinter, type VirtualPrinter } from './printer.ts';

const GS_R_1 = Buffer.from([0x1d, 0x72, 1]);
let dataDir: string;
let printer: VirtualPrinter;
let sockets: Socket[];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'totem-virtual-printer-'));
  sockets = [];
  printer = await start();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await printer.close();
  rmSync(dataDir, { recursive: true });
});

function start(): Promise<VirtualPrinter> {
  return startVirtualPrinter({
    host: '127.0.0.1',
    port: 0,
    pagePort: 0,
    dataDir,
    clock: systemClock,
    log: silentLog,
  });
}

/** A sender that collects what the printer answers. */
async function sender(): Promise<{ socket: Socket; answers: number[] }> {
  const { hostname, port } = new URL(printer.escposUrl);
  const socket = connect(Number(port), hostname);
  const answers: number[] = [];
  socket.on('data', (bytes) => answers.push(...bytes));
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return { socket, answers };
}

function ticket(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x1b, 0x40]), Buffer.from(`${text}\n`), Buffer.from([0x1d, 0x56, 0])]);
}

function texts(): string[] {
  return printer
    .papers()
    .map((paper) => paper.text.trim())
    .reverse();
}

async function untilTexts(expected: string[]): Promise<void> {
  await eventually(() => expect(texts()).toEqual(expected), 5);
}

describe('status bytes', () => {
  test.each([
    ['ready', [0x12, 0x12, 0x12, 0x12]],
    ['paper_low', [0x12, 0x12, 0x12, 0x1e]],
    ['paper_out', [0x1a, 0x32, 0x12, 0x7e]],
    ['cover_open', [0x1a, 0x16, 0x12, 0x12]],
  ] as const)('%s', async (mode, expected) => {
    await printer.setMode(mode);
    const { socket, answers } = await sender();
    for (const query of [1, 2, 3, 4]) socket.write(Buffer.from([0x10, 0x04, query]));
    await eventually(() => expect(answers).toEqual(expected));
  });

  test('GS r is answered in its turn: not before the paper is out', async () => {
    await printer.setMode('cover_open');
    const { socket, answers } = await sender();
    socket.write(Buffer.concat([ticket('A'), GS_R_1, Buffer.from([0x10, 0x04, 1])]));
    await eventually(() => expect(answers).toEqual([0x1a]));
    expect(texts()).toEqual([]);
    await printer.setMode('ready');
    await eventually(() => expect(answers).toEqual([0x1a, 0x00]));
    expect(texts()).toEqual(['A']);
  });

  test('a mute printer prints and says nothing', async () => {
    await printer.setMode('mute');
    const { socket, answers } = await sender();
    const closed = once(socket, 'close');
    socket.end(Buffer.concat([Buffer.from([0x10, 0x04, 1]), ticket('A'), GS_R_1]));
    await untilTexts(['A']);
    await closed;
    expect(answers).toEqual([]);
  });
});

describe('troubles', () => {
  test('jobs sent to a printer without paper all come out after the refill', async () => {
    await printer.setMode('paper_out');
    for (const text of ['A', 'B', 'C']) {
      const { socket } = await sender();
      socket.end(ticket(text));
      await once(socket, 'close');
    }
    await eventually(() => expect(printer.connections()).toBe(0));
    expect(texts()).toEqual([]);
    await printer.setMode('ready');
    await untilTexts(['A', 'B', 'C']);
  });

  test('switched off, it refuses connections and forgets what it held; switched on, it has its old address', async () => {
    await printer.setMode('paper_out');
    const { socket } = await sender();
    socket.write(ticket('lost'));
    await eventually(() => expect(printer.bufferedBytes()).toBeGreaterThan(0));
    await printer.setMode('offline');
    await expect(sender()).rejects.toThrow('ECONNREFUSED');
    await printer.setMode('ready');
    (await sender()).socket.end(ticket('B'));
    await untilTexts(['B']);
  });

  test('dies in mid-ticket: the connection breaks, what was printed is torn off incomplete', async () => {
    // ESC @ and the first line are 13 bytes; the second line stays in the buffer and is lost.
    await printer.setMode('die_mid_ticket', { dieAfterBytes: 15 });
    const { socket } = await sender();
    const broken = once(socket, 'close');
    socket.write(ticket('first line\nsecond'));
    await expect(broken).rejects.toThrow('ECONNRESET');
    expect(printer.papers()).toMatchObject([{ complete: false, text: 'first line\n' }]);
  });

  test('a sender that goes away without a cut leaves an incomplete paper', async () => {
    (await sender()).socket.end('half a ticket\n');
    await eventually(() =>
      expect(printer.papers()).toMatchObject([{ complete: false, text: 'half a ticket\n' }]),
    );
  });

  test('slow: the cut comes late, and at once when it is mended', async () => {
    await printer.setMode('slow', { slowMs: 600_000 });
    (await sender()).socket.end(ticket('A'));
    await eventually(() => expect(printer.bufferedBytes()).toBe(3));
    expect(texts()).toEqual([]);
    await printer.setMode('ready');
    await untilTexts(['A']);
  });
});

describe('page and API', () => {
  test('lists papers, shows their pictures, and keeps them over a restart', async () => {
    (await sender()).socket.end(ticket('A'));
    await untilTexts(['A']);
    await printer.close();
    printer = await start();
    (await sender()).socket.end(ticket('B'));
    await untilTexts(['A', 'B']);
    const papers = await (await fetch(`${printer.pageUrl}/api/papers`)).json();
    expect(papers).toEqual([
      { id: '000002', at: expect.any(Number), text: 'B\n', qrCodes: [], complete: true, errors: [] },
      { id: '000001', at: expect.any(Number), text: 'A\n', qrCodes: [], complete: true, errors: [] },
    ]);
    expect(await (await fetch(`${printer.pageUrl}/api/papers?limit=1`)).json()).toMatchObject([
      { id: '000002' },
    ]);
    expect((await fetch(`${printer.pageUrl}/api/papers?limit=-1`)).status).toBe(400);
    const png = await fetch(`${printer.pageUrl}/api/papers/000001.png`);
    expect(png.headers.get('content-type')).toBe('image/png');
    expect(readFileSync(join(dataDir, 'papers', '000001.bin'))).toEqual(ticket('A'));
    expect(readdirSync(join(dataDir, 'papers')).filter((file) => file.endsWith('.part'))).toEqual([]);
    expect((await fetch(`${printer.pageUrl}/api/papers/..%2F..%2Fsecret.png`)).status).toBe(404);
  });

  test('takes a mode, and refuses one that does not exist', async () => {
    const put = (body: unknown) =>
      fetch(`${printer.pageUrl}/api/state`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect(await (await put({ mode: 'slow', slowMs: 50 })).json()).toMatchObject({
      mode: 'slow',
      slowMs: 50,
      escposUrl: printer.escposUrl,
    });
    const refused = await put({ mode: 'on fire' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: 'invalid_settings' } });
    expect(await (await fetch(`${printer.pageUrl}/api/state`)).json()).toMatchObject({ mode: 'slow' });
  });

  test('runs no script but its own', async () => {
    const page = await fetch(printer.pageUrl);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(await page.text()).not.toMatch(/<script(?![^>]*src=)|style=|\son\w+=/);
  });

  test('tells its page of each new paper', async () => {
    const abort = new AbortController();
    const response = await fetch(`${printer.pageUrl}/api/events`, { signal: abort.signal });
    let received = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) received += Buffer.from(chunk).toString('utf8');
    })().catch(() => undefined);
    const papersTold = () => received.split('event: papers').length - 1;
    await eventually(() => expect(papersTold()).toBe(1));
    (await sender()).socket.end(ticket('A'));
    await eventually(() => expect(papersTold()).toBe(2));
    abort.abort();
    await reading;
  });
});

describe('as a process', () => {
  let child: ChildProcess;

  afterEach(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  function forkPrinter(environment: Record<string, string>): void {
    child = fork(join(import.meta.dirname, 'main.ts'), {
      env: { PATH: process.env['PATH'], TOTEM_LOG: 'silent', ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
  }

  test('says where it is, and stops when told to', async () => {
    forkPrinter({
      TOTEM_DATA_DIR: join(dataDir, 'own'),
      TOTEM_PRINTER_PORT: '0',
      TOTEM_PRINTER_PAGE_PORT: '0',
    });
    const [message] = await once(child, 'message');
    expect(message).toEqual({
      kind: 'ready',
      name: 'virtual-printer',
      addresses: {
        printer: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        escpos: expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/),
      },
    });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test.each([
    [
      'a port in use',
      () => ({ TOTEM_DATA_DIR: dataDir, TOTEM_PRINTER_PORT: new URL(printer.escposUrl).port }),
      /^port \d+ is in use/,
    ],
    ['no data folder', () => ({}), /TOTEM_DATA_DIR/],
  ])('%s is one clear line', async (_what, environment, expected) => {
    forkPrinter({ TOTEM_PRINTER_PAGE_PORT: '0', ...environment() });
    const [message] = await once(child, 'message');
    expect(message).toMatchObject({ kind: 'startup_failed', message: expect.stringMatching(expected) });
    expect(message.message).not.toContain('\n');
  });
});
