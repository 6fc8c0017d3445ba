import { expect, it } from 'vitest';
import { screenOfPath } from './screen-location.ts';

it.each([
  ['/totem', 'totem'],
  ['/queue', 'queue'],
  ['/panel/', 'panel'],
  ['/technician', 'technician'],
  ['/admin', 'admin'],
  ['/', 'totem'],
  ['/unknown', 'totem'],
  ['', 'totem'],
])('%s is the screen %s', (path, screen) => {
  expect(screenOfPath(path)).toBe(screen);
});
