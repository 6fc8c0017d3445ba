import { expect, test } from 'vitest';
import { isAppUrl } from './app-origin.ts';

test.each([
  'app://kiosk/',
  'app://kiosk/totem',
  'app://kiosk/technician?from=totem#top',
  'APP://kiosk/totem',
])('%s is the kiosk itself', (address) => expect(isAppUrl(address)).toBe(true));

// The same table guards navigations, redirects, frames and IPC senders.
test.each([
  'https://evil.example/',
  'https://evil.example/?next=app://kiosk/totem',
  'https://evil.example/#app://kiosk',
  'https://kiosk/totem',
  'app://kiosk.evil.example/',
  'app://kiosk@evil.example/',
  'app://user:secret@kiosk/',
  'app://kiosk:8080/',
  'app://evil.example/app://kiosk/',
  'app:kiosk',
  'app:///totem',
  'application://kiosk/',
  'file:///app://kiosk/totem',
  'javascript:location="app://kiosk"',
  'data:text/html,<a href=app://kiosk>',
  'blob:app://kiosk/8d7f',
  'about:blank',
  'chrome://settings',
  'http://127.0.0.1:7400/totem',
  '',
  'not an address',
])('%s is not', (address) => expect(isAppUrl(address)).toBe(false));
