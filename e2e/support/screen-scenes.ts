import type { FulfilmentView } from '../../domain/protocol/fulfilment.ts';
import type { KioskView } from '../../domain/protocol/identity.ts';
import type {
  AdminSnapshot,
  CheckoutView,
  PanelSnapshot,
  QueueSnapshot,
  TechnicianSnapshot,
  TotemSnapshot,
} from '../../domain/protocol/screens.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';

/** Scripted snapshots of every state that a screen can be in. The kiosk's clock stands far from the test machine's. */
export const KIOSK_NOW = Date.UTC(2031, 4, 7, 17, 30);
const MINUTE_MS = 60_000;

const uuid = (n: number): string => `018f4d2e-7c1a-7b3e-8a5d-${String(n).padStart(12, '0')}`;
export const SESSION_ID = uuid(1);
export const RESCUABLE_SESSION_ID = uuid(401);

type Service = TotemSnapshot['services'][number];
const service = (
  n: number,
  name: string,
  description: string,
  amountCents: number,
  minutes: number | null,
): Service => ({
  serviceId: uuid(100 + n),
  name,
  description,
  prefix: 'C',
  amountCents,
  payAtCounter: false,
  currency: 'BRL',
  pix: true,
  card: null,
  estimatedMinutes: minutes,
});
export const CONSULTA = service(
  1,
  'Consulta clínica',
  'Atendimento com clínico geral, sem agendamento',
  12_000,
  20,
);
export const SERVICES: readonly Service[] = [
  CONSULTA,
  service(2, 'Exame de sangue', 'Coleta simples; venha em jejum de 8 horas', 4_590, 10),
  service(3, 'Vacina da gripe', 'Dose única, a partir de 6 meses de idade', 8_900, 5),
  service(4, 'Segunda via de documento', '', 2_350, null),
];
export const ATENDIMENTO: Service = { ...service(9, 'Informações', 'Dúvidas e cadastro', 0, 5), prefix: 'I' };
export const CURATIVO: Service = {
  ...service(6, 'Curativo', 'Troca de curativo simples', 3_000, 15),
  payAtCounter: true,
};
/** What is sold without a PIX stands among what is not. */
export const MIXED_SERVICES: readonly Service[] = [CONSULTA, CURATIVO, ATENDIMENTO];
/** Sold in every way that there is, and by card alone. */
export const VACINA: Service = {
  ...service(9, 'Vacina contra febre amarela', 'Para viajantes, com certificado internacional', 123_456, 15),
  payAtCounter: true,
  card: { offerId: '018f4d2e-7c1a-7b3e-8a5d-0000000000c9', amountCents: 123_456, currency: 'USD' },
};
export const TAXA: Service = {
  ...service(10, 'Certificado', 'Emissão do certificado internacional', 9_000, 5),
  pix: false,
  card: { offerId: '018f4d2e-7c1a-7b3e-8a5d-0000000000ca', amountCents: 1_800, currency: 'EUR' },
};
export const CARD_SERVICES: readonly Service[] = [CONSULTA, VACINA, TAXA];
export const MANY_SERVICES: readonly Service[] = [
  ...SERVICES,
  service(
    5,
    'Acompanhamento fisioterapêutico individual',
    'Sessão de 50 minutos com profissional habilitado; traga o encaminhamento médico e roupas confortáveis',
    123_456,
    50,
  ),
  service(6, 'Curativo', 'Troca de curativo simples', 3_000, 15),
  service(7, 'Eletrocardiograma', 'Com laudo no mesmo dia', 9_900, 25),
  service(8, 'Aferição de pressão', 'Sem espera', 500, 2),
];

/** A BR Code of the length that banks really make, with a made-up location. */
export const BR_CODE =
  '00020101021226810014br.gov.bcb.pix2559qr.banco.example/v2/018f4d2e7c1a7b3e8a5d0000000000010000520400005303986' +
  '5406120.005802BR5914CLINICA AURORA6009SAO PAULO62070503***6304A1B2';

const ok = { status: 'ok', since: KIOSK_NOW - 190 * MINUTE_MS, detail: null } as const;
export const ALL_WELL: TotemSnapshot['layers'] = { printer: ok, network: ok, server: ok, provider: ok };

export function totem(
  checkout: CheckoutView = { step: 'idle' },
  changes: Partial<TotemSnapshot> = {},
): TotemSnapshot {
  return {
    screen: 'totem',
    at: KIOSK_NOW,
    kioskId: 'totem-01',
    enrolment: 'enrolled',
    unit: { merchantName: 'Clínica Aurora', unitName: 'Unidade Vila Mariana' },
    services: [...SERVICES],
    server: 'online',
    printer: { kind: 'escpos', status: 'ready', detail: null, checkedAt: KIOSK_NOW },
    layers: ALL_WELL,
    storage: ok,
    pixAvailable: true,
    cardAvailable: true,
    checkout,
    lateTicket: null,
    ...changes,
  };
}

