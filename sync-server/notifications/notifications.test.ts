import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../platform/testing/manual-clock.ts';
import { startMailServer } from '../../simulators/mail/mail-server.ts';
import type { Sale } from '../fulfilment/read-sale.ts';
import { maskAddress, recipientsOf, withoutAddress } from './addresses.ts';
import type { Channel } from './channel.ts';
import { createEmailChannel } from './email-channel.ts';
import { composeMessage } from './messages.ts';
import { NotificationVariables, readNotifications } from './read-config.ts';
import { createWebhookChannel, SIGNATURE_HEADER } from './webhook-channel.ts';

const SALE: Sale = {
  transactionId: '0198c1a0-0000-7000-8000-000000000abc',
  merchantName: 'Clínica <Aurora> & Filhos',
  unitName: 'Unidade Centro',
  timeZone: 'America/Sao_Paulo',
  serviceName: 'Consulta',
  amountCents: 123_456,
  currency: 'BRL',
  flow: 'national',
  status: 'SUCCEEDED',
  paidAtMs: Date.UTC(2026, 2, 10, 15, 4),
  ticketLabel: 'C017',
  confirmationId: 'E12345678202603101504abcdef12345',
  ticket: { status: 'in_queue', delivery: 'printed' },
  refunds: [],
};
const ANA = { name: 'Ana <b>Souza</b>', cpf: '52998224725' };

describe('what a customer reads', () => {
  test('the notice: plain words, the number, and nothing of the document', () => {
    const { subject, text, id } = composeMessage('payment_received', SALE, ANA);
    expect(id).toBe(`payment_received.${SALE.transactionId}`);
    expect(subject).toBe('Recebemos seu pagamento: senha C017');
    expect(text).toBe(
      [
        'Olá, Ana!',
        '',
        'Seu pagamento para Clínica <Aurora> & Filhos foi confirmado e a senha C017 é sua.',
        'Acompanhe a chamada no painel da unidade. Se o papel não saiu, diga este número no balcão.',
        '',
        'Senha: C017',
        'Serviço: Consulta',
        'Valor: R$ 1.234,56',
        'Unidade: Clínica <Aurora> & Filhos, Unidade Centro',
        'Pago em: 10/03/2026, 12:04',
        '',
        'Clínica <Aurora> & Filhos · Unidade Centro. Mensagem automática: não é preciso responder.',
        '',
      ].join('\n'),
    );
  });

  test('the receipt: masked CPF, the Pix, each refund with its state', () => {
    const refunds = [
      { amountCents: 1_000, status: 'settled' },
      { amountCents: 500, status: 'processing' },
    ] as const;
    const { text } = composeMessage('receipt', { ...SALE, refunds }, ANA);
    for (const line of [
      'CPF: ***.982.247-**',
      `Identificador do Pix: ${SALE.confirmationId}`,
      'Devolução: R$ 10,00 (concluída)',
      'Devolução: R$ 5,00 (em andamento)',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).not.toContain(ANA.cpf);
    expect(composeMessage('receipt', SALE, { name: null, cpf: null }).text).toMatch(/^Olá!\n/);
  });

  test('names that hold markup stay text', () => {
    const { html } = composeMessage('receipt', { ...SALE, serviceName: '<img src=x>"' }, ANA);
    expect(html).not.toMatch(/<(img|b|Aurora)\b/);
    expect(html).toContain('&lt;img src=x&gt;&quot;');
  });
});

describe('addresses', () => {
  test.each([
    ['email', 'ana@example.com', 'a***@example.com'],
    ['email', 'nobody', 'n***'],
    ['sms', '+5511987654321', '+55*********21'],
  ] as const)('%s %s is logged as %s', (channel, address, masked) => {
    expect(maskAddress({ channel, address })).toBe(masked);
    const said = withoutAddress(`<${address.toUpperCase()}> is not here, ${address}`, { channel, address });
    expect(said).toBe(`<${masked}> is not here, ${masked}`);
  });

  test('a phone goes by WhatsApp, and by SMS where there is no WhatsApp', () => {
    const any: Channel = { send: async () => ({ ok: true }) };
    const contact = { email: 'ana@example.com', phone: '+5511987654321' };
    const names = (channels: Parameters<typeof recipientsOf>[0]) =>
      recipientsOf(channels, contact).map(({ channel }) => channel);
    expect(names({ email: any, whatsapp: any, sms: any })).toEqual(['email', 'whatsapp']);
    expect(names({ sms: any })).toEqual(['sms']);
    expect(names({})).toEqual([]);
    expect(recipientsOf({ email: any }, { email: null, phone: contact.phone })).toEqual([]);
  });
});

describe('e-mail', () => {
  test('is sent as it is composed, and what the server says against it comes back without the address', async () => {
    const server = await startMailServer();
    const channel = createEmailChannel({ url: server.url, from: 'Clínica <nao-responda@clinica.example>' });
    const message = composeMessage('receipt', SALE, ANA);
    expect(await channel.send('ana@example.com', message)).toEqual({ ok: true });
    expect(server.mails).toMatchObject([
      { to: ['ana@example.com'], subject: message.subject, messageId: `<${message.id}@clinica.example>` },
    ]);
    expect(server.mails[0]?.text.replaceAll('\r\n', '\n').trim()).toBe(message.text.trim());
    expect(server.mails[0]?.raw).toContain('Auto-Submitted: auto-generated');
    server.temper = 'refuses';
    const refused = await channel.send('ana@example.com', message);
    expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('550') });
    expect(JSON.stringify(refused)).not.toContain('ana@');
    await server.close();
    expect(await channel.send('ana@example.com', message)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a password never goes over a line that is not encrypted', async () => {
    // This machine as well, and not known to be.
    const server = await startMailServer(0, '127.0.0.2');
    const url = `smtp://shop:secret@127.0.0.2:${server.port}`;
    const channel = createEmailChannel({ url, from: 'a@clinica.example' });
    expect(await channel.send('ana@example.com', composeMessage('receipt', SALE, ANA))).toMatchObject({
      ok: false,
      detail: expect.stringContaining('STARTTLS'),
    });
    expect(server.mails).toEqual([]);
    await server.close();
  });
});

