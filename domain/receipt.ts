import { maskCpf } from './cpf.ts';
import { formatBrlPlain, formatCurrencyPlain } from './money.ts';
import { RECEIPT_COLUMNS, type ReceiptBlock, type ReceiptDocument, textBlock } from './receipt-document.ts';
import type { PaymentMethod } from './ticket.ts';

export interface ReceiptContent {
  readonly merchantName: string;
  readonly unitName: string;
  /** IANA name; the times on the paper are those of the unit's wall clock. */
  readonly timeZone: string;
  readonly ticketId: string;
  /** "C012". */
  readonly ticketLabel: string;
  readonly serviceName: string;
  readonly payment: ReceiptPayment;
  /** Epoch ms: when the customer came. Municipal queue laws (São Paulo's 13.948/2005 and others) want it on the ticket. */
  readonly arrivedAt: number;
  /** With or without punctuation; it is masked here, so that the whole number never reaches a paper or a print job. */
  readonly customerCpf: string | null;
  /** The page on which the customer asks for the receipt by e-mail; absent or null: there is none. */
  readonly receiptUrl?: string | null;
}

/** Only `pix`, `card` and `elsewhere` have been paid; `paidAt` in epoch ms. */
export type ReceiptPayment =
  | { readonly kind: 'pix'; readonly amountCents: number; readonly paidAt: number }
  | {
      readonly kind: 'card';
      /** Of the currency's smallest unit. */
      readonly amountCents: number;
      readonly currency: string;
      readonly paidAt: number;
    }
  /** Sold by another totem, which alone knows how much it was; null: the server does not say with what it was paid. */
  | { readonly kind: 'elsewhere'; readonly method: PaymentMethod | null }
  | { readonly kind: 'free' }
  | { readonly kind: 'at_counter'; readonly amountDueCents: number };

/**
 * What a ticket says. Names stay off it: a paper gets lost, and the label is enough to be called by. The identity of
 * the paper itself (job, "2ª via") is not part of it: see `stampReceipt`.
 */
export function composeReceipt(content: ReceiptContent): ReceiptDocument {
  const { ticketLabel, timeZone } = content;
  return {
    v: 1,
    blocks: [
      textBlock(content.merchantName, { align: 'center', size: 2, bold: true }),
      textBlock(content.unitName, { align: 'center' }),
      { kind: 'feed', lines: 1 },
      textBlock('SUA SENHA', { align: 'center', bold: true }),
      textBlock(ticketLabel, { align: 'center', size: labelSize(ticketLabel), bold: true }),
      textBlock(content.serviceName, { align: 'center', size: 2 }),
      { kind: 'feed', lines: 1 },
      { kind: 'rule' },
      pair('Chegada', formatLocalDateTime(content.arrivedAt, timeZone), true),
      ...paymentBlocks(content.payment, timeZone),
      ...(content.customerCpf === null ? [] : [pair('CPF', maskCpf(content.customerCpf))]),
      { kind: 'rule' },
      { kind: 'feed', lines: 1 },
      { kind: 'qr', data: ticketQrData(content.ticketId), moduleDots: 6 },
      { kind: 'feed', lines: 1 },
      textBlock(`Senha ${ticketLabel} · código ${shortId(content.ticketId)}`, { align: 'center' }),
      { kind: 'feed', lines: 1 },
      textBlock('Acompanhe o painel: sua senha será chamada.', { align: 'center', bold: true }),
      textBlock('Apresente este papel no guichê.', { align: 'center' }),
      { kind: 'feed', lines: 1 },
      ...receiptPageBlocks(content.receiptUrl ?? null),
      textBlock('NÃO É DOCUMENTO FISCAL', { align: 'center' }),
    ],
  };
}

/**
 * What a technician's test prints: every kind of block, all letters that Portuguese adds, and a ruler as wide as
 * the paper, so that a glance at it tells a wrong code page, a wrong width or a weak head.
 */
export function composeTestPrint(about: {
  readonly kioskId: string;
  readonly timeZone: string;
  /** Epoch ms. */
  readonly printedAt: number;
}): ReceiptDocument {
  return {
    v: 1,
    blocks: [
      textBlock('TESTE DE IMPRESSÃO', { align: 'center', size: 2, bold: true }),
      textBlock('Não vale como senha', { align: 'center', inverted: true }),
      { kind: 'feed', lines: 1 },
      pair('Totem', about.kioskId),
      pair('Data e hora', formatLocalDateTime(about.printedAt, about.timeZone)),
      { kind: 'rule' },
      textBlock('áàâãäéêíóôõúüç ÁÀÂÃÄÉÊÍÓÔÕÚÜÇ ªº € R$', { align: 'center' }),
      textBlock('Normal'),
      textBlock('Negrito', { bold: true }),
      textBlock('Grande', { size: 3 }),
      textBlock('Ao centro', { align: 'center' }),
      textBlock('À direita', { align: 'right' }),
      textBlock('1234567890'.repeat(5).slice(0, RECEIPT_COLUMNS)),
      { kind: 'rule' },
      { kind: 'qr', data: `test:${about.kioskId}`, moduleDots: 6 },
      { kind: 'feed', lines: 1 },
    ],
  };
}

