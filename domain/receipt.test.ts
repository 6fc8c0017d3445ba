import { describe, expect, it } from 'vitest';
import {
  composeReceipt,
  composeTestPrint,
  formatLocalDateTime,
  type ReceiptContent,
  shortId,
  stampReceipt,
} from './receipt.ts';
import { ReceiptDocument } from './receipt-document.ts';
import { receiptToText } from './receipt-lines.ts';

const JOB_ID = '019cd8a0-3a63-7d6f-9c58-00aa11bb22cc';

const PAID_AT = Date.parse('2026-03-10T03:01:00Z');

const CONTENT: ReceiptContent = {
  merchantName: 'Clínica Vila Nova',
  unitName: 'Unidade Centro',
  timeZone: 'America/Sao_Paulo',
  ticketId: '6f0e4c1a-3a63-5d6f-9c58-2b8a7d1f4e90',
  ticketLabel: 'C012',
  serviceName: 'Consulta de avaliação',
  payment: { kind: 'pix', amountCents: 123_456, paidAt: PAID_AT },
  arrivedAt: Date.parse('2026-03-10T02:59:59Z'),
  customerCpf: '529.982.247-25',
};

function linesOf(document: ReceiptDocument): string[] {
  return receiptToText(document)
    .split('\n')
    .map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
}

describe('a ticket', () => {
  const first = stampReceipt(composeReceipt(CONTENT), { jobId: JOB_ID, copyNumber: 1 });

  it('says who, what, when by the unit’s clock, how much, and what it is not', () => {
    expect(linesOf(first)).toEqual([
      'Clínica Vila Nova',
      'Unidade Centro',
      '',
      'SUA SENHA',
      'C012',
      'Consulta de avaliação',
      '',
      '─'.repeat(48),
      'Chegada | 09/03/2026 23:59',
      'Pagamento confirmado | 10/03/2026 00:01',
      'Pago por PIX | R$ 1.234,56',
      'CPF | ***.982.247-**',
      '─'.repeat(48),
      '',
      '[QR ticket:6f0e4c1a-3a63-5d6f-9c58-2b8a7d1f4e90]',
      '',
      'Senha C012 · código 7D1F-4E90',
      '',
      'Acompanhe o painel: sua senha será chamada.',
      'Apresente este papel no guichê.',
      '',
      'NÃO É DOCUMENTO FISCAL',
      'Impressão 11BB-22CC · 1ª via',
      '',
      '',
      '',
      '',
      '- '.repeat(24).trim(),
      '',
    ]);
  });

  it('has a second, smaller code where the receipt can be asked for by e-mail, below the ticket’s own', () => {
    const receiptUrl = 'https://totem.clinica.example/receipt/q3RtZkY0bVh2N0x1a1BzRw';
    const { blocks } = composeReceipt({ ...CONTENT, receiptUrl });
    const codes = blocks.flatMap((block) => (block.kind === 'qr' ? [[block.data, block.moduleDots]] : []));
    expect(codes).toEqual([
      [`ticket:${CONTENT.ticketId}`, 6],
      [receiptUrl, 4],
    ]);
    expect(linesOf({ v: 1, blocks })).toContain('Quer o comprovante por e-mail?');
    expect(composeReceipt({ ...CONTENT, receiptUrl: null })).toEqual(composeReceipt(CONTENT));
  });

  it('holds no more of the CPF than its mask', () => {
    expect(JSON.stringify(first)).not.toMatch(/529|247-25/);
  });

  it('leaves the CPF out when none was given', () => {
    const text = receiptToText(composeReceipt({ ...CONTENT, customerCpf: null }));
    expect(text).not.toContain('CPF');
  });

  it('says of a copy that it is one, before anything else', () => {
    const copy = linesOf(stampReceipt(composeReceipt(CONTENT), { jobId: JOB_ID, copyNumber: 3 }));
    expect(copy.slice(0, 4)).toEqual([
      '2ª VIA',
      'Cópia número 3 · vale uma única vez',
      '',
      'Clínica Vila Nova',
    ]);
    expect(copy).toContain('Impressão 11BB-22CC · 3ª via');
    expect(linesOf(first)).not.toContain('2ª VIA');
  });

  it('of a free service says so, and of one to be paid at the counter how much is due, and neither says "paid"', () => {
    const payments = [{ kind: 'free' }, { kind: 'at_counter', amountDueCents: 5_000 }] as const;
    const [free, atCounter] = payments.map((payment) => composeReceipt({ ...CONTENT, payment }));
    if (free === undefined || atCounter === undefined) throw new Error('two papers');
    expect(linesOf(free).slice(7, 12)).toEqual([
      '─'.repeat(48),
      'Chegada | 09/03/2026 23:59',
      'Valor | Gratuito',
      'CPF | ***.982.247-**',
      '─'.repeat(48),
    ]);
    expect(linesOf(atCounter).slice(7, 14)).toEqual([
      '─'.repeat(48),
      'Chegada | 09/03/2026 23:59',
      '',
      'A PAGAR NO GUICHÊ: R$ 50,00',
      '',
      'CPF | ***.982.247-**',
      '─'.repeat(48),
    ]);
    const readsAsPaid = /pago|pix|confirmad|recebid|quitad/i;
    expect(receiptToText(free)).not.toMatch(readsAsPaid);
    expect(receiptToText(atCounter)).not.toMatch(readsAsPaid);
    expect(receiptToText(composeReceipt(CONTENT))).toMatch(readsAsPaid);
  });

  it('prints the label as large as its length allows', () => {
    const sizeOf = (ticketLabel: string) =>
      composeReceipt({ ...CONTENT, ticketLabel }).blocks.find(
        (block) => block.kind === 'text' && block.text === ticketLabel,
      );
    expect(sizeOf('C012')).toMatchObject({ size: 7 });
    expect(sizeOf('ABC123456')).toMatchObject({ size: 5 });
  });

  it('has the shape that is stored', () => {
    expect(ReceiptDocument.parse(first)).toEqual(first);
    expect(ReceiptDocument.safeParse({ ...first, v: 2 }).success).toBe(false);
  });
});

