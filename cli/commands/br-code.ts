import type { Command } from 'commander';
import {
  type BrCode,
  type BrCodeEncodeResult,
  encodeDynamicBrCode,
  encodeStaticBrCode,
  parseBrCode,
} from '../../domain/br-code.ts';
import { formatBrlPlain, pixAmountToCents } from '../../domain/money.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';

interface EncodeOptions {
  readonly key?: string;
  readonly url?: string;
  readonly amount?: string;
  readonly name: string;
  readonly city: string;
  readonly txid?: string;
  readonly info?: string;
  readonly recurrenceUrl?: string;
}

export function addBrCodeCommands(program: Command, terminal: Terminal): void {
  const group = program.command('br-code').description('PIX codes ("copia e cola")');
  reportOutcome(
    group.command('decode').description('check a code and say who is paid').argument('<text>', 'the code'),
    terminal,
    ([text = '']) => decode(text),
  );
  reportOutcome<EncodeOptions>(
    group
      .command('encode')
      .description('make a static code (--key) or a dynamic one (--url)')
      .option('--key <key>', 'phone (+55…), CPF, CNPJ, e-mail or random key')
      .option('--url <url>', 'location of a charge, without https://')
      .option('--amount <reais>', 'as 12.34; the payer types it where absent')
      .requiredOption('--name <name>', 'who is paid, at most 25 characters')
      .requiredOption('--city <city>', 'at most 15 characters')
      .option('--txid <txid>', '1 to 25 letters and digits')
      .option('--info <text>', 'text for the payer')
      .option('--recurrence-url <url>', 'Pix Automático recurrence, without https://'),
    terminal,
    (_args, options) => encode(options),
  );
}

function decode(text: string): Outcome {
  const result = parseBrCode(text.trim());
  if (!result.ok) {
    const { code, field, detail } = result.error;
    return {
      ok: false,
      code,
      message: field === null ? detail : `field ${field}: ${detail}`,
      data: result.error,
    };
  }
  return { ok: true, data: result.value, text: describe(result.value) };
}

function describe(code: BrCode): string {
  const rows: (readonly [string, string | null])[] = [
    ['kind', code.kind],
    ['name', code.merchant.name],
    ['city', code.merchant.city],
    ...specificRows(code),
  ];
  return rows
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(11)} ${value}`)
    .join('\n');
}

function specificRows(code: BrCode): (readonly [string, string | null])[] {
  switch (code.kind) {
    case 'static':
      return [
        ['key', code.key],
        ['amount', code.amountCents === null ? 'typed by the payer' : formatBrlPlain(code.amountCents)],
        ['txid', code.txid],
        ['info', code.info],
        ['recurrence', code.recurrenceUrl],
      ];
    case 'dynamic':
      return [
        ['charge', `https://${code.url}`],
        ['recurrence', code.recurrenceUrl],
      ];
    case 'rec-only':
      return [['recurrence', code.recurrenceUrl]];
  }
}

function encode(options: EncodeOptions): Outcome {
  if ((options.key === undefined) === (options.url === undefined))
    return { ok: false, code: 'key_or_url', message: 'give either --key (static) or --url (dynamic)' };
  const payee = {
    merchantName: options.name,
    merchantCity: options.city,
    recurrenceUrl: options.recurrenceUrl,
  };
  let result: BrCodeEncodeResult;
  if (options.url === undefined) {
    const amount = options.amount === undefined ? null : pixAmountToCents(options.amount);
    if (amount?.ok === false)
      return { ok: false, code: amount.code, message: '--amount takes reais with a point, as 12.34' };
    result = encodeStaticBrCode({
      ...payee,
      key: options.key ?? '',
      amountCents: amount?.cents,
      txid: options.txid,
      info: options.info,
    });
  } else {
    result = encodeDynamicBrCode({ ...payee, url: options.url });
  }
  if (!result.ok) return { ok: false, code: result.error.code, message: result.error.detail };
  return { ok: true, data: { brCode: result.brCode }, text: result.brCode };
}