const DISK_FULL = {
  status: 'full',
  since: KIOSK_NOW - 4 * MINUTE_MS,
  detail: 'database or disk is full',
} as const;
const inSession = { sessionId: SESSION_ID, service: CONSULTA, amountCents: CONSULTA.amountCents };
const creating = {
  step: 'creating_charge',
  ...inSession,
  openedAt: KIOSK_NOW - 4_000,
  givesUpAt: KIOSK_NOW + 86_000,
} as const;
const paying = {
  step: 'awaiting_payment',
  ...inSession,
  brCode: BR_CODE,
  expiresAt: KIOSK_NOW + 5 * MINUTE_MS,
} as const;
const authorising = {
  step: 'awaiting_authorisation',
  ...inSession,
  authorisationUrl:
    'https://iniciador.example/autorizar?consent=urn%3Ainiciador%3A7978c0c9-7ea8-47e7-8e88-49634473c1f1',
  expiresAt: KIOSK_NOW + 5 * MINUTE_MS,
} as const;
const byCard = {
  ...inSession,
  service: VACINA,
  amountCents: 123_456,
  currency: 'USD',
  method: 'card',
} as const;
const awaitingCard = {
  step: 'awaiting_card',
  ...byCard,
  checkoutUrl: 'https://totem.clinica-aurora.example/pay/q3RtZkY0bVh2N0x1a1BzRw',
  expiresAt: KIOSK_NOW + 5 * MINUTE_MS,
} as const;
const refunding = {
  step: 'refunding',
  ...inSession,
  reason: 'wrong_amount',
  receivedCents: 1_200,
  receivedCurrency: null,
  status: 'processing',
} as const;
const ticket = {
  step: 'ticket',
  ...inSession,
  ticketLabel: 'C012',
  delivery: 'printed',
  payment: 'pix',
  printer: 'ready',
  issuedAt: KIOSK_NOW,
  waitingAhead: 3,
  late: false,
} as const;

const atCounter = {
  sessionId: SESSION_ID,
  service: CURATIVO,
  amountCents: CURATIVO.amountCents,
  ticketLabel: 'K501',
  payment: 'at_counter',
} as const;
const free = {
  sessionId: SESSION_ID,
  service: ATENDIMENTO,
  amountCents: 0,
  ticketLabel: 'I512',
  payment: 'free',
} as const;

export const CHECKOUT_SCENES: Readonly<Record<string, CheckoutView>> = {
  'creating charge': { ...creating, problem: null },
  'creating charge, server away': { ...creating, problem: 'server_unreachable' },
  'creating charge, provider away': { ...creating, problem: 'provider_unavailable' },
  'awaiting payment': paying,
  'awaiting payment, last minute': { ...paying, expiresAt: KIOSK_NOW + 42_000 },
  'awaiting payment, time is up': { ...paying, expiresAt: KIOSK_NOW - 1_000 },
  'awaiting authorisation': authorising,
  'creating a card checkout, provider away': { ...creating, ...byCard, problem: 'provider_unavailable' },
  'awaiting card': awaitingCard,
  'awaiting card, last minute': { ...awaitingCard, expiresAt: KIOSK_NOW + 42_000 },
  'refunding a card': { ...refunding, ...byCard },
  'refunding another currency': {
    ...refunding,
    ...byCard,
    receivedCents: byCard.amountCents,
    receivedCurrency: 'EUR',
  },
  'card expired': { step: 'expired', ...byCard },
  'card cancelled': { step: 'cancelled', ...byCard },
  'card refused': { step: 'failed', ...byCard, reason: 'provider_rejected' },
  'refunding a wrong amount': refunding,
  'refunding a surplus': { ...refunding, reason: 'surplus', receivedCents: 12_000, status: 'requested' },
  'refunding late money': { ...refunding, reason: 'late', receivedCents: refunding.amountCents },
  'refunding an unknown charge': { ...refunding, reason: 'unknown_charge', status: 'settled' },
  'refund failed': { ...refunding, status: 'failed' },
  'paid, ticket asked for': {
    step: 'issuing',
    ...inSession,
    ticketLabel: 'C012',
    leavesAt: KIOSK_NOW + 100_000,
  },
  printing: { step: 'printing', ...inSession, ticketLabel: 'C012', payment: 'pix' },
  'printing, to be paid at the counter': { ...atCounter, step: 'printing' },
  'ticket printed': ticket,
  'ticket uncertain': { ...ticket, delivery: 'uncertain', printer: 'unknown', waitingAhead: 1 },
  'ticket on screen': { ...ticket, delivery: 'screen', printer: 'paper_out', waitingAhead: 0 },
  'ticket issued at the counter': { ...ticket, delivery: 'counter' },
  'ticket of the mock printer': { ...ticket, delivery: 'mock', printer: 'ready' },
  'ticket to be paid at the counter': { ...ticket, ...atCounter },
  'ticket of a free service': { ...ticket, ...free },
  'ticket of late money': { ...ticket, late: true },
  expired: { step: 'expired', ...inSession },
  cancelled: { step: 'cancelled', ...inSession },
  'failed: server unreachable': { step: 'failed', ...inSession, reason: 'server_unreachable' },
  'failed: provider unavailable': { step: 'failed', ...inSession, reason: 'provider_unavailable' },
  'failed: provider rejected': { step: 'failed', ...inSession, reason: 'provider_rejected' },
  'failed: price changed': { step: 'failed', ...inSession, reason: 'price_changed' },
  'failed: closed by bank': { step: 'failed', ...inSession, reason: 'closed_by_bank' },
  'failed: CPF required': { step: 'failed', ...inSession, reason: 'cpf_required' },
  'failed: unknown': { step: 'failed', ...inSession, reason: 'unknown' },
};

