import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServiceMessage } from '../platform/service.ts';
import { findElectronBinary, launchElectron } from './electron-binary.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-binary-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fakeBinary(script: string): string {
  const file = join(folder, 'electron');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('another folder’s binary is found, and only when it is there', () => {
  expect(findElectronBinary({ ELECTRON_OVERRIDE_DIST_PATH: folder })).toBeNull();
  const file = fakeBinary('exit 0');
  expect(findElectronBinary({ ELECTRON_OVERRIDE_DIST_PATH: folder })).toBe(file);
});

test('each line of JSON that is a service message becomes a message, whatever else is printed', async () => {
  const binary = fakeBinary(
    [
      'echo "Gtk-Message: something"',
      'printf \'{"kind":"ready","name":"kiosk",\'',
      'sleep 0.05',
      'printf \'"addresses":{"totem":"http://x/totem"}}\\n{"kind":broken\\n\'',
      'echo \'{"kind":"startup_failed","name":"kiosk","message":"no"}\'',
      'exit 3',
    ].join('\n'),
  );
  const child = launchElectron({ binary, environment: process.env });
  const messages: ServiceMessage[] = [];
  child.on('message', (message) => messages.push(message as ServiceMessage));
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(3);
  expect(messages).toEqual([
    { kind: 'ready', name: 'kiosk', addresses: { totem: 'http://x/totem' } },
    { kind: 'startup_failed', name: 'kiosk', message: 'no' },
  ]);
});
