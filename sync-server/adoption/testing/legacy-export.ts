import type { CanonicalStatus } from '../../../domain/payment-status.ts';

/** A generator of what old systems export, with a seed: the same seed, the same files, byte for byte. */
export interface LegacyExport {
  readonly transactions: Buffer;
  readonly sessions: Buffer;
  readonly customers: Buffer;
  /** Recomputed here, by other means than the importer's: `provider status month` → cents and rows of what is adopted. */
  readonly expected: ReadonlyMap<string, { readonly rows: number; readonly cents: number }>;
  readonly expectedStates: { readonly unmapped: number; readonly duplicates: number };
}

export interface LegacyOptions {
  readonly seed: number;
  readonly rows: number;
  /** Clinics that the mapping knows, and one that it does not. */
  readonly clinics: readonly string[];
  readonly unknownClinic: string;
}

/** xorshift32: small, and the same on every machine. */
function randomOf(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  pagarme: ['Pagar.me', 'PAGARME', 'pagar_me', 'pagarme', ' Pagarme '],
  stripe: ['Stripe', 'STRIPE', 'stripe'],
  appmax: ['Appmax', 'APPMAX', 'app max'],
  'open-finance': ['OpenFinance', 'open-banking', 'OPEN_FINANCE', 'open banking'],
};
const STATUSES: Readonly<Partial<Record<CanonicalStatus, readonly string[]>>> = {
  SUCCEEDED: ['paid', 'succeeded', 'pago', 'approved', 'Aprovado', 'CAPTURED', 'PAGO'],
  PENDING: ['pending', 'Pendente', 'waiting_payment', 'aguardando pagamento'],
  PROCESSING: ['processing', 'em análise'],
  AUTHORIZED: ['authorized', 'Autorizado'],
  FAILED: ['failed', 'recusado', 'Não autorizado', 'refused'],
  CANCELED: ['canceled', 'cancelado', 'CANCELLED'],
  EXPIRED: ['expired', 'Expirado'],
  REFUNDED: ['refunded', 'estornado', 'REEMBOLSADO'],
  CHARGEBACK: ['chargedback', 'chargeback', 'contestado'],
};
const SETTLED = new Set<string>(['SUCCEEDED', 'REFUNDED', 'CHARGEBACK']);
const NAMES = ['Ana Souza', 'João "Zé" da Silva', 'Maria; das Dores', 'Zoë\nLima', 'D’Ávila, José'];

export function makeLegacyExport({ seed, rows, clinics, unknownClinic }: LegacyOptions): LegacyExport {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const people = Math.max(5, Math.floor(rows / 5));
  const expected = new Map<string, { rows: number; cents: number }>();
  const lines: string[][] = [];
  const broken = new Set<number>();
  let unmapped = 0;
  let duplicates = 0;
  const sessions: string[][] = [];
  for (let at = 0; at < rows; at += 1) {
    const clinic = random(20) === 0 ? unknownClinic : pick(clinics);
    const provider = pick(Object.keys(PROVIDERS));
    const status = pick(Object.keys(STATUSES));
    const atMs = Date.UTC(2024, 0, 1) + random(500 * 24 * 60) * 60_000;
    const cents = 100 + random(500_000);
    const person = random(people);
    const isSettled = SETTLED.has(status);
    const fault = random(60);
    const word = fault === 1 ? 'sei lá' : pick(STATUSES[status as CanonicalStatus] ?? []);
    const providerWord = fault === 2 ? 'banco da esquina' : pick(PROVIDERS[provider] ?? []);
    const amount = fault === 3 ? 'doze reais' : reais(cents, random(3));
    const created = fault === 4 ? 'ontem' : dateText(atMs, random(5));
    const paid = isSettled && fault !== 4 ? dateText(atMs, random(5)) : pick(['', 'NULL', 'null']);
    const line = [
      `tx-${seed}-${at}`,
      clinic,
      providerWord,
      fault !== 2 && random(3) === 0 ? (PROVIDERS[provider]?.[1] ?? '') : '',
      word,
      amount,
      pick(['BRL', '', 'NULL']),
      pick(['credit_card', 'pix', 'PIX', 'cartão de crédito', '']),
      created,
      paid,
      `cust-${person}`,
      pick(NAMES),
      `Pessoa.${person}@Example.com`,
      `ch_${seed}_${at}`,
      `or_${seed}_${at}`,
      payload(random(6), person, at),
    ];
    const known = { clinic: clinic !== unknownClinic, words: fault < 1 || fault > 4 };
    if (known.clinic && known.words) {
      const month = brazilMonth(atMs);
      const name = `${provider} ${status} ${month}`;
      const sum = expected.get(name) ?? { rows: 0, cents: 0 };
      expected.set(name, { rows: sum.rows + 1, cents: sum.cents + cents });
    } else unmapped += 1;
    // A name is cut in the middle of a letter.
    if (random(200) === 0) broken.add(lines.length);
    lines.push(line);
    if (random(50) === 0) {
      if (broken.has(lines.length - 1)) broken.add(lines.length);
      lines.push([...line]);
      duplicates += 1;
    }
    if (random(2) === 0)
      sessions.push([
        `cs-${seed}-${at}`,
        clinic,
        `pessoa.${person}@example.com`,
        isSettled ? 'completed' : 'abandonado',
        dateText(atMs, 0),
        `or_${seed}_${at}`,
      ]);
  }
  const header = [
    'id',
    'clinic_id',
    'provider',
    'providerV2',
    'Situação',
    'valor',
    'moeda',
    'forma_pagamento',
    'createdAt',
    'pago_em',
    'cliente_id',
    'nome_cliente',
    'email',
    'provider_charge_id',
    'provider_order_id',
    'raw_payload',
  ];
  return {
    transactions: csv(header, lines, ';', broken),
    sessions: csv(['id', 'clinicId', 'email', 'status', 'created_at', 'order_id'], sessions, ',', new Set()),
    customers: csv(
      ['id', 'clinica', 'nome', 'email', 'telefone'],
      Array.from({ length: people }, (_, at) => [
        `cust-${at}`,
        clinics[at % clinics.length] ?? '',
        NAMES[at % NAMES.length] ?? '',
        `pessoa.${at}@example.com`,
        '(11) 98765-4321',
      ]),
      ',',
      new Set(),
    ),
    expected,
    expectedStates: { unmapped, duplicates },
  };
}