describe('a test print', () => {
  const about = { kioskId: 'totem-1', timeZone: 'America/Sao_Paulo', printedAt: PAID_AT };
  const text = receiptToText(composeTestPrint(about));

  it('cannot be taken for a ticket, and shows every letter that Portuguese adds', () => {
    expect(text).toContain('Não vale como senha');
    expect(text).toContain('áàâãäéêíóôõúüç ÁÀÂÃÄÉÊÍÓÔÕÚÜÇ ªº € R$');
    expect(text).not.toContain('?');
  });
});

describe('formatLocalDateTime', () => {
  it.each([
    ['America/Sao_Paulo', '10/03/2026 00:01'],
    ['America/Rio_Branco', '09/03/2026 22:01'],
    ['America/Noronha', '10/03/2026 01:01'],
  ])('in %s', (timeZone, expected) => {
    expect(formatLocalDateTime(PAID_AT, timeZone)).toBe(expected);
  });

  it('refuses a time zone that does not exist', () => {
    expect(() => formatLocalDateTime(0, 'America/Nowhere')).toThrow(RangeError);
  });
});

it('shortens ids to what can be read aloud', () => {
  expect(shortId(JOB_ID)).toBe('11BB-22CC');
});

it.each([
  ['pix', 'Confirmado por PIX'],
  ['card', 'Confirmado com cartão'],
  [null, 'Confirmado'],
] as const)('one that was sold elsewhere, by %s, says no more than is known', (method, said) => {
  const lines = linesOf(composeReceipt({ ...CONTENT, payment: { kind: 'elsewhere', method } }));
  expect(lines).toContain(`Pagamento | ${said}`);
});

describe('a ticket that was paid by card', () => {
  it('says so, in the currency that was paid', () => {
    const payment = { kind: 'card', amountCents: 4_590, currency: 'USD', paidAt: PAID_AT } as const;
    const lines = linesOf(composeReceipt({ ...CONTENT, payment }));
    expect(lines).toContain('Pago com cartão | US$ 45,90');
    expect(lines.join(' ')).not.toContain('PIX');
    expect(lines.join(' ')).not.toMatch(/(?<!US?)R\$/);
  });
});
