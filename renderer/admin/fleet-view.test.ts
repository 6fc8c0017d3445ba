import { expect, it } from 'vitest';
import type { KioskView } from '../../domain/protocol/identity.ts';
import { nextKioskName, stateOfKiosk, wasUsed } from './fleet-view.ts';

const NOW = 1_000_000;
const kiosk: KioskView = {
  kioskId: 'totem-1',
  unitId: '0198c1a0-0000-7000-8000-000000000002',
  enrolledAt: NOW - 500_000,
  lastSeenAt: NOW - 60_000,
  revokedAt: null,
  keyId: 'key',
};

it('says how a totem is: revoked before all, then enrolled or not, then heard of or not', () => {
  expect(stateOfKiosk(kiosk, NOW)).toBe('in_touch');
  expect(stateOfKiosk(kiosk, NOW + 1)).toBe('silent');
  expect(stateOfKiosk({ ...kiosk, enrolledAt: null }, NOW)).toBe('not_enrolled');
  expect(stateOfKiosk({ ...kiosk, enrolledAt: null, revokedAt: NOW }, NOW)).toBe('revoked');
});

it('proposes the first free name', () => {
  expect(nextKioskName([])).toBe('totem-1');
  expect(nextKioskName([{ kioskId: 'totem-1' }, { kioskId: 'totem-3' }, { kioskId: 'caixa' }])).toBe(
    'totem-2',
  );
});

it('knows a used code by the enrolment after it', () => {
  expect(wasUsed([kiosk], 'totem-1', NOW - 500_001)).toBe(true);
  expect(wasUsed([kiosk], 'totem-1', NOW - 499_999)).toBe(false);
  expect(wasUsed([kiosk], 'totem-2', NOW - 500_001)).toBe(false);
  expect(wasUsed([{ ...kiosk, enrolledAt: null }], 'totem-1', NOW)).toBe(false);
});