const printer = (status: TotemSnapshot['printer']['status']): Partial<TotemSnapshot> => ({
  printer: { kind: 'escpos', status, detail: null, checkedAt: KIOSK_NOW },
});

export const NO_SERVER = { server: 'offline', pixAvailable: false } as const;
export const NO_BANK: Partial<TotemSnapshot> = {
  pixAvailable: false,
  layers: { ...ALL_WELL, provider: { ...ok, status: 'down' } },
};

const down = (detail: string) => ({ status: 'down', since: KIOSK_NOW - 2 * MINUTE_MS, detail }) as const;
const hidden = { status: 'unknown', since: KIOSK_NOW - 2 * MINUTE_MS, detail: null } as const;
export const NO_NETWORK: Partial<TotemSnapshot> = {
  server: 'offline',
  pixAvailable: false,
  layers: { printer: ok, network: down('no network interface is up'), server: hidden, provider: hidden },
};

export const IDLE_SCENES: Readonly<Record<string, TotemSnapshot>> = {
  'attract, no network': totem(undefined, NO_NETWORK),
  'not enrolled': totem(undefined, {
    enrolment: 'not_enrolled',
    kioskId: null,
    unit: null,
    services: [],
    server: 'offline',
  }),
  revoked: totem(undefined, { enrolment: 'revoked', server: 'offline' }),
  attract: totem(),
  'preparing (no catalogue yet)': totem(undefined, { unit: null, services: [] }),
  'attract, connecting': totem(undefined, { server: 'connecting' }),
  'out of service: disk full': totem(undefined, { storage: DISK_FULL }),
  'out of service while paying': totem(paying, { storage: DISK_FULL }),
  'attract, server offline': totem(undefined, NO_SERVER),
  'attract, server offline, some without PIX': totem(undefined, {
    ...NO_SERVER,
    services: [...MIXED_SERVICES],
  }),
  'attract, bank away, some without PIX': totem(undefined, { ...NO_BANK, services: [...MIXED_SERVICES] }),
  'attract, out of paper': totem(undefined, printer('paper_out')),
  'attract, printer error': totem(undefined, printer('error')),
  'attract, mock printer': totem(undefined, {
    printer: { kind: 'mock', status: 'ready', detail: null, checkedAt: null },
  }),
  'attract, late ticket': totem(undefined, { lateTicket: { label: 'C044', issuedAt: KIOSK_NOW } }),
};

// ---- queue ----

export function queued(n: number, changes: Partial<TicketView> = {}): TicketView {
  return {
    ticketId: uuid(200 + n),
    sessionId: uuid(300 + n),
    kioskId: 'totem-01',
    number: n,
    prefix: 'C',
    label: `C${String(n).padStart(3, '0')}`,
    businessDay: '2031-05-07',
    serviceId: CONSULTA.serviceId,
    serviceName: CONSULTA.name,
    status: 'in_queue',
    delivery: 'printed',
    payment: 'pix',
    amountDueCents: 0,
    rescued: false,
    receivedCents: 0,
    receivedAt: null,
    moneyBack: null,
    issuedAt: KIOSK_NOW - (60 - n) * MINUTE_MS,
    queuedAt: KIOSK_NOW - (60 - n) * MINUTE_MS,
    counter: null,
    calledAt: null,
    callCount: 0,
    startedAt: null,
    endedAt: null,
    revision: 1,
    ...changes,
  };
}

const DUE = { payment: 'at_counter', amountDueCents: 3_000 } as const;
const RECEIVED = { receivedCents: 3_000, receivedAt: KIOSK_NOW - 4 * MINUTE_MS } as const;
const called = (n: number, counter: string, changes: Partial<TicketView> = {}): TicketView =>
  queued(n, { status: 'called', counter, calledAt: KIOSK_NOW - 90_000, callCount: 1, ...changes });

