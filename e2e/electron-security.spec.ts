// Electron's security checklist (docs/tutorial/security.md), one named test per item that can be shown on a running
// shell; docs/electron.md lists the others, and what proves them.
import { join } from 'node:path';
import { projectDir } from '../scripts/project.ts';
import { currentUrl, execute, expect, testOnOneKiosk as test, totemAt } from './support/electron-host.ts';
import { SERVICE_ID } from './support/sync-server-stub.ts';

test('1, 18: everything is loaded from app://kiosk, nothing from elsewhere or from a file', async ({
  kiosk,
}) => {
  const { app, page } = kiosk;
  const requested: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  await page.reload();
  await page.locator('#root > *').first().waitFor();
  const origin = await page.evaluate(() => location.origin);
  expect(requested.length).toBeGreaterThan(2);
  expect(requested.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([]);
  expect(await currentUrl(app)).toBe('app://kiosk/totem');
});

test('2, 3, 4: the page has no Node, is isolated and sandboxed', async ({ kiosk }) => {
  const { app, page } = kiosk;
  expect(
    await page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'global'].filter((name) => name in window),
    ),
  ).toEqual([]);
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    return contents.getLastWebPreferences();
  });
  expect(preferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    devTools: false,
  });
});

test('5: every permission is denied, asked for or looked up', async ({ kiosk }) => {
  const asked = await kiosk.page.evaluate(async () => {
    const verdict = (request: Promise<unknown>): Promise<string> =>
      request.then(
        () => 'granted',
        () => 'denied',
      );
    return {
      notifications: await Notification.requestPermission(),
      camera: await verdict(navigator.mediaDevices.getUserMedia({ video: true })),
      clipboard: await verdict(navigator.clipboard.readText()),
      geolocation: await verdict(
        new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)),
      ),
      lookedUp: (await navigator.permissions.query({ name: 'geolocation' })).state,
    };
  });
  expect(asked).toEqual({
    notifications: 'denied',
    camera: 'denied',
    clipboard: 'denied',
    geolocation: 'denied',
    lookedUp: 'denied',
  });
});

test('7: the content security policy comes with every answer, and stops inline code, eval and the network', async ({
  kiosk,
}) => {
  const result = await kiosk.page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.__inline = 1';
    document.head.append(script);
    const image = document.createElement('img');
    image.setAttribute('onerror', 'window.__handler = 1');
    image.src = '/missing.png';
    const failed = new Promise((resolve) => image.addEventListener('error', resolve));
    document.body.append(image);
    await failed;
    // A timer's text is evaluated in the page itself, unlike what a debugger evaluates.
    setTimeout('window.__evaluated = 1');
    await new Promise((resolve) => setTimeout(resolve));
    const page = await fetch('/totem');
    const missing = await fetch('/missing.js');
    return {
      ran: ['__inline', '__handler', '__evaluated'].filter((name) => name in window),
      policies: [page, missing].map((answer) => answer.headers.get('content-security-policy')?.slice(0, 38)),
      sniffing: page.headers.get('x-content-type-options'),
      network: await fetch('https://evil.example/').then(
        () => 'reached',
        () => 'refused',
      ),
    };
  });
  expect(result).toEqual({
    ran: [],
    policies: ["default-src 'none'; script-src 'self';", "default-src 'none'; script-src 'self';"],
    sniffing: 'nosniff',
    network: 'refused',
  });
});

test('11, 12: a webview is never attached', async ({ kiosk }) => {
  const prevented = await kiosk.app.evaluate(({ BrowserWindow }) => {
    let stopped = false;
    const event = { preventDefault: () => (stopped = true) };
    BrowserWindow.getAllWindows()[0]?.webContents.emit('will-attach-webview', event, {}, {});
    return stopped;
  });
  expect(prevented).toBe(true);
});

const HOSTILE = [
  'https://evil.example/?next=app://kiosk/totem',
  'https://kiosk/totem',
  'http://127.0.0.1:7400/totem',
  'https://app.kiosk.evil.example/#app://kiosk',
];

test('13: no link, script or form leads away from app://kiosk', async ({ kiosk }) => {
  const { app, page } = kiosk;
  for (const url of HOSTILE) {
    await page.evaluate((address) => {
      const link = document.createElement('a');
      link.href = address;
      document.body.append(link);
      link.click();
      link.remove();
    }, url);
    await expect.poll(() => kiosk.log()).toContain(JSON.stringify(url));
    await page.evaluate((address) => location.assign(address), url);
    expect(await currentUrl(app)).toBe('app://kiosk/totem');
  }
  // The same document is still there, with everything that it had.
  await expect(page.locator('#root > *').first()).toBeAttached();
});

