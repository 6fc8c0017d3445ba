import { maskCpf } from '../../domain/cpf.ts';
import { formatCurrencyPlain } from '../../domain/money.ts';
import type { NotificationKind } from '../../domain/protocol/fulfilment.ts';
import type { Contact } from '../fulfilment/read-contact.ts';
import type { Sale } from '../fulfilment/read-sale.ts';
import type { OutgoingMessage } from './channel.ts';

/** One line of the table in a message: what it is, and its value. */
type Line = readonly [name: string, value: string];

/** The words of a message; they go to the customer, so they are Portuguese. */
export function composeMessage(
  kind: NotificationKind,
  sale: Sale,
  { name, cpf }: Pick<Contact, 'name' | 'cpf'>,
): OutgoingMessage {
  const greeting = name === null ? 'Olá!' : `Olá, ${name.trim().split(/\s+/, 1)[0]}!`;
  const words = kind === 'receipt' ? receiptWords(sale) : noticeWords(sale);
  const lines = linesOf(kind, sale, cpf);
  const footer = `${sale.merchantName} · ${sale.unitName}. Mensagem automática: não é preciso responder.`;
  return {
    id: `${kind}.${sale.transactionId}`,
    kind,
    subject: words.subject,
    text: [
      greeting,
      '',
      ...words.paragraphs,
      '',
      ...lines.map(([what, value]) => `${what}: ${value}`),
      '',
      footer,
      '',
    ].join('\n'),
    html: page(greeting, words.paragraphs, lines, footer),
    facts: {
      ticketLabel: sale.ticketLabel,
      serviceName: sale.serviceName,
      amountCents: sale.amountCents,
      currency: sale.currency,
      merchantName: sale.merchantName,
      unitName: sale.unitName,
      paidAt: sale.paidAtMs,
      confirmationId: kind === 'receipt' ? sale.confirmationId : null,
    },
  };
}

interface Words {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

function noticeWords({ ticketLabel, merchantName }: Sale): Words {
  return {
    subject: `Recebemos seu pagamento: senha ${ticketLabel}`,
    paragraphs: [
      `Seu pagamento para ${merchantName} foi confirmado e a senha ${ticketLabel} é sua.`,
      'Acompanhe a chamada no painel da unidade. Se o papel não saiu, diga este número no balcão.',
    ],
  };
}

function receiptWords({ ticketLabel, merchantName, refunds, ticket }: Sale): Words {
  const handedOver =
    ticket === null ? 'Sua compra terminou sem senha.' : `A senha ${ticketLabel} já está na fila.`;
  return {
    subject: `Comprovante: senha ${ticketLabel}, ${merchantName}`,
    paragraphs: [
      `${handedOver} Este é o comprovante do pagamento; guarde-o se precisar.`,
      ...(refunds.length === 0
        ? []
        : ['Há devolução neste pagamento: o valor volta para a conta de onde ele saiu.']),
    ],
  };
}

function linesOf(kind: NotificationKind, sale: Sale, cpf: string | null): Line[] {
  const lines: Line[] = [
    ['Senha', sale.ticketLabel],
    ['Serviço', sale.serviceName],
    ['Valor', formatCurrencyPlain(sale.amountCents, sale.currency)],
    ['Unidade', `${sale.merchantName}, ${sale.unitName}`],
    ['Pago em', dateTime(sale.paidAtMs, sale.timeZone)],
  ];
  if (kind === 'payment_received') return lines;
  if (cpf !== null) lines.push(['CPF', maskCpf(cpf)]);
  lines.push([sale.flow === 'national' ? 'Identificador do Pix' : 'Identificador', sale.confirmationId]);
  for (const { amountCents, status } of sale.refunds)
    lines.push(['Devolução', `${formatCurrencyPlain(amountCents, sale.currency)} (${REFUND_WORDS[status]})`]);
  return lines;
}

const REFUND_WORDS: Readonly<Record<Sale['refunds'][number]['status'], string>> = {
  requested: 'pedida',
  processing: 'em andamento',
  settled: 'concluída',
  failed: 'não concluída: fale com a unidade',
};

function dateTime(atMs: number, timeZone: string): string {
  return new Intl.DateTimeFormat('pt-BR', { dateStyle: 'short', timeStyle: 'short', timeZone }).format(atMs);
}

/** Tables and inline styles: mail programs know little else. */
function page(
  greeting: string,
  paragraphs: readonly string[],
  lines: readonly Line[],
  footer: string,
): string {
  const rows = lines.map(
    ([what, value]) =>
      `<tr><th scope="row" style="padding:4px 16px 4px 0;text-align:left;color:#555;font-weight:normal">${escapeHtml(what)}</th>` +
      `<td style="padding:4px 0;font-weight:bold">${escapeHtml(value)}</td></tr>`,
  );
  return [
    '<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"></head>',
    '<body style="margin:0;padding:24px;font-family:Arial,sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a">',
    `<p>${escapeHtml(greeting)}</p>`,
    ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    `<table role="presentation" style="border-collapse:collapse">${rows.join('')}</table>`,
    `<p style="color:#555;font-size:14px">${escapeHtml(footer)}</p>`,
    '</body></html>',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}