export function queue(changes: Partial<QueueSnapshot> = {}): QueueSnapshot {
  return {
    screen: 'queue',
    at: KIOSK_NOW,
    unitName: 'Unidade Vila Mariana',
    counters: ['Guichê 1', 'Guichê 2', 'Sala de coleta'],
    enrolment: 'enrolled',
    server: 'online',
    mode: 'server',
    rescuable: [],
    rescuePapers: [],
    conflicts: [],
    waiting: [queued(14), queued(15), queued(16, { serviceName: 'Exame de sangue' })],
    arriving: [],
    atCounters: [],
    noShows: [],
    voided: [],
    completedToday: 11,
    atCounter: { receivedCents: 0, receivedCount: 0, unpaid: [], received: [] },
    ...changes,
  };
}

export const QUEUE_SCENES: Readonly<Record<string, QueueSnapshot>> = {
  'nobody waiting': queue({ waiting: [], completedToday: 0 }),
  waiting: queue(),
  'money went back': queue({
    waiting: [
      queued(14, { moneyBack: 'partly_refunded' }),
      queued(15),
      queued(16, { moneyBack: 'disputed', serviceName: 'Exame de sangue' }),
    ],
    voided: [
      queued(13, { status: 'voided', moneyBack: 'refunded', endedAt: KIOSK_NOW - 3 * MINUTE_MS }),
      queued(8, { status: 'voided', moneyBack: 'refunded', endedAt: KIOSK_NOW - 9 * MINUTE_MS }),
    ],
  }),
  'ticket called': queue({ atCounters: [called(12, 'Guichê 1')] }),
  'ticket in progress': queue({
    atCounters: [
      called(12, 'Guichê 1', { status: 'in_progress', startedAt: KIOSK_NOW - 30_000, callCount: 2 }),
    ],
  }),
  'everything at once': queue({
    atCounters: [called(12, 'Guichê 1'), called(13, 'Guichê 2', { status: 'in_progress' })],
    arriving: [
      queued(17, { status: 'printing', delivery: null, queuedAt: null }),
      queued(18, { status: 'print_error', delivery: null, queuedAt: null }),
    ],
    noShows: [queued(9, { status: 'no_show' }), queued(7, { status: 'no_show' })],
  }),
  'cut off, in local mode': queue({ server: 'offline', mode: 'local', atCounters: [called(12, 'Guichê 1')] }),
  'local calls that lost': queue({
    conflicts: [
      {
        ticketId: uuid(712),
        label: 'C012',
        yourCounter: 'Guichê 1',
        winner: 'Guichê 2',
        at: KIOSK_NOW - MINUTE_MS,
      },
      {
        ticketId: uuid(713),
        label: 'C013',
        yourCounter: 'Guichê 1',
        winner: null,
        at: KIOSK_NOW - MINUTE_MS,
      },
    ],
    atCounters: [called(12, 'Guichê 2')],
  }),
  'to be paid at the counter, and free': queue({
    waiting: [
      queued(14, { payment: 'at_counter', amountDueCents: 5_000 }),
      queued(15, { payment: 'free' }),
      queued(16),
    ],
    atCounters: [called(12, 'Guichê 1', { payment: 'at_counter', amountDueCents: 123_456 })],
    arriving: [queued(17, { status: 'printing', payment: 'free', delivery: null, queuedAt: null })],
  }),
  'paid without a ticket': queue({
    rescuable: [
      {
        sessionId: RESCUABLE_SESSION_ID,
        kioskId: 'totem-02',
        label: 'C021',
        lacks: 'no_ticket',
        serviceName: CONSULTA.name,
        since: KIOSK_NOW - 3 * MINUTE_MS,
      },
      {
        sessionId: uuid(402),
        kioskId: 'totem-02',
        label: 'C022',
        serviceName: 'Exame de sangue com coleta domiciliar',
        lacks: 'not_queued',
        since: KIOSK_NOW - 70_000,
      },
    ],
    rescuePapers: [
      { ticketId: uuid(403), label: 'C020', status: 'printing' },
      { ticketId: uuid(404), label: 'C019', status: 'printed' },
      { ticketId: uuid(405), label: 'C018', status: 'failed' },
    ],
  }),
  offline: queue({ server: 'offline' }),
  'money at the counter': queue({
    atCounter: {
      receivedCents: 154_350,
      receivedCount: 27,
      unpaid: [queued(8, { ...DUE, status: 'completed', counter: 'Guichê 2' })],
      received: [
        queued(7, { ...DUE, ...RECEIVED, status: 'completed' }),
        queued(6, { ...DUE, ...RECEIVED, status: 'no_show' }),
      ],
    },
    atCounters: [
      called(12, 'Guichê 1', { ...DUE, ...RECEIVED, status: 'in_progress', startedAt: KIOSK_NOW }),
    ],
  }),
  'money to be taken': queue({ atCounters: [called(12, 'Guichê 1', DUE)] }),
  'totem revoked': queue({ enrolment: 'revoked', server: 'offline', mode: 'local' }),
  'totem not enrolled': queue({ enrolment: 'not_enrolled', server: 'offline', waiting: [] }),
};

