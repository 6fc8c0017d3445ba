import { expect, test } from 'vitest';
import { isTrustedSender } from './sender.ts';

const page = { url: 'app://kiosk/totem', parent: null };

test('the top frame of the kiosk page is listened to', () => {
  expect(isTrustedSender(page)).toBe(true);
});

test.each([
  ['a frame that is gone', null],
  ['a frame inside the kiosk page', { url: 'app://kiosk/totem', parent: page }],
  ['another origin', { url: 'https://evil.example/', parent: null }],
  ['another host of the scheme', { url: 'app://other/totem', parent: null }],
  ['a page that has no address yet', { url: '', parent: null }],
  ['about:blank', { url: 'about:blank', parent: null }],
  ['a file', { url: 'file:///dist/renderer/index.html', parent: null }],
])('%s is not', (_who, frame) => {
  expect(isTrustedSender(frame)).toBe(false);
});