/** With a BOM, CRLF, and quotes where they are needed. */
function csv(
  header: readonly string[],
  lines: readonly (readonly string[])[],
  delimiter: string,
  broken: ReadonlySet<number>,
): Buffer {
  const text = (cells: readonly string[]): string =>
    `${cells.map((cell) => (/[";,\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(delimiter)}\r\n`;
  return Buffer.concat([
    Buffer.from(`\uFEFF${text(header)}`),
    ...lines.map((line, at) => {
      if (!broken.has(at)) return Buffer.from(text(line));
      const [start = '', end = ''] = text(line.map((cell, column) => (column === 11 ? '@@' : cell))).split(
        '@@',
      );
      return Buffer.concat([Buffer.from(`${start}Jo`), Buffer.from([0xc3]), Buffer.from(`o${end}`)]);
    }),
  ]);
}

function reais(cents: number, how: number): string {
  const whole = String(Math.floor(cents / 100));
  const dotted = whole.replace(/\B(?=(\d{3})+$)/g, '.');
  const rest = String(cents % 100).padStart(2, '0');
  return how === 0 ? `${dotted},${rest}` : how === 1 ? `R$ ${dotted},${rest}` : `${whole},${rest}`;
}

/** São Paulo has had no summer time since 2019: three hours behind, always. */
function dateText(atMs: number, how: number): string {
  const utc = new Date(atMs).toISOString();
  const local = new Date(atMs - 3 * 3_600_000).toISOString();
  const [year, month, day] = [local.slice(0, 4), local.slice(5, 7), local.slice(8, 10)];
  if (how === 0) return utc;
  if (how === 1) return `${local.slice(0, 10)} ${local.slice(11, 19)}-03`;
  if (how === 2) return `${day}/${month}/${year} ${local.slice(11, 16)}`;
  if (how === 3) return local.slice(0, 19);
  return String(atMs / 1000);
}

function brazilMonth(atMs: number): string {
  return new Date(atMs - 3 * 3_600_000).toISOString().slice(0, 7);
}

function payload(how: number, person: number, at: number): string {
  if (how === 0) return '{"id": "or_1", "customer": {';
  if (how === 1) return 'NULL';
  return JSON.stringify({
    id: `or_${at}`,
    customer: { id: `cus_${person}`, email: `pessoa.${person}@example.com` },
    charges: [
      {
        last_transaction: {
          card: {
            id: `card_${person}`,
            brand: 'visa',
            last_four_digits: '4242',
            exp_month: 12,
            exp_year: 2030,
          },
        },
      },
    ],
  });
}