// ---- panel ----

const call = (n: number, counter: string, callCount = 1): PanelSnapshot['calls'][number] => ({
  ticketId: uuid(200 + n),
  label: `C${String(n).padStart(3, '0')}`,
  counter,
  serviceName: CONSULTA.name,
  calledAt: KIOSK_NOW - n * 1000,
  callCount,
});

export function panel(changes: Partial<PanelSnapshot> = {}): PanelSnapshot {
  return {
    screen: 'panel',
    at: KIOSK_NOW,
    unitName: 'Unidade Vila Mariana',
    merchantName: 'Clínica Aurora',
    timeZone: 'America/Sao_Paulo',
    enrolment: 'enrolled',
    server: 'online',
    calls: [call(12, 'Guichê 1'), call(11, 'Guichê 2'), call(10, 'Sala de coleta')],
    waitingCount: 4,
    ...changes,
  };
}

export const PANEL_SCENES: Readonly<Record<string, PanelSnapshot>> = {
  'no call yet': panel({ calls: [], waitingCount: 0 }),
  'first call': panel({ calls: [call(1, 'Guichê 1')], waitingCount: 1 }),
  calls: panel(),
  'many calls': panel({
    calls: [12, 11, 10, 9, 8, 7, 6, 5].map((n) => call(n, n % 2 === 0 ? 'Guichê 1' : 'Sala de coleta')),
  }),
  offline: panel({ server: 'offline' }),
  'totem revoked': panel({ enrolment: 'revoked', server: 'offline' }),
};

// ---- technician ----

type Job = TechnicianSnapshot['recentJobs'][number];
const job = (n: number, changes: Partial<Job> = {}): Job => ({
  jobId: uuid(400 + n),
  ticketId: uuid(200 + n),
  label: `C${String(n).padStart(3, '0')}`,
  kind: 'ticket',
  copyNumber: 1,
  status: 'printed',
  attempts: 1,
  createdAt: KIOSK_NOW - n * MINUTE_MS,
  finishedAt: KIOSK_NOW - n * MINUTE_MS,
  lastError: null,
  ...changes,
});

export function technician(changes: Partial<TechnicianSnapshot> = {}): TechnicianSnapshot {
  return {
    screen: 'technician',
    at: KIOSK_NOW,
    kioskId: 'totem-01',
    enrolment: 'enrolled',
    identity: {
      keyId: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      enrolledAt: KIOSK_NOW - 90 * 24 * 60 * MINUTE_MS,
      warning: null,
    },
    version: '0.1.0',
    startedAt: KIOSK_NOW - 190 * MINUTE_MS,
    layers: ALL_WELL,
    storage: ok,
    printer: { kind: 'escpos', status: 'ready', detail: null, checkedAt: KIOSK_NOW - 4_000 },
    lastBackupAt: KIOSK_NOW - 25 * MINUTE_MS,
    backupError: null,
    recovery: null,
    needsAttention: [],
    recentJobs: [
      job(12),
      job(11, { kind: 'reprint', copyNumber: 2 }),
      job(10, { ticketId: null, kind: 'test', label: 'Teste' }),
    ],
    sync: {
      server: 'online',
      serverUrl: 'http://127.0.0.1:4100',
      lastContactAt: KIOSK_NOW - 2_000,
      lastError: null,
      feedCursor: 214,
      outboxPending: 0,
      outboxOldestAgeMs: null,
      outboxRejected: 0,
      setAside: [],
      clockSkewMs: 120,
      catalogVersion: 3,
    },
    sessionsToday: { opened: 42, paid: 39, tickets: 39 },
    ...changes,
  };
}

