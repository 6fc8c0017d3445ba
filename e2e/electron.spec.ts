// The shell's own life: it sells, cannot be left, and comes back from every death.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchElectron } from '../scripts/electron-binary.ts';
import { projectDir } from '../scripts/project.ts';
import {
  currentUrl,
  electronBinary,
  enginePid,
  expect,
  kioskEnvironment,
  sell,
  test,
  totemAt,
} from './support/electron-host.ts';

test('the engine sells from its own process, and the other screens are served to the LAN', async ({
  kiosk,
}) => {
  expect(await sell(kiosk)).toBe('C001');
  expect(await sell(kiosk)).toBe('C002');
  const pid = await enginePid(kiosk.app);
  expect(pid).toBeGreaterThan(0);
  expect(pid).not.toBe(kiosk.app.process().pid);
  const [ready] = kiosk.messages();
  expect(ready).toMatchObject({ kind: 'ready', name: 'kiosk' });
  const answer = await fetch(
    `${new URL(ready?.addresses?.['queue'] ?? '').origin}/api/screens/queue/snapshot`,
  );
  const queue = (await answer.json()) as { waiting: unknown[]; arriving: unknown[] };
  expect(queue.waiting.length + queue.arriving.length).toBe(2);
});

test('the window is a kiosk on the whole screen, without a menu, kept awake', async ({ kiosk }) => {
  const state = await kiosk.app.evaluate(({ BrowserWindow, Menu, powerSaveBlocker }) => {
    const [window] = BrowserWindow.getAllWindows();
    return {
      kiosk: window?.isKiosk(),
      visible: window?.isVisible(),
      menu: Menu.getApplicationMenu(),
      awake: [0, 1].some((id) => powerSaveBlocker.isStarted(id)),
    };
  });
  expect(state).toEqual({ kiosk: true, visible: true, menu: null, awake: true });
});

test('no key reloads, closes or leaves the page, and closing the window is refused', async ({ kiosk }) => {
  const { app, page } = kiosk;
  await page.evaluate(() => Object.assign(window, { __stillHere: true }));
  for (const keys of [
    'Control+r',
    'F5',
    'Control+Shift+R',
    'Control+w',
    'Control+q',
    'F11',
    'Alt+ArrowLeft',
  ]) {
    await page.keyboard.press(keys);
  }
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await page.evaluate(() => window.close());
  await expect.poll(() => kiosk.log().split('closing the window refused').length).toBeGreaterThanOrEqual(2);
  expect(await page.evaluate(() => '__stillHere' in window)).toBe(true);
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test('a blocked key never reaches the page; a typed one does', async ({ kiosk }) => {
  const { page } = kiosk;
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { __seen: seen });
    addEventListener('keydown', (event) => seen.push(event.key));
  });
  for (const key of ['F5', 'a', 'Control+p', 'F12', 'b']) await page.keyboard.press(key);
  expect(await page.evaluate(() => (window as unknown as { __seen: string[] }).__seen)).toEqual([
    'a',
    'Control',
    'b',
  ]);
});

test('the technician’s screen opens within the same origin', async ({ kiosk }) => {
  await kiosk.page.evaluate(() => location.assign('/technician'));
  await expect.poll(() => currentUrl(kiosk.app)).toBe('app://kiosk/technician');
  await expect(kiosk.page.getByRole('heading', { name: 'Área do técnico' })).toBeVisible();
  const screen = await kiosk.page.evaluate(
    () =>
      new Promise((resolve) => {
        window.totemBridge?.subscribe(
          'technician',
          // Its first snapshot may come before the totem is enrolled.
          ({ kioskId }) => {
            if (kioskId !== null) resolve(kioskId);
          },
          () => {},
        );
      }),
  );
  expect(screen).toBe('totem-1');
});