/**
 * Makes a document into one particular paper: a reprint says first that it is a copy and which one, and every paper
 * ends with the id of the job that printed it, so that two papers of one ticket can be told apart.
 * @param paper.copyNumber 1 for the first paper, 2 and up for a "2ª via"
 */
export function stampReceipt(
  document: ReceiptDocument,
  paper: { readonly jobId: string; readonly copyNumber: number },
): ReceiptDocument {
  const isCopy = paper.copyNumber > 1;
  return {
    v: 1,
    blocks: [
      ...(isCopy ? copyBanner(paper.copyNumber) : []),
      ...document.blocks,
      textBlock(`Impressão ${shortId(paper.jobId)} · ${paper.copyNumber}ª via`, { align: 'center' }),
      { kind: 'feed', lines: 4 },
      { kind: 'cut' },
    ],
  };
}

/** What the ticket's QR code holds, for a reader at the counter. It names the ticket and tells nothing of the customer. */
export function ticketQrData(ticketId: string): string {
  return `ticket:${ticketId}`;
}

/** The last eight hex digits of a UUID (the random end of both v5 and v7), "7F3A-91C2": short enough to be read aloud. */
export function shortId(uuid: string): string {
  const end = uuid.replaceAll('-', '').slice(-8).toUpperCase();
  return `${end.slice(0, 4)}-${end.slice(4)}`;
}

/**
 * "22/11/2026 09:14" on the wall clock of a time zone.
 * @param instantMs UTC, epoch milliseconds
 * @throws RangeError when the runtime does not know the time zone
 */
export function formatLocalDateTime(instantMs: number, timeZone: string): string {
  // The pieces are put together here: what stands between date and time differs from one ICU version to the next.
  const parts = new Intl.DateTimeFormat('pt-BR-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(instantMs);
  const partOf = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((part) => part.type === type)?.value ?? '';
  return `${partOf('day')}/${partOf('month')}/${partOf('year')} ${partOf('hour')}:${partOf('minute')}`;
}

const ELSEWHERE = { pix: 'Confirmado por PIX', card: 'Confirmado com cartão', unsaid: 'Confirmado' } as const;

function paymentBlocks(payment: ReceiptPayment, timeZone: string): ReceiptBlock[] {
  switch (payment.kind) {
    case 'pix':
      return [
        pair('Pagamento confirmado', formatLocalDateTime(payment.paidAt, timeZone)),
        pair('Pago por PIX', formatBrlPlain(payment.amountCents), true),
      ];
    case 'card':
      return [
        pair('Pagamento confirmado', formatLocalDateTime(payment.paidAt, timeZone)),
        pair('Pago com cartão', formatCurrencyPlain(payment.amountCents, payment.currency), true),
      ];
    case 'elsewhere':
      return [pair('Pagamento', ELSEWHERE[payment.method ?? 'unsaid'], true)];
    case 'free':
      return [pair('Valor', 'Gratuito', true)];
    case 'at_counter':
      // Set apart, white on black: nobody may take this paper for a receipt.
      return [
        { kind: 'feed', lines: 1 },
        textBlock(`A PAGAR NO GUICHÊ: ${formatBrlPlain(payment.amountDueCents)}`, {
          align: 'center',
          bold: true,
          inverted: true,
        }),
        { kind: 'feed', lines: 1 },
      ];
  }
}

/** Apart from the ticket's own code, and smaller: at the counter nobody scans it in its place. */
function receiptPageBlocks(url: string | null): ReceiptBlock[] {
  if (url === null) return [];
  return [
    { kind: 'rule' },
    textBlock('Quer o comprovante por e-mail?', { align: 'center', bold: true }),
    textBlock('Leia este código com o celular:', { align: 'center' }),
    { kind: 'qr', data: url, moduleDots: 4 },
    { kind: 'feed', lines: 1 },
    { kind: 'rule' },
  ];
}

/** As large as the paper allows, and no larger than 7: beyond that four characters already look like a poster. */
function labelSize(label: string): number {
  return Math.max(1, Math.min(7, Math.floor(RECEIPT_COLUMNS / label.length)));
}

function copyBanner(copyNumber: number): ReceiptBlock[] {
  return [
    textBlock('2ª VIA', { align: 'center', size: 2, bold: true, inverted: true }),
    textBlock(`Cópia número ${copyNumber} · vale uma única vez`, { align: 'center' }),
    { kind: 'feed', lines: 1 },
  ];
}

function pair(left: string, right: string, bold = false): ReceiptBlock {
  return { kind: 'pair', left, right, bold };
}
