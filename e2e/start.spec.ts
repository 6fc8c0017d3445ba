import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { awaitedBrCode } from './support/customer.ts';
import { command, papers, pay, snapshot, until } from './support/outside.ts';
import { makeDataDir, openShop, startCommand } from './support/shop.ts';

test.describe('npm start', () => {
  test('says what it takes, and what is wrong with what it was given', async () => {
    const help = await finish(startCommand(['--help']));
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--headless');

    const wrong = await finish(startCommand(['--totems', 'many']));
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--totems takes a number from 1 to 9');
  });

  test('a port in use is one clear line', async () => {
    const dataDir = makeDataDir();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(23_401, '127.0.0.1', () => resolve()));
    const result = await finish(startCommand(['--headless', '--port-base', '23400', '--data', dataDir]));
    squatter.close();
    expect(result.code).toBe(1);
    expect(result.stderr.trim()).toBe(
      'port 23401 is in use: stop the program that holds it, or choose other ports with --port-base',
    );
    rmSync(dataDir, { recursive: true });
  });

  test('a data folder that cannot be made is one clear line', async () => {
    const dataDir = makeDataDir();
    writeFileSync(join(dataDir, 'a-file'), '');
    const result = await finish(startCommand(['--headless', '--data', join(dataDir, 'a-file', 'shop')]));
    expect(result.code).toBe(1);
    expect(result.stderr.trim()).toMatch(
      /^the data folder .*a-file\/shop cannot be made .*choose another with --data$/,
    );
    rmSync(dataDir, { recursive: true });
  });

  test('a second start on one folder is refused, Ctrl-C leaves nothing behind, and the next start finds its data', async () => {
    const shop = await openShop();
    const second = await finish(startCommand(['--headless', '--port-base', '0', '--data', shop.dataDir]));
    expect(second.code).toBe(1);
    expect(second.stderr.trim()).toBe(
      `Totem is already running on ${shop.dataDir}: stop it first, or choose another folder with --data`,
    );

    const token = shop.addresses.token;
    expect(processesOf(shop.dataDir).length).toBeGreaterThanOrEqual(5);
    expect(await shop.stop()).toBe(0);
    expect(processesOf(shop.dataDir)).toEqual([]);
    expect(shop.said()).not.toMatch(/^\s+at /m);

    await shop.restart();
    expect(shop.addresses.token).toBe(token);
    await shop.stop();
    rmSync(shop.dataDir, { recursive: true });
  });

  test('its totems enrol themselves once: a restart keeps their keys, a deleted folder gets a new one', async () => {
    const shop = await openShop(['--totems', '2']);
    const keyOf = (kioskId: string): string =>
      (JSON.parse(readFileSync(join(shop.dataDir, kioskId, 'identity.json'), 'utf8')) as { keyId: string })
        .keyId;
    const areEnrolled = (): Promise<unknown> =>
      until('two enrolled totems', async () => {
        const seen = await Promise.all(shop.addresses.totems.map(({ totem }) => snapshot(totem, 'totem')));
        return seen.every(({ enrolment, server }) => enrolment === 'enrolled' && server === 'online');
      });
    await areEnrolled();
    const keys = [keyOf('totem-1'), keyOf('totem-2')];
    expect(readFileSync(join(shop.dataDir, 'secrets.json'), 'utf8')).not.toContain('totem-1');
    await shop.stop();
    rmSync(join(shop.dataDir, 'totem-2'), { recursive: true });
    await shop.restart();
    await areEnrolled();
    expect(keyOf('totem-1')).toBe(keys[0]);
    expect(keyOf('totem-2')).not.toBe(keys[1]);
    await shop.stop();
    rmSync(shop.dataDir, { recursive: true });
  });

  test('without a display it says so in one line and serves the screens', async () => {
    const shop = await openShop([], { headless: false, environment: { DISPLAY: '', WAYLAND_DISPLAY: '' } });
    expect(shop.said()).toContain('No display (DISPLAY is not set): open the totem in a browser');
    expect((await fetch(shop.addresses.totem)).status).toBe(200);
    await shop.stop();
    rmSync(shop.dataDir, { recursive: true });
  });

  test('with Electron the first totem is a window, which sells and stops with the rest', async () => {
    const shop = await openShop([], {
      headless: false,
      environment: {
        DISPLAY: ':0',
        ELECTRON_OVERRIDE_DIST_PATH: join(import.meta.dirname, 'electron-standin'),
      },
    });
    const { totem, provider, printer } = shop.addresses;
    const service = await until('the catalogue', async () => (await snapshot(totem, 'totem')).services[0]);
    await command(totem, { kind: 'checkout.start', serviceId: service.serviceId });
    await pay(provider, await awaitedBrCode(totem));
    await until('the paper', async () => (await papers(printer)).length === 1);
    expect(await shop.stop()).toBe(0);
    expect(processesOf(shop.dataDir)).toEqual([]);
    rmSync(shop.dataDir, { recursive: true });
  });

  test('when the program that started it all is killed, its services go too and the next start works', async () => {
    const shop = await openShop();
    await shop.killSupervisor();
    await expect.poll(() => processesOf(shop.dataDir), { timeout: 20_000 }).toEqual([]);
    await shop.restart();
    await shop.stop();
    rmSync(shop.dataDir, { recursive: true });
  });
});

function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Command lines of the living processes that work in a folder (they name it in an argument or in their environment). */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const about = ['cmdline', 'environ']
          .map((file) => readFileSync(join('/proc', pid, file), 'utf8'))
          .join('\0');
        return about.includes(folder) ? [about.split('\0').slice(0, 3).join(' ')] : [];
      } catch {
        // Gone, or another user's: not ours to count.
        return [];
      }
    });
}
