import { expect, type Page, test } from '@playwright/test';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { inspectScreen, SCREEN_SIZES, watchCsp } from './support/inspect-screen.ts';
import * as scenes from './support/screen-scenes.ts';
import { type ScriptedHost, startScriptedHost } from './support/scripted-host.ts';

/** The built screens alone, on a host that plays snapshots from a script: every state, without an engine behind it. */
let host: ScriptedHost;

test.beforeEach(async ({ page }) => {
  host = await startScriptedHost();
  await watchCsp(page);
});
test.afterEach(() => host.close());

for (const [sizeName, viewport] of Object.entries(SCREEN_SIZES)) {
  test.describe(`every state, ${sizeName}`, () => {
    test.use({ viewport });
    test.setTimeout(180_000);

    test('totem', async ({ page }) => {
      await openTotem(page);
      for (const [name, snapshot] of Object.entries(scenes.IDLE_SCENES)) {
        host.show('totem', snapshot);
        await inspectScreen(page, `totem: ${name}`);
      }
      for (const [name, checkout] of Object.entries(scenes.CHECKOUT_SCENES)) {
        host.show('totem', scenes.totem(checkout));
        await expect(page.locator(`[data-view="${checkout.step}"]`)).toBeVisible();
        await inspectScreen(page, `totem: ${name}`);
      }
    });

    test('totem, on the way to paying', async ({ page }) => {
      await openTotem(page);
      await button(page, 'Toque para começar').click();
      await inspectScreen(page, 'services');
      host.show('totem', scenes.totem(undefined, { services: [...scenes.MANY_SERVICES] }));
      await inspectScreen(page, 'services, more than a page');
      await button(page, 'Próximos').click();
      await inspectScreen(page, 'services, the next page');
      host.show('totem', scenes.totem(undefined, { services: [...scenes.MANY_SERVICES], ...scenes.NO_BANK }));
      await inspectScreen(page, 'services, more than a page, bank away');
      host.show('totem', scenes.totem(undefined, { services: [] }));
      await inspectScreen(page, 'no services');
      const mixed = { services: [...scenes.MIXED_SERVICES] };
      host.show('totem', scenes.totem(undefined, { ...mixed, ...scenes.NO_BANK }));
      await inspectScreen(page, 'services, bank away');
      host.show('totem', scenes.totem(undefined, { ...mixed, ...scenes.NO_SERVER }));
      await inspectScreen(page, 'services, server away');
      await button(page, 'Escolher Curativo').click();
      await inspectScreen(page, 'review, at the counter alone');
      host.show('totem', scenes.totem(undefined, mixed));
      await inspectScreen(page, 'review, by PIX or at the counter');
      await button(page, 'Voltar').click();
      await button(page, 'Escolher Informações').click();
      await inspectScreen(page, 'review, free');
      await button(page, 'Voltar').click();
      const byCard = { services: [...scenes.CARD_SERVICES] };
      host.show('totem', scenes.totem(undefined, byCard));
      await button(page, 'Escolher Vacina').click();
      await inspectScreen(page, 'review, by PIX, card or at the counter');
      host.show('totem', scenes.totem(undefined, { ...byCard, ...scenes.NO_BANK }));
      await inspectScreen(page, 'review, bank away, by card');
      host.show('totem', scenes.totem(undefined, { ...byCard, ...scenes.NO_SERVER, cardAvailable: false }));
      await inspectScreen(page, 'review, server away, by card');
      await button(page, 'Voltar').click();
      host.show('totem', scenes.totem(undefined, byCard));
      await button(page, 'Escolher Certificado').click();
      await inspectScreen(page, 'review, by card alone');
      await button(page, 'Voltar').click();
      host.show('totem', scenes.totem());
      await button(page, 'Escolher Consulta clínica').click();
      await inspectScreen(page, 'review');
      host.show('totem', scenes.totem(undefined, scenes.NO_SERVER));
      await inspectScreen(page, 'review, server offline');
      host.show('totem', scenes.totem());
      await button(page, 'Informar Nome').click();
      await inspectScreen(page, 'name');
      await button(page, 'Não informar').click();
      await button(page, 'Informar CPF').click();
      await page.getByLabel('Seu CPF').fill('52998224726');
      await inspectScreen(page, 'wrong CPF');
      host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['awaiting payment']));
      await button(page, 'Ver código em texto').click();
      await inspectScreen(page, 'code as text');
      await button(page, 'Fechar').click();
      await button(page, 'Cancelar').click();
      await inspectScreen(page, 'cancel?');
    });

    test('queue', async ({ page }) => {
      host.show('queue', scenes.queue({ counters: [] }));
      await page.goto(`${host.url}/queue`);
      await inspectScreen(page, 'queue: no counters');
      host.show('queue', scenes.queue());
      await inspectScreen(page, 'queue: pick a counter');
      await button(page, 'Guichê 1').click();
      for (const [name, snapshot] of Object.entries(scenes.QUEUE_SCENES)) {
        host.show('queue', snapshot);
        await inspectScreen(page, `queue: ${name}`);
      }
    });

    test('panel', async ({ page }) => {
      host.show('panel', scenes.panel());
      await page.goto(`${host.url}/panel`);
      for (const [name, snapshot] of Object.entries(scenes.PANEL_SCENES)) {
        host.show('panel', snapshot);
        await inspectScreen(page, `panel: ${name}`);
      }
    });

    test('technician', async ({ page }) => {
      await openTechnician(page, () => inspectScreen(page, 'technician: pin'));
      for (const [name, snapshot] of Object.entries(scenes.TECHNICIAN_SCENES)) {
        host.show('technician', snapshot);
        await inspectScreen(page, `technician: ${name}`);
      }
    });

    test('admin', async ({ page }) => {
      host.show('admin', scenes.admin());
      await page.goto(`${host.url}/admin`);
      await inspectScreen(page, 'admin: token');
      await enterToken(page, 'errado');
      await expect(page.getByRole('alert')).toContainText('Token recusado');
      await inspectScreen(page, 'admin: token refused');
      await enterToken(page, host.adminToken);
      for (const [name, snapshot] of Object.entries(scenes.ADMIN_SCENES)) {
        host.show('admin', snapshot);
        await inspectScreen(page, `admin: ${name}`);
      }
    });
  });
}