const troubled = technician({
  layers: {
    printer: down('paper_out: DLE EOT 4 = 0x72'),
    network: ok,
    server: down('feed: ECONNREFUSED connect 10.0.0.9:443'),
    provider: hidden,
  },
  storage: DISK_FULL,
  lastBackupAt: null,
  backupError: 'database or disk is full',
  recovery: {
    at: KIOSK_NOW - 26 * 60 * MINUTE_MS,
    file: 'kiosk.sqlite.damaged-20310506T153000Z',
    savedEvents: 3,
  },
  printer: { kind: 'escpos', status: 'paper_out', detail: 'DLE EOT 4 = 0x72', checkedAt: KIOSK_NOW - 4_000 },
  needsAttention: [
    job(12, { status: 'failed', attempts: 5, lastError: 'the printer is not ready: paper_out' }),
    job(13, {
      status: 'uncertain',
      attempts: 2,
      lastError: 'the connection broke while printing: read ECONNRESET',
    }),
  ],
  sync: {
    server: 'offline',
    serverUrl: 'http://127.0.0.1:4100',
    lastContactAt: KIOSK_NOW - 47 * MINUTE_MS,
    lastError: 'connect ECONNREFUSED 127.0.0.1:4100',
    feedCursor: 214,
    outboxPending: 17,
    outboxOldestAgeMs: 46 * MINUTE_MS,
    outboxRejected: 1,
    setAside: [
      {
        eventId: uuid(900),
        kind: 'ticket.print_finished',
        at: KIOSK_NOW - 46 * MINUTE_MS,
        outcome: 'set_aside',
        reason: '3 times HTTP 500 internal_error',
      },
      {
        eventId: uuid(901),
        kind: 'queue.executed_locally',
        at: KIOSK_NOW - 50 * MINUTE_MS,
        outcome: 'rejected',
        reason: 'ticket_taken',
      },
    ],
    clockSkewMs: -94_000,
    catalogVersion: 3,
  },
});

export const TECHNICIAN_SCENES: Readonly<Record<string, TechnicianSnapshot>> = {
  'all well': technician(),
  'not enrolled': technician({ enrolment: 'not_enrolled', kioskId: null, identity: null }),
  revoked: technician({
    enrolment: 'revoked',
    identity: {
      keyId: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      enrolledAt: KIOSK_NOW - 90 * 24 * 60 * MINUTE_MS,
      warning:
        '/var/lib/totem/identity.json has mode 644: others can read the private key; chmod 600, then enrol again',
    },
  }),
  'everything wrong': troubled,
  'fresh start': technician({
    printer: { kind: 'escpos', status: 'unknown', detail: null, checkedAt: null },
    recentJobs: [],
    sync: {
      server: 'connecting',
      serverUrl: 'http://127.0.0.1:4100',
      lastContactAt: null,
      lastError: null,
      feedCursor: 0,
      outboxPending: 0,
      outboxOldestAgeMs: null,
      outboxRejected: 0,
      setAside: [],
      clockSkewMs: null,
      catalogVersion: null,
    },
    sessionsToday: { opened: 0, paid: 0, tickets: 0 },
  }),
  'mock printer': technician({
    printer: { kind: 'mock', status: 'ready', detail: null, checkedAt: null },
  }),
};

// ---- admin ----

const UNIT_ID = uuid(700);
const SECOND_UNIT_ID = uuid(701);
const kiosk = (n: number, changes: Partial<KioskView> = {}): KioskView => ({
  kioskId: `totem-${n}`,
  unitId: UNIT_ID,
  enrolledAt: KIOSK_NOW - 40 * 24 * 60 * MINUTE_MS,
  lastSeenAt: KIOSK_NOW - 9_000,
  revokedAt: null,
  keyId: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  ...changes,
});
/** One in touch, one silent, one revoked, and one that never got its key. */
const FLEET: KioskView[] = [
  kiosk(1),
  kiosk(2, { lastSeenAt: KIOSK_NOW - 3 * 60 * MINUTE_MS }),
  kiosk(3, { revokedAt: KIOSK_NOW - 20 * MINUTE_MS, lastSeenAt: KIOSK_NOW - 20 * MINUTE_MS }),
  kiosk(4, { enrolledAt: null, keyId: null, lastSeenAt: KIOSK_NOW - 12 * 24 * 60 * MINUTE_MS }),
];

