import { expect, test } from 'vitest';
import type { AccessEntry } from '../config.ts';
import { findPrincipal, tokenHash } from './tokens.ts';

const merchantId = '0198c1a0-0000-7000-8000-000000000001';
const access: AccessEntry[] = [
  { role: 'manager', tokenSha256: tokenHash('the manager'), merchantId },
  {
    role: 'kiosk',
    tokenSha256: tokenHash('the kiosk'),
    merchantId,
    unitId: '0198c1a0-0000-7000-8000-000000000002',
    kioskId: 'totem-1',
  },
];

test('a token says who its holder is, and nothing of the hash goes on', () => {
  expect(findPrincipal(access, 'the manager')).toEqual({ role: 'manager', merchantId });
  expect(findPrincipal(access, 'the kiosk')).toMatchObject({ role: 'kiosk', kioskId: 'totem-1' });
  expect(findPrincipal(access, 'the kiosk')).not.toHaveProperty('tokenSha256');
});

test('a wrong token, an empty one and the hash itself open nothing', () => {
  for (const token of ['the kiosk ', '', tokenHash('the kiosk')])
    expect(findPrincipal(access, token)).toBeNull();
});