test.describe('totem', () => {
  test.use({ viewport: SCREEN_SIZES.portrait });

  test('the customer types a name and a CPF, and one command carries both', async ({ page }) => {
    await openTotem(page);
    // A touch anywhere begins.
    await page.mouse.click(540, 300);
    await button(page, 'Escolher Consulta clínica').click();
    await button(page, 'Informar Nome').click();
    for (const key of 'ana') await button(page, key, true).click();
    await button(page, 'Espaço').click();
    for (const key of 'sá') await button(page, key, true).click();
    await button(page, 'Confirmar').click();
    await button(page, 'Informar CPF').click();
    for (const key of '52998224726') await button(page, key, true).click();
    await expect(page.getByText('Este CPF não existe')).toBeVisible();
    await expect(button(page, 'Confirmar')).toHaveAttribute('aria-disabled', 'true');
    await button(page, 'Apagar').click();
    await button(page, '5', true).click();
    await button(page, 'Confirmar').click();
    await button(page, 'Pagar').dblclick();
    await expect(page.locator('[data-view="starting"]')).toBeVisible();
    expect(host.commands).toEqual([
      {
        kind: 'checkout.start',
        serviceId: scenes.CONSULTA.serviceId,
        customerName: 'Ana Sá',
        customerCpf: '52998224725',
      },
    ]);
    // What was typed is gone once it has served.
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['expired']));
    await button(page, 'Voltar ao início').click();
    host.show('totem', scenes.totem());
    await button(page, 'Toque para começar').click();
    await button(page, 'Escolher Consulta clínica').click();
    await expect(page.getByText('Não informado')).toHaveCount(2);
  });

  test('by keyboard alone, without a name', async ({ page }) => {
    await openTotem(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(page.locator('[data-view="services"]')).toBeVisible();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await button(page, 'Pagar').focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => host.commands)
      .toEqual([{ kind: 'checkout.start', serviceId: scenes.CONSULTA.serviceId }]);
  });

  test('the QR code on the screen reads as the BR Code', async ({ page }) => {
    await openTotem(page);
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['awaiting payment']));
    const code = page.getByRole('img', { name: 'Código QR do PIX' });
    const { data, width, height } = PNG.sync.read(await code.screenshot());
    expect(jsqr.default(new Uint8ClampedArray(data), width, height)?.data).toBe(scenes.BR_CODE);
    await button(page, 'Ver código em texto').click();
    await expect(page.getByLabel('Código PIX copia e cola')).toHaveValue(scenes.BR_CODE);
  });

  test("the countdown runs by the kiosk's clock", async ({ page }) => {
    await page.clock.install({ time: 0 });
    await openTotem(page);
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['awaiting payment']));
    await expect(page.getByRole('timer')).toHaveText(/^(5:00|4:59)$/);
    // Shorter than the silence after which the page asks its host anew; a scripted host's clock stands still.
    await page.clock.runFor(30_000);
    await expect(page.getByRole('timer')).toHaveText(/^(4:30|4:29|4:28)$/);
  });

  test('cancelling asks first, and says when it is too late', async ({ page }) => {
    await openTotem(page);
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['awaiting payment']));
    await button(page, 'Cancelar').click();
    await expect(button(page, 'Continuar pagando')).toBeFocused();
    await page.keyboard.press('Escape');
    expect(host.commands).toEqual([]);
    host.answer({ ok: false, code: 'too_late_to_cancel' });
    await button(page, 'Cancelar').click();
    await button(page, 'Sim, cancelar').click();
    await expect(page.getByRole('alert')).toContainText('o pagamento já foi recebido');
    expect(host.commands).toEqual([{ kind: 'checkout.cancel', sessionId: scenes.SESSION_ID }]);
  });

  test('silence on the way is asked about, then everything typed is wiped', async ({ page }) => {
    await page.clock.install();
    await openTotem(page);
    await button(page, 'Toque para começar').click();
    await page.clock.runFor(61_000);
    await expect(page.getByRole('dialog')).toContainText('Você ainda está aí?');
    await page.clock.runFor(20_000);
    await button(page, 'Preciso de mais tempo').click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await page.clock.runFor(61_000);
    await page.clock.runFor(26_000);
    await expect(page.locator('[data-view="attract"]')).toBeVisible();
  });

  test('the last screen closes by itself, after a warning', async ({ page }) => {
    await page.clock.install();
    await openTotem(page);
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['ticket printed']));
    await expect(page.getByTestId('ticket-label')).toHaveText('C012');
    await page.clock.runFor(10_000);
    await button(page, 'Preciso de mais tempo').click();
    await page.clock.runFor(25_000);
    expect(host.commands).toEqual([]);
    await page.clock.runFor(6_000);
    await expect
      .poll(() => host.commands)
      .toEqual([{ kind: 'checkout.dismiss', sessionId: scenes.SESSION_ID }]);
  });

  test('an answer that comes after its snapshot leaves nothing behind on the way', async ({ page }) => {
    await openTotem(page);
    let letGo = (): void => {};
    host.answer(
      new Promise((resolve) => {
        letGo = () => resolve({ ok: true, sessionId: scenes.SESSION_ID });
      }),
    );
    await button(page, 'Toque para começar').click();
    await page
      .getByRole('button', { name: /^Escolher/ })
      .first()
      .click();
    await page.getByRole('button', { name: /^Pagar R/ }).click();
    await expect.poll(() => host.commands.length).toBe(1);
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['awaiting payment']));
    await expect(page.locator('[data-view="awaiting_payment"]')).toBeVisible();
    const answered = page.waitForEvent('requestfinished', (request) =>
      request.url().endsWith('/api/commands'),
    );
    letGo();
    await answered;
    host.show('totem', scenes.totem());
    await expect(page.locator('[data-view="attract"]')).toBeVisible();
  });

  test('without the server a PIX is not offered, and what needs none still is', async ({ page }) => {
    await openTotem(page);
    const away = { ...scenes.NO_SERVER, services: [...scenes.MIXED_SERVICES] };
    host.show('totem', scenes.totem(undefined, away));
    await button(page, 'Toque para começar').click();
    const pixOnly = page.getByRole('button', { name: /^Escolher Consulta clínica.*indisponível agora/ });
    await expect(pixOnly).toHaveAttribute('aria-disabled', 'true');
    await pixOnly.focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('[data-view="services"]')).toBeVisible();
    await button(page, 'Escolher Curativo').click();
    const byPix = page.getByRole('button', { name: /com PIX$/ });
    await expect(byPix).toHaveAttribute('aria-disabled', 'true');
    await expect(byPix).toHaveAccessibleDescription(/^PIX indisponível agora: sem conexão com o servidor/);
    await button(page, 'Pagar no guichê').focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => host.commands)
      .toEqual([{ kind: 'checkout.start', serviceId: scenes.CURATIVO.serviceId, payment: 'at_counter' }]);
  });

  test('a totem without numbers says so, and the customer can choose again', async ({ page }) => {
    await openTotem(page);
    host.show('totem', scenes.totem(undefined, { services: [...scenes.MIXED_SERVICES] }));
    host.answer({ ok: false, code: 'no_numbers_left' });
    await button(page, 'Toque para começar').click();
    await button(page, 'Escolher Informações, Gratuito').click();
    await button(page, 'Retirar senha').click();
    await expect(page.getByRole('alert')).toContainText('senhas reservadas acabaram');
    expect(host.commands).toEqual([{ kind: 'checkout.start', serviceId: scenes.ATENDIMENTO.serviceId }]);
    await button(page, 'Voltar').click();
    await expect(page.locator('[data-view="services"]')).toBeVisible();
  });

  test('never says "pago" where money is still due', async ({ page }) => {
    await openTotem(page);
    for (const name of [
      'printing, to be paid at the counter',
      'ticket to be paid at the counter',
      'ticket of a free service',
    ]) {
      host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES[name]));
      const words = page.locator('main');
      await expect(words).toContainText(/K501|I512/);
      await expect(words).not.toContainText(/\bpag[oa]\b|confirmado|pix/i);
    }
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['ticket printed']));
    await expect(page.locator('main')).toContainText('Pagamento confirmado');
  });

  test('who waits for a ticket reads a number that is none yet, how long the screen stays, and may leave', async ({
    page,
  }) => {
    await page.clock.install({ time: 0 });
    await openTotem(page);
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['paid, ticket asked for']));
    const words = page.locator('main');
    await expect(words).toContainText('ainda sem senha emitida');
    await expect(words).toContainText('Esta tela fecha em 1:40');
    await page.clock.runFor(10_000);
    await expect(words).toContainText(/fecha em 1:(30|29)/);
    await expect(words).not.toContainText(/senha emitida\b(?<!sem senha emitida)|retire/i);
    await button(page, 'Já anotei').click();
    await expect
      .poll(() => host.commands)
      .toEqual([{ kind: 'checkout.dismiss', sessionId: scenes.SESSION_ID }]);
  });

  test('never says "pago" where money goes back', async ({ page }) => {
    await openTotem(page);
    host.show('totem', scenes.totem(scenes.CHECKOUT_SCENES['refunding a wrong amount']));
    const words = page.locator('[data-view="refunding"]');
    await expect(words).toContainText('R$ 12,00');
    await expect(words).not.toContainText(/\bpag[oa]\b|confirmado/i);
  });

  test('a host that goes away and comes back', async ({ page }) => {
    await openTotem(page);
    host.cutOff(true);
    await expect(page.getByText('Pagamentos indisponíveis no momento')).toBeVisible();
    host.cutOff(false);
    await expect(button(page, 'Toque para começar')).toBeVisible({ timeout: 15_000 });
  });

  test('a snapshot of another version is an error that is said, not a white page', async ({ page }) => {
    await openTotem(page);
    for (const unreadable of ['{"screen":"totem"}', 'not json']) {
      host.showRaw('totem', unreadable);
      await expect(page.getByRole('alert')).toContainText('desatualizada');
      await expect(button(page, 'Toque para começar')).toBeVisible();
    }
    host.show('totem', scenes.totem());
    await expect(page.getByRole('alert')).toHaveCount(0);
  });

  test('a screen that breaks says so and loads itself anew', async ({ page }) => {
    host.show('totem', scenes.totem());
    const code = /TotemScreen.*\.js/;
    await page.route(code, (route) => route.abort());
    await page.goto(`${host.url}/totem`);
    await expect(page.getByText('Esta tela teve um problema')).toBeVisible();
    await page.unroute(code);
    await expect(button(page, 'Toque para começar')).toBeVisible({ timeout: 15_000 });
  });

  test("Novo SGA triage-app#20 (customers reconfigure the kiosk by touch): the technician's corner opens when held, and to a PIN", async ({
    page,
  }) => {
    await openTotem(page);
    const corner = button(page, 'Técnico');
    await corner.click();
    await expect(page.locator('[data-view="attract"]')).toBeVisible();
    await corner.hover();
    await page.mouse.down();
    await expect(page.locator('[data-view="pin"]')).toBeVisible({ timeout: 10_000 });
  });
});