test('an engine that is killed is started again, and the page goes on by itself', async ({ kiosk }) => {
  const { app, page } = kiosk;
  expect(await sell(kiosk)).toBe('C001');
  await page.evaluate(() => {
    const links: string[] = [];
    Object.assign(window, { __links: links });
    window.totemBridge?.subscribe(
      'totem',
      () => {},
      (link) => links.push(link),
    );
  });
  const links = (): Promise<string[]> =>
    page.evaluate(() => (window as unknown as { __links: string[] }).__links);
  await expect.poll(links).toEqual(['connected']);
  const killed = await enginePid(app);
  process.kill(killed ?? 0, 'SIGKILL');
  await expect.poll(links).toEqual(['connected', 'lost', 'connected']);
  expect(await enginePid(app)).not.toBe(killed);
  // Nothing that was stored is lost, and the same document sells on.
  expect(await sell(kiosk)).toBe('C002');
  expect(kiosk.messages().filter(({ kind }) => kind === 'ready')).toHaveLength(2);
});

test('a page that crashes is loaded again; the fourth time in five minutes the shell leaves with 1', async ({
  kiosk,
}) => {
  const { app } = kiosk;
  const exit = new Promise<number | null>((resolve) => app.process().once('exit', (code) => resolve(code)));
  const heading = (): Promise<unknown> =>
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
        `document.querySelector('#root > *') !== null && window.totemBridge !== undefined`,
      ),
    );
  const crash = (): Promise<void> =>
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
  for (let crashes = 1; crashes <= 3; crashes++) {
    await crash();
    await expect.poll(() => kiosk.log().split('the page died').length - 1).toBe(crashes);
    await expect.poll(() => heading().catch(() => false)).toBe(true);
  }
  await crash().catch(() => {}); // the answer may not come back any more
  expect(await exit).toBe(1);
});

test('a second start says so, leaves with 1, and brings the first window to the front', async ({ kiosk }) => {
  await kiosk.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
  const second = spawn(electronBinary, ['--no-sandbox', projectDir], { env: kiosk.environment });
  let said = '';
  second.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  expect(await new Promise((resolve) => second.once('exit', resolve))).toBe(1);
  expect(said).toContain(`kiosk: Totem is already running on ${kiosk.dataDir}`);
  const minimized = (): Promise<boolean | undefined> =>
    kiosk.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMinimized());
  await expect.poll(minimized).toBe(false);
});

test('SIGTERM closes the engine’s database and leaves with 0', async ({ kiosk }) => {
  await totemAt(kiosk.page, 'idle');
  expect(existsSync(join(kiosk.dataDir, 'kiosk.sqlite-wal'))).toBe(true);
  const engine = await enginePid(kiosk.app);
  const shell = kiosk.app.process();
  const exit = new Promise((resolve) => shell.once('exit', (code) => resolve(code)));
  shell.kill('SIGTERM');
  expect(await exit).toBe(0);
  // SQLite removes its log when the last connection is closed properly.
  expect(existsSync(join(kiosk.dataDir, 'kiosk.sqlite-wal'))).toBe(false);
  expect(() => process.kill(engine ?? 0, 0)).toThrow('ESRCH');
});

test('a wrong configuration is one line on stderr, a message on stdout, and exit code 1', async ({
  kiosk,
}) => {
  const dataDir = join(kiosk.dataDir, 'other');
  const child = spawn(electronBinary, ['--no-sandbox', projectDir], {
    env: { ...kiosk.environment, TOTEM_DATA_DIR: dataDir, TOTEM_PRINTER: 'lpt1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ kind: 'startup_failed', name: 'kiosk' });
  expect(stderr).toMatch(/^kiosk: .*TOTEM_PRINTER/m);
});

test('started as a supervisor does it: ready as a message, stopped by SIGTERM', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'totem-electron-'));
  const child = launchElectron({
    binary: electronBinary,
    environment: kioskEnvironment(dataDir, 'http://127.0.0.1:9999'),
  });
  child.stderr?.resume();
  const message = await new Promise((resolve) => child.once('message', resolve));
  expect(message).toMatchObject({
    kind: 'ready',
    addresses: { technician: expect.stringContaining('http://') },
  });
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  rmSync(dataDir, { recursive: true });
});
