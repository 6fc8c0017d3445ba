import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { kioskPaths } from '../data-folder.ts';
import { KIOSK_ID, KioskHarness } from '../testing/kiosk-harness.ts';
import { STUB_CATALOG } from '../testing/stub-catalog.ts';

/** A sale that is over, and whose row cannot be read any more, as after a bug of an earlier version. */
async function totemWithUnreadableSale(): Promise<{ totem: KioskHarness; sessionId: string }> {
  const totem = await KioskHarness.start();
  const sessionId = await totem.chooseAndSeeQr();
  await totem.execute({ kind: 'checkout.cancel', sessionId });
  await totem.execute({ kind: 'checkout.dismiss', sessionId });
  const db = new Database(kioskPaths(totem.dataDir).database);
  db.prepare(`UPDATE payment_sessions SET service_json = '{}'`).run();
  db.close();
  return { totem, sessionId };
}

it('passes over an entry whose effect throws, after some tries, and reads what comes behind it', async () => {
  const { totem, sessionId } = await totemWithUnreadableSale();
  totem.server.pay(sessionId, KIOSK_ID);
  const { seq } = totem.server.feed.at(-1) ?? { seq: 0 };
  totem.server.publish('catalog.changed', { catalog: { ...STUB_CATALOG, version: 2 } });
  await totem.untilWithTime(() => totem.technician().sync.catalogVersion === 2);
  const skipped = `feed entry ${seq} (payment.confirmed) was skipped`;
  await totem.untilWithTime(() => totem.technician().sync.lastError?.includes(skipped) === true);
});

it('takes the entry when what was wrong with it is mended between two tries', async () => {
  const { totem, sessionId } = await totemWithUnreadableSale();
  totem.server.pay(sessionId, KIOSK_ID);
  await totem.until(() => totem.technician().sync.lastError?.includes('feed: ') === true);
  expect(totem.query('SELECT 1 FROM tickets')).toEqual([]);
  const db = new Database(kioskPaths(totem.dataDir).database);
  db.prepare('UPDATE payment_sessions SET service_json = ?').run(JSON.stringify(totem.totem().services[0]));
  db.close();
  await totem.untilWithTime(() => totem.query('SELECT 1 FROM tickets').length === 1);
});