test.describe('queue', () => {
  test.use({ viewport: SCREEN_SIZES.landscape });

  test('one press of F2 is one command, and the counter is remembered', async ({ page }) => {
    await openDesk(page);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Guichê 1' })).toBeVisible();
    let answerNow = (): void => undefined;
    host.answer(
      new Promise((resolve) => {
        answerNow = () => resolve({ ok: true });
      }),
    );
    await page.keyboard.press('F2');
    await expect(button(page, 'Chamando')).toHaveAttribute('aria-busy', 'true');
    await page.keyboard.press('F2');
    answerNow();
    await expect(button(page, 'Chamar próxima')).not.toHaveAttribute('aria-busy', 'true');
    await page.keyboard.press('F2');
    await expect.poll(() => host.commands.length).toBe(2);
    expect(host.commands).toMatchObject([
      { kind: 'queue.call_next', counter: 'Guichê 1' },
      { kind: 'queue.call_next', counter: 'Guichê 1' },
    ]);
    const ids = host.commands.map((command) => 'commandId' in command && command.commandId);
    expect(new Set(ids).size).toBe(2);
  });

  test('a ticket of a totem that is gone is issued by keyboard alone, after one question; a refusal is told', async ({
    page,
  }) => {
    await openDesk(page);
    host.show('queue', scenes.QUEUE_SCENES['paid without a ticket'] ?? scenes.queue());
    const press = button(page, 'Emitir a senha C021');
    await press.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: 'Emitir a senha C021?' })).toContainText('2ª via');
    await page.keyboard.press('Escape');
    await expect(press).toBeFocused();
    expect(host.commands).toEqual([]);
    host.answer({ ok: false, code: 'lease_running' });
    for (const key of ['Enter', 'Tab', 'Enter']) await page.keyboard.press(key);
    await expect(page.getByRole('alert')).toContainText('O totem ainda tem prazo');
    expect(host.commands).toMatchObject([
      { kind: 'queue.rescue', counter: 'Guichê 1', sessionId: scenes.RESCUABLE_SESSION_ID },
    ]);
  });

  test('only what the ticket allows can be pressed', async ({ page }) => {
    await openDesk(page);
    // One command at a time: a key that is pressed before the last command is answered does nothing.
    const answered = async (count: number): Promise<void> => {
      await expect.poll(() => host.commands.length).toBe(count);
      await expect(button(page, 'Chamar de novo')).toBeEnabled();
    };
    host.show('queue', scenes.QUEUE_SCENES['ticket called'] ?? scenes.queue());
    await button(page, 'Chamar de novo').click();
    await answered(1);
    await button(page, 'Não compareceu').click();
    await answered(2);
    await page.keyboard.press('F7');
    await answered(3);
    // Not allowed for a called ticket, and the counter is busy: both keys do nothing.
    await page.keyboard.press('F8');
    await page.keyboard.press('F2');
    host.show('queue', scenes.QUEUE_SCENES['ticket in progress'] ?? scenes.queue());
    await expect(button(page, 'Chamar de novo')).toHaveCount(0);
    await button(page, 'Concluir').click();
    host.show('queue', scenes.QUEUE_SCENES['everything at once'] ?? scenes.queue());
    await button(page, 'Voltar C009 à fila').click();
    await expect
      .poll(() => host.commands.map((command) => command.kind))
      .toEqual(['queue.recall', 'queue.no_show', 'queue.start', 'queue.complete', 'queue.return']);
  });

  test('money at the counter is marked by one key, once, and can be undone', async ({ page }) => {
    await openDesk(page);
    host.show('queue', scenes.QUEUE_SCENES['money to be taken'] ?? scenes.queue());
    await expect(button(page, 'Recebi R$ 30,00 da senha C012')).toBeVisible();
    host.answer({ ok: false, code: 'needs_server_to_receive' });
    await page.keyboard.press('F10');
    await expect(page.getByRole('alert')).toContainText('o recebimento não foi registrado');
    host.answer({ ok: true });
    host.show('queue', scenes.QUEUE_SCENES['money at the counter'] ?? scenes.queue());
    await expect(page.getByText('Recebido hoje: R$ 1.543,50 em 27 senhas.')).toBeVisible();
    // It is received: the key does nothing more.
    await page.keyboard.press('F10');
    await button(page, 'Desfazer recebimento da senha C012').click();
    await expect.poll(() => host.commands.length).toBe(2);
    await button(page, 'Recebi R$ 30,00 da senha C008').click();
    await expect.poll(() => host.commands.length).toBe(3);
    await button(page, 'Desfazer recebimento da senha C007').click();
    await expect
      .poll(() => host.commands)
      .toMatchObject([
        { kind: 'queue.take_payment', counter: 'Guichê 1', ticketId: scenes.queued(12).ticketId },
        { kind: 'queue.undo_payment', counter: 'Guichê 1', ticketId: scenes.queued(12).ticketId },
        { kind: 'queue.take_payment', counter: 'Guichê 1', ticketId: scenes.queued(8).ticketId },
        { kind: 'queue.undo_payment', counter: 'Guichê 1', ticketId: scenes.queued(7).ticketId },
      ]);
  });

  test('a revoked totem says why nothing can be called, and where to go on', async ({ page }) => {
    await openDesk(page);
    host.show('queue', scenes.QUEUE_SCENES['totem revoked'] ?? scenes.queue());
    await expect(page.locator('main')).toContainText('Este totem foi revogado');
    await expect(page.locator('main')).toContainText('outro totem');
    await expect(button(page, 'Chamar próxima')).toHaveCount(0);
    await page.keyboard.press('F2');
    host.show('queue', scenes.queue());
    await expect(button(page, 'Chamar próxima')).toBeVisible();
    expect(host.commands).toEqual([]);
  });

  test('a refusal says who has the ticket', async ({ page }) => {
    await openDesk(page);
    const ticket = scenes.queued(14, { status: 'called', counter: 'Guichê 2' });
    host.answer({ ok: false, code: 'ticket_taken', ticket });
    await button(page, 'Chamar próxima').click();
    await expect(page.getByRole('alert')).toContainText('A senha C014 está com Guichê 2.');
  });
});

