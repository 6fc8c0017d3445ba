import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveAsset } from './asset-path.ts';

const ROOT = '/srv/totem/dist/renderer';

test.each([
  ['app://kiosk/', 'index.html', 'text/html; charset=utf-8'],
  ['app://kiosk/totem', 'index.html', 'text/html; charset=utf-8'],
  ['app://kiosk/technician?x=1#y', 'index.html', 'text/html; charset=utf-8'],
  ['app://kiosk/index.html', 'index.html', 'text/html; charset=utf-8'],
  ['app://kiosk/assets/index-D3f.js', 'assets/index-D3f.js', 'text/javascript; charset=utf-8'],
  ['app://kiosk/assets/with%20space.css', 'assets/with space.css', 'text/css; charset=utf-8'],
  // The parser itself takes plain dot segments away: nothing lies above the host.
  ['app://kiosk/%2e%2e/../totem', 'index.html', 'text/html; charset=utf-8'],
  ['app://kiosk/fonts/inter.woff2', 'fonts/inter.woff2', 'font/woff2'],
])('%s is served from %s', (address, file, mediaType) => {
  expect(resolveAsset(ROOT, 'GET', address)).toEqual({ ok: true, file: join(ROOT, file), mediaType });
});

describe('what is refused', () => {
  test.each([
    ['the folder above', 'app://kiosk/..%2fsecrets.json', 403],
    ['a sibling with the same beginning', 'app://kiosk/..%2frenderer-old/index.html', 403],
    ['an encoded slash', 'app://kiosk/..%2f..%2f..%2fetc/passwd.json', 403],
    ['a deep way up', 'app://kiosk/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2fpackage.json', 403],
    ['a backslash', 'app://kiosk/..%5c..%5cpackage.json', 400],
    ['a NUL byte', 'app://kiosk/index.html%00.png', 400],
    ['a malformed escape', 'app://kiosk/%E0%A4%A', 400],
    ['another host', 'app://other/index.html', 403],
    ['a host that only begins alike', 'app://kiosk.evil.example/index.html', 403],
    ['a user name in front', 'app://kiosk@evil.example/index.html', 403],
    ['a port', 'app://kiosk:80/index.html', 403],
    ['another scheme', 'https://kiosk/index.html', 403],
    ['a file address', 'file:///etc/passwd', 403],
    ['a screen of other devices', 'app://kiosk/admin', 404],
    ['a kind of file that no page has', 'app://kiosk/main.js.map', 404],
    ['no address at all', 'kiosk', 403],
  ])('%s: %s', (_what, address, status) => {
    expect(resolveAsset(ROOT, 'GET', address)).toEqual({ ok: false, status });
  });

  test.each(['POST', 'HEAD', 'PUT', 'get'])('the method %s', (method) => {
    expect(resolveAsset(ROOT, method, 'app://kiosk/index.html')).toEqual({ ok: false, status: 405 });
  });

  test('a double slash does not make the path absolute', () => {
    expect(resolveAsset(ROOT, 'GET', 'app://kiosk//etc/hosts.json')).toEqual({
      ok: true,
      file: join(ROOT, 'etc/hosts.json'),
      mediaType: 'application/json; charset=utf-8',
    });
  });
});

test('whatever is asked for, what is served lies inside the folder', () => {
  const hostile = fc.constantFrom(
    '..',
    '%2e%2e',
    '.',
    '/',
    '%2f',
    '//',
    '%5c',
    'a',
    'index.html',
    '%00',
    '~',
    '.js',
  );
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 12 }), (parts) => {
      const answer = resolveAsset(ROOT, 'GET', `app://kiosk/${parts.join('')}`);
      if (answer.ok) expect(answer.file.startsWith(`${ROOT}/`)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
