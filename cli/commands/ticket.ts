import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isValidCpf } from '../../domain/cpf.ts';
import { pixAmountToCents } from '../../domain/money.ts';
import { composeReceipt, type ReceiptPayment, stampReceipt } from '../../domain/receipt.ts';
import { receiptToText } from '../../domain/receipt-lines.ts';
import { TicketPayment } from '../../domain/ticket.ts';
import { escposBytes } from '../../main/printing/escpos-document.ts';
import { renderReceiptPng } from '../../main/printing/receipt-png.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';

interface PreviewOptions {
  readonly png?: string;
  readonly escpos?: string;
  readonly label: string;
  readonly service: string;
  readonly amount: string;
  readonly payment: string;
  readonly merchant: string;
  readonly unit: string;
  readonly cpf?: string;
  readonly copy: string;
  readonly timeZone: string;
}

/** The preview's ticket and job are nobody's. */
const NO_TICKET = '00000000-0000-5000-8000-000000000000';

export function addTicketCommands(program: Command, terminal: Terminal): void {
  const group = program.command('ticket').description('what is printed');
  reportOutcome<PreviewOptions>(
    group
      .command('preview')
      .description('show a ticket as it would be printed: as text, as a picture, as bytes')
      .option('--png <file>', 'write the paper as a picture')
      .option('--escpos <file>', 'write the bytes that the printer would be sent')
      .option('--label <label>', 'number of the ticket', 'C012')
      .option('--service <name>', 'what was bought', 'Consulta geral')
      .option('--amount <reais>', 'what was paid, or is due, as 50.00', '50.00')
      .option('--payment <way>', 'pix, free or at_counter', 'pix')
      .option('--merchant <name>', 'headline', 'Clínica Aurora')
      .option('--unit <name>', 'below it', 'Unidade Centro')
      .option('--cpf <cpf>', 'printed masked')
      .option('--copy <n>', '2 and up is a "2ª via"', '1')
      .option('--time-zone <name>', 'of the unit', 'America/Sao_Paulo'),
    terminal,
    (_args, options) => preview(options),
  );
}

function preview(options: PreviewOptions): Outcome {
  const amount = pixAmountToCents(options.amount);
  if (!amount.ok) return refusal('invalid_amount', '--amount takes reais with a point, as 50.00');
  if (options.cpf !== undefined && !isValidCpf(options.cpf))
    return refusal('invalid_cpf', '--cpf is not a CPF: its check digits do not hold');
  const payment = TicketPayment.safeParse(options.payment);
  if (!payment.success) return refusal('invalid_payment', '--payment takes pix, free or at_counter');
  const copyNumber = Number(options.copy);
  if (!Number.isInteger(copyNumber) || copyNumber < 1 || copyNumber > 99)
    return refusal('invalid_copy', '--copy takes a number from 1 to 99');
  if (!isTimeZone(options.timeZone))
    return refusal('invalid_time_zone', '--time-zone takes an IANA name, as America/Sao_Paulo');

  const nowMs = Date.now();
  const document = stampReceipt(
    composeReceipt({
      merchantName: options.merchant,
      unitName: options.unit,
      timeZone: options.timeZone,
      ticketId: NO_TICKET,
      ticketLabel: options.label,
      serviceName: options.service,
      payment: receiptPayment(payment.data, amount.cents, nowMs),
      arrivedAt: nowMs,
      customerCpf: options.cpf ?? null,
    }),
    { jobId: NO_TICKET, copyNumber },
  );
  const text = receiptToText(document);
  try {
    if (options.png !== undefined) writeFileSync(options.png, renderReceiptPng(document));
    if (options.escpos !== undefined) writeFileSync(options.escpos, escposBytes(document));
  } catch (error) {
    return refusal('not_written', (error as Error).message);
  }
  const written = [options.png, options.escpos].filter((file) => file !== undefined);
  return {
    ok: true,
    data: { text, written },
    text: [text, ...written.map((file) => `written: ${file}`)].join('\n'),
  };
}

function receiptPayment(kind: TicketPayment, cents: number, paidAt: number): ReceiptPayment {
  switch (kind) {
    case 'pix':
      return { kind, amountCents: cents, paidAt };
    case 'free':
      return { kind };
    case 'at_counter':
      return { kind, amountDueCents: cents };
  }
}

function refusal(code: string, message: string): Outcome {
  return { ok: false, code, message };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('pt-BR', { timeZone: name });
    return true;
  } catch {
    // A RangeError is how Intl answers this question.
    return false;
  }
}