test('panel: a recall is announced, at the time of the unit', async ({ page }) => {
  host.show('panel', scenes.panel());
  await page.goto(`${host.url}/panel`);
  await expect(page.locator('.called-label')).toHaveText('C012');
  await expect(page.locator('.panel-time')).toHaveText('14:30');
  const [first, ...rest] = scenes.panel().calls;
  if (first === undefined) throw new Error('the scene has no call');
  const before = await page.locator('.called-ticket').elementHandle();
  host.show('panel', scenes.panel({ calls: [{ ...first, callCount: 2 }, ...rest] }));
  // The announcement is a new element: its animation, and the live region, begin again.
  await expect.poll(() => before?.evaluate((element) => element.isConnected)).toBe(false);
});

test('panel: a revoked totem calls nobody any more', async ({ page }) => {
  host.show('panel', scenes.panel());
  await page.goto(`${host.url}/panel`);
  await expect(page.locator('.called-label')).toHaveText('C012');
  host.show('panel', scenes.PANEL_SCENES['totem revoked'] ?? scenes.panel());
  await expect(page.locator('main')).toContainText('Painel desconectado');
  await expect(page.getByText('C012')).toHaveCount(0);
});

test('panel: without its host the last call fades, and is gone after two minutes', async ({ page }) => {
  await page.clock.install({ time: 0 });
  host.show('panel', scenes.panel());
  await page.goto(`${host.url}/panel`);
  await expect(page.locator('.called-ticket')).toContainText('Senha chamada');
  host.cutOff(true);
  await expect(page.locator('.fading .called-ticket')).toContainText('Última chamada recebida');
  await inspectScreen(page, 'panel: its host is away');
  await page.clock.runFor(121_000);
  await expect(page.locator('main')).toContainText('Painel sem contato com o totem');
  await expect(page.getByText('C012')).toHaveCount(0);
  await inspectScreen(page, 'panel: its host has been away for long');
  host.cutOff(false);
  await page.clock.runFor(5_000);
  await expect(page.locator('.called-label')).toHaveText('C012');
});

