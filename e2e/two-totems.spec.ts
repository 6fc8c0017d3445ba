import { chooseAndReachPayment } from './support/customer.ts';
import { papers, pay, snapshot, until } from './support/outside.ts';
import { expect, testsInOneShop } from './support/shop.ts';

const test = testsInOneShop(['--totems', '2']);

test('two totems sell at the same moment into one queue, and two counters never call one ticket', async ({
  shop,
  browser,
}) => {
  const [first, second] = shop.addresses.totems;
  if (first === undefined || second === undefined) throw new Error('two totems were asked for');
  const context = await browser.newContext({ viewport: { width: 1080, height: 1920 } });
  const pages = await Promise.all([context.newPage(), context.newPage()]);
  const [pageA, pageB] = pages;
  if (pageA === undefined || pageB === undefined) throw new Error('two pages were asked for');

  const codes = await Promise.all([
    chooseAndReachPayment(pageA, first.totem, /Consulta geral/),
    chooseAndReachPayment(pageB, second.totem, /Consulta geral/),
  ]);
  expect(codes[0]).not.toBe(codes[1]);
  await Promise.all(codes.map((code) => pay(shop.addresses.provider, code)));
  for (const page of pages)
    await expect(page.getByRole('heading', { name: 'Retire sua senha' })).toBeVisible();

  const printed = await Promise.all(
    [first, second].map((totem) =>
      until(`${totem.kioskId}'s paper`, async () => (await papers(totem.printer))[0]),
    ),
  );
  const labels = printed.map((paper) => /C\d{3}/.exec(paper.text)?.[0]).sort();
  expect(labels).toEqual(['C001', 'C002']);

  // Both totems show the one queue.
  for (const totem of [first, second]) {
    await until('both tickets to wait', async () => {
      const queue = await snapshot(totem.queue, 'queue');
      return queue.waiting.map((ticket) => ticket.label).join() === 'C001,C002';
    });
  }
  const desks = await Promise.all(
    [first, second].map(async (totem, index) => {
      const desk = await context.newPage();
      await desk.goto(totem.queue);
      await desk.getByRole('button', { name: `Guichê ${index + 1}` }).click();
      return desk;
    }),
  );
  // A counter's choice is kept per host, so each desk has its own.
  await Promise.all(desks.map((desk) => desk.getByRole('button', { name: 'Chamar próxima' }).click()));
  await until('each counter to hold a ticket of its own', async () => {
    const { atCounters } = await snapshot(first.queue, 'queue');
    return new Set(atCounters.map((ticket) => ticket.label)).size === 2 && atCounters.length === 2;
  });
  const panel = await snapshot(second.panel, 'panel');
  expect(panel.calls.map((call) => call.counter).sort()).toEqual(['Guichê 1', 'Guichê 2']);
  await context.close();
});
