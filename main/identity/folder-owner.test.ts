import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemRandom } from '../../platform/system.ts';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { KIOSK_MIGRATIONS_FOLDER } from '../store/migrate.ts';
import { type KioskStore, openKioskStore } from '../store/store.ts';
import { mayFolderBecome } from './folder-owner.ts';

const UNIT = {
  merchantId: '018f0000-0000-7000-8000-0000000000aa',
  unitId: '018f0000-0000-7000-8000-0000000000ab',
};
const FIRST = { kioskId: 'totem-1', ...UNIT, keyId: 'key-1', enrolledAt: 1 };
const SECOND = { ...FIRST, kioskId: 'totem-2', keyId: 'key-2' };
const EVENT_ID = '018f0000-0000-7000-8000-0000000000e1';

function storeWithOneEvent(): KioskStore {
  const folder = mkdtempSync(join(tmpdir(), 'totem-owner-'));
  const store = openKioskStore({
    file: join(folder, 'kiosk.sqlite'),
    migrationsFolder: KIOSK_MIGRATIONS_FOLDER,
    clock: new ManualClock(),
    randomBytes: systemRandom,
  });
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  store.db
    .prepare(
      `INSERT INTO outbox (event_id, kind, at, v, payload_json) VALUES (?, 'session.opened', 1, 1, '{}')`,
    )
    .run(EVENT_ID);
  return store;
}

it('does not become another totem while an event is set aside: it would be sent again under the wrong name', () => {
  const store = storeWithOneEvent();
  store.outbox.setAside(EVENT_ID, 'unknown_kind');
  expect(mayFolderBecome(store, SECOND, FIRST)).toBe(false);
  expect(mayFolderBecome(store, { ...FIRST, keyId: 'key-3' }, FIRST)).toBe(true);
});

it('becomes another totem once the event was taken: the twin', () => {
  const store = storeWithOneEvent();
  store.db.exec(`UPDATE outbox SET outcome = 'applied', answered_at = 1`);
  expect(mayFolderBecome(store, SECOND, FIRST)).toBe(true);
});