test('technician: a second copy is asked about, then ordered with the PIN', async ({ page }) => {
  await openTechnician(page);
  host.show('technician', scenes.TECHNICIAN_SCENES['everything wrong'] ?? scenes.technician());
  await button(page, 'Reimprimir C012').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reimprimir' }).click();
  await expect(page.getByText('2ª via da senha C012 enviada')).toBeVisible();
  await button(page, 'Impressão de teste').click();
  await button(page, 'Sincronizar agora').click();
  await expect(page.getByText('Sincronização pedida')).toBeVisible();
  await button(page, 'Bloquear').click();
  await expect(page.locator('[data-view="pin"]')).toBeVisible();
  expect(host.commands).toEqual([
    { kind: 'technician.unlock', pin: '2468' },
    { kind: 'technician.reprint', pin: '2468', ticketId: scenes.queued(12).ticketId },
    { kind: 'technician.test_print', pin: '2468' },
    { kind: 'technician.sync_now', pin: '2468' },
  ]);
});

test('technician: a wrong PIN opens nothing', async ({ page }) => {
  host.answer({ ok: false, code: 'wrong_pin' });
  await page.goto(`${host.url}/technician`);
  for (const key of '1111') await button(page, key, true).click();
  await button(page, 'Entrar').click();
  await expect(page.getByRole('alert')).toContainText('PIN incorreto');
  await expect(page.locator('[data-view="pin"]')).toBeVisible();
});