const QUIET_MONEY: AdminSnapshot['money'] = {
  providers: [
    { name: 'bacen-pix', status: 'ok', downSince: null },
    { name: 'stripe', status: 'ok', downSince: null },
  ],
  refundsUnderWay: 1,
  refundsFailed: 0,
  failedRefunds: [],
  disputesOpen: 0,
  disputedCents: 0,
  deadLetters: 0,
  oldestDeadLetterAt: null,
  refusedWebhooks: 0,
  recurring: {
    refundsUnderWay: 0,
    refundsFailed: 0,
    disputesOpen: 0,
    disputed: [],
    failedRefunds: [],
    lostReturns: [],
  },
  unattended: [],
};
const TROUBLED_MONEY: AdminSnapshot['money'] = {
  ...QUIET_MONEY,
  providers: [
    { name: 'bacen-pix', status: 'down', downSince: KIOSK_NOW - 7 * MINUTE_MS },
    { name: 'stripe', status: 'ok', downSince: null },
  ],
  refundsFailed: 4,
  failedRefunds: [
    {
      refundId: 'RE12345678202603101500abcdef12345',
      transactionId: uuid(610),
      ticketLabel: null,
      provider: 'bacen-pix',
      amountCents: 5_000,
      currency: 'BRL',
      reason: 'surplus',
      note: null,
      status: 'failed',
      initiatedBy: 'us',
      attempts: 60,
      lastError: 'refused by the provider',
      createdAt: KIOSK_NOW - 26 * 60 * MINUTE_MS,
      settledAt: null,
      returned: null,
      bouncedAt: null,
    },
    {
      refundId: 'M0198c1a0000070008000000000000001',
      transactionId: uuid(611),
      ticketLabel: 'C017',
      provider: 'bacen-pix',
      amountCents: 12_000,
      currency: 'BRL',
      reason: 'requested',
      note: 'Consulta desmarcada',
      status: 'failed',
      initiatedBy: 'us',
      attempts: 3,
      lastError: null,
      createdAt: KIOSK_NOW - 2 * 60 * MINUTE_MS,
      settledAt: null,
      returned: null,
      bouncedAt: null,
    },
    {
      refundId: 're_3Rk2byhand',
      transactionId: uuid(612),
      ticketLabel: 'C021',
      provider: 'stripe',
      amountCents: 2_400,
      currency: 'USD',
      reason: 'by_provider',
      note: null,
      status: 'failed',
      initiatedBy: 'provider',
      attempts: 0,
      lastError: null,
      createdAt: KIOSK_NOW - 3 * 60 * MINUTE_MS,
      settledAt: null,
      returned: null,
      bouncedAt: null,
    },
    {
      refundId: 'M0198c1a0000070008000000000000009',
      transactionId: uuid(613),
      ticketLabel: 'C022',
      provider: 'stripe',
      amountCents: 2_400,
      currency: 'USD',
      reason: 'requested',
      note: 'Consulta desmarcada',
      status: 'settled',
      initiatedBy: 'us',
      attempts: 1,
      lastError: null,
      createdAt: KIOSK_NOW - 9 * 24 * 60 * MINUTE_MS,
      settledAt: KIOSK_NOW - 9 * 24 * 60 * MINUTE_MS,
      returned: null,
      bouncedAt: KIOSK_NOW - 60 * MINUTE_MS,
    },
  ],
  recurring: {
    refundsUnderWay: 2,
    refundsFailed: 2,
    disputesOpen: 1,
    disputed: [{ currency: 'USD', cents: 2_500 }],
    failedRefunds: [
      {
        refundId: 'M0198c1a0000070008000000000000077',
        receiptId: 'E12345678202603101500abcdef12345',
        provider: 'bacen-pix',
        recurrenceId: 'a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4',
        amountCents: 3_500,
        currency: 'BRL',
        note: 'Plano cancelado',
        status: 'failed',
        providerStatus: 'NAO_REALIZADO',
        attempts: 2,
        lastError: 'refused by the provider',
        nextAttemptAt: null,
        createdAt: KIOSK_NOW - 5 * 60 * MINUTE_MS,
        settledAt: null,
        returned: null,
      },
    ],
    lostReturns: [
      {
        receiptId: 'ch_3Rk2',
        returnId: 're_3Rk2',
        provider: 'stripe',
        recurrenceId: 'in_3Rk2',
        amountCents: 2_500,
        currency: 'USD',
        reason: 'failed',
        openedAt: KIOSK_NOW - 30 * 60 * MINUTE_MS,
        bouncedAt: null,
      },
    ],
  },
  unattended: [{ provider: 'pagarme', charges: 1, refunds: 2 }],
  disputesOpen: 1,
  disputedCents: 12_000,
  deadLetters: 3,
  oldestDeadLetterAt: KIOSK_NOW - 95 * MINUTE_MS,
  refusedWebhooks: 41,
};

