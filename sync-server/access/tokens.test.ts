import { expect, test } from 'vitest';
import type { AccessEntry } from '../config.ts';
import { findPrincipal, tokenHash } from './tokens.ts';

const merchantId = '0198c1a0-0000-7000-8000-000000000001';
const access: AccessEntry[] = [
  { role: 'manager', tokenSha256: tokenHash('the manager'), merchantId },
  {
    role: 'operator',
    tokenSha256: tokenHash('the operator'),
    merchantId,
    unitId: '0198c1a0-0000-7000-8000-000000000002',
  },
];

test('a token says who its holder is, and nothing of the hash goes on', () => {
  expect(findPrincipal(access, 'the manager')).toEqual({ role: 'manager', merchantId });
  expect(findPrincipal(access, 'the operator')).toMatchObject({ role: 'operator', merchantId });
  expect(findPrincipal(access, 'the operator')).not.toHaveProperty('tokenSha256');
});

test('a wrong token, an empty one and the hash itself open nothing', () => {
  for (const token of ['the operator ', '', tokenHash('the operator')])
    expect(findPrincipal(access, token)).toBeNull();
});