describe('WhatsApp and SMS', () => {
  let server: Server;
  let url: string;
  let status = 200;
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  const clock = new ManualClock();

  beforeEach(async () => {
    received.length = 0;
    status = 200;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:9/' } : {}).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('the message is posted, signed over time and body, with a key by which a second copy is told', async () => {
    const channel = createWebhookChannel('sms', { url, secret: 'a-secret-of-the-shop' }, clock);
    const message = composeMessage('payment_received', SALE, ANA);
    expect(await channel.send('+5511987654321', message)).toEqual({ ok: true });
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    expect(JSON.parse(body)).toEqual({
      id: message.id,
      kind: 'payment_received',
      channel: 'sms',
      to: '+5511987654321',
      text: message.text,
      facts: {
        ticketLabel: 'C017',
        serviceName: 'Consulta',
        amountCents: 123_456,
        currency: 'BRL',
        merchantName: SALE.merchantName,
        unitName: 'Unidade Centro',
        paidAt: SALE.paidAtMs,
        confirmationId: null,
      },
    });
    const [, t = '', v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers[SIGNATURE_HEADER])) ?? [];
    expect(Number(t)).toBe(clock.nowMs() / 1000);
    const hmac = (signed: string) =>
      createHmac('sha256', 'a-secret-of-the-shop').update(signed).digest('hex');
    expect(v1).toBe(hmac(`${t}.${body}`));
    expect(v1).not.toBe(hmac(`${t}.${body} `));
    expect(headers['idempotency-key']).toBe(message.id);
  });

  test.each([
    [500, 'HTTP 500'],
    [404, 'HTTP 404'],
    [302, 'unexpected redirect'],
  ])('an answer of %i is a failure', async (answered, detail) => {
    status = answered;
    const channel = createWebhookChannel('whatsapp', { url, secret: 'a-secret-of-the-shop' }, clock);
    const outcome = await channel.send('+5511987654321', composeMessage('receipt', SALE, ANA));
    expect(outcome).toEqual({ ok: false, detail });
  });
});

describe('the configuration', () => {
  const read = (values: Record<string, string>) => readNotifications(NotificationVariables.parse(values));

  test('none, mail, and services for messages', () => {
    expect(read({})).toEqual({ smtp: null, whatsapp: null, sms: null });
    const smtp = { TOTEM_SMTP_URL: 'smtps://u:p@mail.example:465', TOTEM_MAIL_FROM: 'Clínica <a@b.example>' };
    expect(read(smtp).smtp).toEqual({ url: smtp.TOTEM_SMTP_URL, from: smtp.TOTEM_MAIL_FROM });
    const sms = {
      TOTEM_SMS_WEBHOOK_URL: 'https://x.example/sms',
      TOTEM_MESSAGE_WEBHOOK_SECRET: '0123456789abcdef',
    };
    expect(read(sms).sms).toEqual({ url: 'https://x.example/sms', secret: '0123456789abcdef' });
  });

  test.each([
    [{ TOTEM_SMTP_URL: 'smtp://mail.example' }, 'TOTEM_MAIL_FROM'],
    [{ TOTEM_MAIL_FROM: 'a@b.example' }, 'TOTEM_SMTP_URL'],
    [{ TOTEM_SMTP_URL: 'http://mail.example', TOTEM_MAIL_FROM: 'a@b.example' }, 'TOTEM_SMTP_URL'],
    [{ TOTEM_SMTP_URL: 'smtp://mail.example', TOTEM_MAIL_FROM: 'nobody' }, 'TOTEM_MAIL_FROM'],
    [{ TOTEM_WHATSAPP_WEBHOOK_URL: 'https://x.example' }, 'TOTEM_MESSAGE_WEBHOOK_SECRET'],
    [{ TOTEM_MESSAGE_WEBHOOK_SECRET: 'short' }, 'TOTEM_MESSAGE_WEBHOOK_SECRET'],
  ])('%j is refused by the name of what is wrong', (values, name) => {
    expect(() => read(values)).toThrow(name);
  });
});
