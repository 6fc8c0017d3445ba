import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const sources = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => ({ file, text: readFileSync(join(import.meta.dirname, file), 'utf8') }));

const filesWith = (pattern: RegExp): string[] =>
  sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

test('the page is listened to in one place only', () => {
  expect(filesWith(/ipcMain\.(handle|on|once)\w*\(/)).toEqual(['register-ipc.ts']);
});

test('nothing is opened outside of the kiosk, and no page is loaded from a file', () => {
  expect(filesWith(/\bshell\.\w+\(|\{[^}]*\bshell\b[^}]*\} from 'electron'|openExternal/)).toEqual([]);
  expect(filesWith(/\bloadFile\(|file:\/\/[^,. ]/)).toEqual([]);
});

test('Electron is imported for its values by the entry and the preload alone', () => {
  expect(filesWith(/^import (?!type)[^;]* from 'electron'/m)).toEqual(['main.ts', 'preload.ts']);
});

test('the rules can fail', () => {
  expect(/\{[^}]*\bshell\b[^}]*\} from 'electron'/.test("import { app, shell } from 'electron'")).toBe(true);
  expect(/ipcMain\.(handle|on|once)\w*\(/.test('ipcMain.handleOnce(')).toBe(true);
});