const PAID_AT = KIOSK_NOW - 44 * MINUTE_MS;
const stage = (
  name: FulfilmentView['stages'][number]['stage'],
  changes: Partial<FulfilmentView['stages'][number]> = {},
): FulfilmentView['stages'][number] => ({
  stage: name,
  state: 'done',
  failures: 0,
  dueAt: null,
  startedAt: PAID_AT,
  endedAt: PAID_AT + 2_000,
  detail: null,
  ...changes,
});
const delivery = (n: number, changes: Partial<FulfilmentView> = {}): FulfilmentView => ({
  transactionId: uuid(800 + n),
  unitId: UNIT_ID,
  status: 'completed',
  ticketLabel: `C0${10 + n}`,
  serviceName: 'Consulta',
  amountCents: 5_000,
  currency: 'BRL',
  createdAt: PAID_AT,
  changedAt: PAID_AT + 5_000,
  stages: [stage('notifying'), stage('issuing_ticket'), stage('printing'), stage('sending_receipt')],
  ...changes,
});
const QUIET_DELIVERIES: AdminSnapshot['fulfilment'] = {
  open: 1,
  retrying: 0,
  failedPermanent: 0,
  fulfilments: [delivery(4, { status: 'printing' }), delivery(3), delivery(2)],
};
const TROUBLED_DELIVERIES: AdminSnapshot['fulfilment'] = {
  open: 3,
  retrying: 1,
  failedPermanent: 1,
  fulfilments: [
    delivery(1, {
      status: 'failed_permanent',
      stages: [
        stage('notifying', {
          state: 'failed_permanent',
          failures: 4,
          detail: 'email: connect ECONNREFUSED 10.0.0.7:587',
        }),
        stage('issuing_ticket'),
        stage('printing'),
        stage('sending_receipt', { state: 'skipped' }),
      ],
    }),
    delivery(5, {
      status: 'failed_at_printing',
      stages: [
        stage('notifying'),
        stage('issuing_ticket'),
        stage('printing', {
          state: 'failed',
          failures: 1,
          dueAt: KIOSK_NOW + 4 * MINUTE_MS,
          detail: 'no paper was heard of in time',
        }),
        stage('sending_receipt', { state: 'waiting' }),
      ],
    }),
    ...QUIET_DELIVERIES.fulfilments,
  ],
};
const NO_DELIVERIES: AdminSnapshot['fulfilment'] = {
  open: 0,
  retrying: 0,
  failedPermanent: 0,
  fulfilments: [],
};

export function admin(changes: Partial<AdminSnapshot['integration']> = {}): AdminSnapshot {
  return {
    screen: 'admin',
    at: KIOSK_NOW,
    merchantName: 'Clínica Aurora',
    units: [{ unitId: UNIT_ID, name: 'Unidade Centro' }],
    fleet: FLEET,
    atCounter: { receivedCents: 154_350, receivedCount: 27, unpaidCents: 3_000, unpaidCount: 1 },
    money: QUIET_MONEY,
    fulfilment: QUIET_DELIVERIES,
    integration: {
      health: 'healthy',
      sessions: 412,
      paid: 389,
      tickets: 389,
      conversionPercent: 100,
      averageSecondsToTicket: 1.42,
      p95SecondsToTicket: 3.9,
      refundsOpen: 0,
      issues: [],
      serverTime: KIOSK_NOW,
      ...changes,
    },
  };
}

const issue = (n: number, ageSeconds: number): AdminSnapshot['integration']['issues'][number] => ({
  kind: 'paid_without_ticket',
  sessionId: uuid(500 + n),
  transactionId: uuid(600 + n),
  kioskId: 'totem-02',
  amountCents: 12_000,
  currency: 'BRL',
  paidAt: KIOSK_NOW - ageSeconds * 1000,
  ageSeconds,
});

export const ADMIN_SCENES: Readonly<Record<string, AdminSnapshot>> = {
  healthy: admin(),
  'no totems yet': { ...admin(), fleet: [] },
  'money in trouble': { ...admin(), money: TROUBLED_MONEY },
  'deliveries in trouble': { ...admin(), fulfilment: TROUBLED_DELIVERIES },
  'no deliveries yet': { ...admin(), fulfilment: NO_DELIVERIES },
  'two units': {
    ...admin(),
    units: [
      { unitId: UNIT_ID, name: 'Unidade Centro' },
      { unitId: SECOND_UNIT_ID, name: 'Unidade Norte' },
    ],
    fleet: [...FLEET, kiosk(5, { unitId: SECOND_UNIT_ID })],
  },
  warning: admin({
    health: 'warning',
    tickets: 350,
    conversionPercent: 89.97,
    issues: [issue(1, 95)],
    refundsOpen: 2,
  }),
  'money in suspense': admin({
    suspense: { open: 3, openCents: 18_750, oldestAgeSeconds: 3 * 86_400 },
    webhooks: [
      { provider: 'bacen-pix', receipts: 50, missing: 2, p50Ms: 900, p90Ms: 3_200, firstCheckMs: 4_200 },
      { provider: 'pagarme', receipts: 50, missing: 50, p50Ms: null, p90Ms: null, firstCheckMs: 4_000 },
    ],
  }),
  'nothing in suspense': admin({
    suspense: { open: 0, openCents: 0, oldestAgeSeconds: null },
    webhooks: [
      { provider: 'bacen-pix', receipts: 4, missing: 0, p50Ms: 90, p90Ms: 200, firstCheckMs: 4_000 },
    ],
  }),
  critical: admin({
    health: 'critical',
    tickets: 12,
    conversionPercent: 3.08,
    issues: [issue(1, 95), issue(2, 7_400)],
  }),
  'nothing sold yet': admin({
    sessions: 0,
    paid: 0,
    tickets: 0,
    averageSecondsToTicket: null,
    p95SecondsToTicket: null,
  }),
};
