import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { KioskHarness } from '../testing/kiosk-harness.ts';

it('offers what a server says is paid in a future that it has left: its clock was set back', async () => {
  const totem = await KioskHarness.start();
  const listed = () => totem.kiosk.snapshot('queue').rescuable.map(({ sessionId }) => sessionId);
  const sessionId = randomUUID();
  totem.server.pay(sessionId, 'totem-of-the-neighbour');
  await totem.until(() => totem.technician().sync.feedCursor === totem.server.feed.length);
  expect(listed()).toEqual([]);
  totem.server.skewMs = -60 * 60_000;
  await totem.pass(20_000);
  expect(listed()).toEqual([sessionId]);
});