test('13: a redirect and a frame are judged by the parsed origin too', async ({ kiosk }) => {
  const verdicts = await kiosk.app.evaluate(({ BrowserWindow }, urls) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    const judge = (name: string, url: string): boolean => {
      let prevented = false;
      contents?.emit(name as 'will-redirect', { url, preventDefault: () => (prevented = true) } as never);
      return prevented;
    };
    return {
      hostile: urls.flatMap((url) =>
        ['will-redirect', 'will-frame-navigate'].map((name) => judge(name, url)),
      ),
      own: judge('will-redirect', 'app://kiosk/technician'),
    };
  }, HOSTILE);
  expect(verdicts).toEqual({ hostile: Array(HOSTILE.length * 2).fill(true), own: false });
});

test('14: no new window, by script or by link', async ({ kiosk }) => {
  const { app, page } = kiosk;
  expect(await page.evaluate(() => window.open('https://evil.example/pop'))).toBeNull();
  expect(await page.evaluate(() => window.open('app://kiosk/totem'))).toBeNull();
  await page.evaluate(() => {
    const link = document.createElement('a');
    link.href = 'https://evil.example/blank';
    link.target = '_blank';
    document.body.append(link);
    link.click();
  });
  await expect.poll(() => kiosk.log()).toContain('"https://evil.example/blank"');
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test('17: a page of another origin that got hold of the preload is refused by the main process', async ({
  kiosk,
}) => {
  await totemAt(kiosk.page, 'idle');
  const answers = await kiosk.app.evaluate(
    async ({ BrowserWindow }, { preload, serviceId }) => {
      const intruder = new BrowserWindow({
        show: false,
        webPreferences: { preload, contextIsolation: true, sandbox: true },
      });
      // Another host of the same scheme: the handler answers 403, and the document is still a page with a preload.
      await intruder.loadURL('app://intruder/').catch(() => {});
      const command = JSON.stringify({ kind: 'checkout.start', serviceId });
      const answer = await intruder.webContents.executeJavaScript(`window.totemBridge.execute(${command})`);
      intruder.destroy();
      return answer as unknown;
    },
    { preload: join(projectDir, 'dist', 'electron', 'preload.cjs'), serviceId: SERVICE_ID },
  );
  expect(answers).toEqual({ ok: false, code: 'unauthorized' });
  expect((await totemAt(kiosk.page, 'idle')).checkout.step).toBe('idle');
});

test('17: what the page sends is parsed: no queue command, no nonsense', async ({ kiosk }) => {
  const { page } = kiosk;
  const refused = { ok: false, code: 'invalid_command' };
  expect(
    await execute(page, { kind: 'queue.call_next', counter: 'Guichê 1', commandId: SERVICE_ID } as never),
  ).toEqual(refused);
  expect(await execute(page, { kind: 'checkout.start', serviceId: "' or 1=1" })).toEqual(refused);
  expect(await execute(page, null as never)).toEqual(refused);
});

test('18: the protocol serves the built pages and nothing above them', async ({ kiosk }) => {
  const statuses = await kiosk.page.evaluate(async () => {
    const ask = async (path: string, options?: RequestInit): Promise<number> =>
      (await fetch(path, options)).status;
    return {
      page: await ask('/totem'),
      above: await ask('/..%2felectron%2fmain.js'),
      deep: await ask('/assets/..%2f..%2f..%2fpackage.json'),
      sibling: await ask('/..%2frenderer-old%2findex.html'),
      backslash: await ask('/..%5c..%5cpackage.json'),
      missing: await ask('/nothing.js'),
      otherScreen: await ask('/admin'),
      post: await ask('/totem', { method: 'POST', body: 'x' }),
    };
  });
  expect(statuses).toEqual({
    page: 200,
    above: 403,
    deep: 403,
    sibling: 403,
    backslash: 400,
    missing: 404,
    otherScreen: 404,
    post: 405,
  });
});

test('20: the bridge is two functions, frozen, and hands out neither ipcRenderer nor an event', async ({
  kiosk,
}) => {
  const bridge = await kiosk.page.evaluate(async () => {
    const exposed = window.totemBridge as unknown as Record<string, unknown>;
    const argumentCounts: number[] = [];
    await new Promise<void>((resolve) => {
      window.totemBridge?.subscribe(
        'totem',
        (...args) => {
          argumentCounts.push(args.length);
          resolve();
        },
        () => {},
      );
    });
    return {
      members: Object.entries(exposed).map(([name, value]) => `${name}: ${typeof value}`),
      frozen: Object.isFrozen(exposed),
      replaceable: Object.getOwnPropertyDescriptor(window, 'totemBridge')?.writable ?? true,
      argumentCounts,
      leaked: ['ipcRenderer', 'electron', 'contextBridge'].filter((name) => name in window),
    };
  });
  expect(bridge).toEqual({
    members: ['execute: function', 'subscribe: function'],
    frozen: true,
    replaceable: false,
    argumentCounts: [1],
    leaked: [],
  });
});
