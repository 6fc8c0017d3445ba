import { describe, expect, it } from 'vitest';
import { isTrustedRequest } from './request-guard.ts';

describe('isTrustedRequest', () => {
  it.each([
    [{ host: '127.0.0.1:4310' }],
    [{ host: 'localhost:4310', origin: 'http://localhost:4310' }],
    [{ host: '[::1]:4310', origin: 'http://[::1]:4310' }],
    [{ host: '192.168.0.12:4310' }],
  ])('lets %o in', (headers) => {
    expect(isTrustedRequest(headers)).toBe(true);
  });

  it.each([
    ['no host', {}],
    ['a name that was rebound to us', { host: 'shop.example:4310' }],
    ['a name that only looks like localhost', { host: 'localhost.example:4310' }],
    ['a page of another site', { host: '127.0.0.1:4310', origin: 'https://shop.example' }],
    ['a page of another port', { host: '127.0.0.1:4310', origin: 'http://127.0.0.1:8080' }],
    ['a sandboxed page', { host: '127.0.0.1:4310', origin: 'null' }],
    ['rubbish', { host: 'http://' }],
  ])('keeps %s out', (_what, headers) => {
    expect(isTrustedRequest(headers)).toBe(false);
  });
});