test('technician: going back to the totem locks the page for whoever comes next', async ({ page }) => {
  await openTechnician(page);
  host.show('totem', scenes.totem());
  await button(page, 'Voltar ao totem').click();
  await expect(page.locator('[data-view="attract"]')).toBeVisible();
  await page.goBack();
  await expect(page.locator('[data-view="pin"]')).toBeVisible();
});

test('admin: what one manager saw is gone before the next token is tried', async ({ page }) => {
  host.show('admin', scenes.admin());
  await page.goto(`${host.url}/admin`);
  await enterToken(page, host.adminToken);
  await expect(page.getByText(scenes.admin().merchantName)).toBeVisible();
  await button(page, 'Sair').click();
  host.cutOff(true);
  await enterToken(page, 'qualquer');
  await expect(page.getByText('Sem contato com o servidor')).toBeVisible();
  await expect(page.getByText(scenes.admin().merchantName)).toHaveCount(0);
});

test('the inspection itself finds what it looks for', async ({ page }) => {
  await openTotem(page);
  await page.evaluate(() => {
    const tiny = document.createElement('button');
    tiny.className = 'key-tiny';
    tiny.textContent = 'x';
    document.querySelector('main')?.append(tiny);
  });
  await expect(inspectScreen(page, 'a button of the wrong size')).rejects.toThrow(/60 px/);
  await page.evaluate(() => document.querySelector('.key-tiny')?.remove());
  await page.evaluate(() => document.querySelector('main')?.append(document.createElement('img')));
  await expect(inspectScreen(page, 'a picture without words')).rejects.toThrow(/image-alt/);
  await page.evaluate(() => document.querySelector('main img')?.remove());
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.brokeIn = true';
    document.body.append(script);
  });
  await expect(inspectScreen(page, 'an inline script')).rejects.toThrow(/script-src/);
});

// ---- steps ----

function button(page: Page, name: string, exact = false) {
  return page.getByRole('button', { name, exact });
}

async function openTotem(page: Page): Promise<void> {
  host.show('totem', scenes.totem());
  await page.goto(`${host.url}/totem`);
  await expect(page.locator('[data-view="attract"]')).toBeVisible();
}

async function openDesk(page: Page): Promise<void> {
  host.show('queue', scenes.queue());
  await page.goto(`${host.url}/queue`);
  await button(page, 'Guichê 1').click();
  await expect(page.locator('[data-view="desk"]')).toBeVisible();
}

test('the technician enrols the totem by the keys of the page, and reads why it did not work', async ({
  page,
}) => {
  await openTechnician(page);
  host.show('technician', scenes.TECHNICIAN_SCENES['not enrolled'] ?? scenes.technician());
  const enrol = button(page, 'Cadastrar');
  for (const key of ['A', 'B', 'C', 'D', '2', '3', '4'])
    await page.getByRole('button', { name: key, exact: true }).click();
  await expect(enrol).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: '5', exact: true }).click();
  await expect(page.getByLabel('Código de cadastro')).toHaveValue('ABCD-2345');
  for (const [code, words] of [
    ['invalid_code', 'Código incorreto'],
    ['code_expired', 'Este código venceu'],
    ['server_unreachable', 'Sem conexão no momento'],
    ['too_many_attempts', 'Muitas tentativas'],
  ] as const) {
    host.answer({ ok: false, code });
    await enrol.click();
    await expect(page.getByRole('alert')).toContainText(words);
  }
  host.answer({ ok: true });
  await enrol.click();
  await expect(page.getByText('Totem cadastrado.')).toBeVisible();
  expect(host.commands.at(-1)).toEqual({ kind: 'technician.enrol', pin: '2468', code: 'ABCD2345' });
});

async function openTechnician(page: Page, atPin?: () => Promise<void>): Promise<void> {
  host.show('technician', scenes.technician());
  await page.goto(`${host.url}/technician`);
  await expect(page.locator('[data-view="pin"]')).toBeVisible();
  await atPin?.();
  await page.getByLabel('PIN').fill('2468');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-view="diagnostics"]')).toBeVisible();
}

async function enterToken(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token de acesso').fill(token);
  await page.keyboard.press('Enter');
}
