import { z } from 'zod';
import { PaymentMethod, TicketDelivery, TicketPayment } from '../ticket.ts';
import { Service } from './catalog.ts';
import { RefundReason, RefundStatus } from './feed.ts';
import { FulfilmentList } from './fulfilment.ts';
import { KioskView } from './identity.ts';
import { IntegrationStatus } from './integration.ts';
import { Enrolment, Layers, PrinterState, PrinterStatus, ServerLink, StorageState } from './machine-state.ts';
import { AmountCents, CounterName, Currency, EpochMs, KioskId, Uuid } from './primitives.ts';
import { RecurringTroubles } from './recurring.ts';
import { RefundView } from './refunds.ts';
import type { CommandResult, ScreenCommand } from './screen-commands.ts';
import { TicketView } from './tickets.ts';

/**
 * The one contract of all screens: commands go up, snapshots come down. The same over Electron IPC, over the kiosk's
 * HTTP host (`POST /api/commands`, `GET /api/screens/:screen/snapshots` as server-sent events `event: snapshot`) and
 * over the sync server's HTTP. A screen keeps no business state: it shows the newest snapshot.
 */
export const ScreenName = z.enum(['totem', 'queue', 'panel', 'technician', 'admin']);
export type ScreenName = z.infer<typeof ScreenName>;

const inSession = {
  sessionId: Uuid,
  service: Service,
  amountCents: AmountCents.or(z.literal(0)),
  /** Of `amountCents`; reais where nothing is said. */
  currency: Currency.optional(),
  /** PIX where nothing is said. */
  method: PaymentMethod.optional(),
};

export const CheckoutView = z.discriminatedUnion('step', [
  z.object({ step: z.literal('idle') }),
  z.object({
    step: z.literal('creating_charge'),
    ...inSession,
    openedAt: EpochMs,
    /** Why it takes longer than usual; the kiosk keeps trying until `givesUpAt`. */
    problem: z.enum(['server_unreachable', 'provider_unavailable']).nullable(),
    givesUpAt: EpochMs,
  }),
  z.object({ step: z.literal('awaiting_payment'), ...inSession, brCode: z.string(), expiresAt: EpochMs }),
  /** The customer opens the address on a phone, chooses a bank there and authorises the PIX in its app. */
  z.object({
    step: z.literal('awaiting_authorisation'),
    ...inSession,
    authorisationUrl: z.url(),
    expiresAt: EpochMs,
  }),
  /** The customer opens the address on a phone and types the card there, never here. */
  z.object({ step: z.literal('awaiting_card'), ...inSession, checkoutUrl: z.url(), expiresAt: EpochMs }),
  /**
   * The money has come, and the ticket is on its way: this totem was away, and asks the server whether an operator has
   * issued it meanwhile. The number was reserved with the payment, and is the ticket's whoever issues it. At `leavesAt`
   * the screen is given to the next customer; the one who has read it may do so before.
   */
  z.object({ step: z.literal('issuing'), ...inSession, ticketLabel: z.string(), leavesAt: EpochMs }),
  /** Money came, but not the money that was asked for. It is on its way back, nothing is called paid. */
  z.object({
    step: z.literal('refunding'),
    ...inSession,
    reason: RefundReason,
    receivedCents: AmountCents,
    /** Null: the session's. */
    receivedCurrency: Currency.nullable().default(null),
    status: RefundStatus,
  }),
  z.object({
    step: z.literal('printing'),
    ...inSession,
    ticketLabel: z.string(),
    payment: TicketPayment.default('pix'),
  }),
  z.object({
    step: z.literal('ticket'),
    ...inSession,
    ticketLabel: z.string(),
    delivery: TicketDelivery,
    payment: TicketPayment,
    printer: PrinterStatus,
    issuedAt: EpochMs,
    /** Tickets that are called before this one. */
    waitingAhead: z.int().nonnegative(),
    late: z.boolean(),
  }),
  z.object({ step: z.literal('expired'), ...inSession }),
  z.object({ step: z.literal('cancelled'), ...inSession }),
  z.object({
    step: z.literal('failed'),
    ...inSession,
    reason: z.enum([
      'server_unreachable',
      'provider_unavailable',
      'provider_rejected',
      'price_changed',
      'closed_by_bank',
      /** Nobody takes this payment without the CPF of who pays, and none was given. */
      'cpf_required',
      'no_numbers_left',
      'unknown',
    ]),
  }),
]);
export type CheckoutView = z.infer<typeof CheckoutView>;

export const TotemSnapshot = z.object({
  screen: z.literal('totem'),
  /** The kiosk's clock when the snapshot was made; countdowns run from it, not from the screen's own clock. */
  at: EpochMs,
  /** Null until the totem is enrolled. */
  kioskId: KioskId.nullable(),
  enrolment: Enrolment,
  /** Null until the first catalogue has arrived. */
  unit: z.object({ merchantName: z.string(), unitName: z.string() }).nullable(),
  services: z.array(Service),
  server: ServerLink,
  printer: PrinterState,
  layers: Layers,
  storage: StorageState,
  /** Whether a PIX can be taken now; free and pay-at-the-counter tickets do not depend on it. */
  pixAvailable: z.boolean(),
  /** Whether the server can be asked for a card checkout now; for services that are sold by card. */
  cardAvailable: z.boolean().default(false),
  checkout: CheckoutView,
  /** A ticket issued for late money while another customer may be at the screen. */
  lateTicket: z.object({ label: z.string(), issuedAt: EpochMs }).nullable(),
});
export type TotemSnapshot = z.infer<typeof TotemSnapshot>;

export const QueueSnapshot = z.object({
  screen: z.literal('queue'),
  at: EpochMs,
  unitName: z.string().nullable(),
  counters: z.array(CounterName),
  /** Whether the kiosk that serves this screen may speak to the server at all. */
  enrolment: Enrolment,
  server: ServerLink,
  /** `local`: cut off; only this totem's own tickets can be called from here, and the calls merge later. */
  mode: z.enum(['server', 'local']),
  /** What its totem has left undone although its time is up: an operator may do it. Oldest first. */
  rescuable: z.array(
    z.object({
      sessionId: Uuid,
      /** `no_ticket`: paid, and not issued. `not_queued`: issued, and nothing was heard of its paper. */
      lacks: z.enum(['no_ticket', 'not_queued']),
      kioskId: KioskId,
      label: z.string(),
      serviceName: z.string(),
      /** When it was paid for or, where its totem issued it, when that was. */
      since: EpochMs,
    }),
  ),
  /** Papers, printed here, of tickets that were rescued at this screen of late. Newest first. */
  rescuePapers: z.array(
    z.object({ ticketId: Uuid, label: z.string(), status: z.enum(['printing', 'printed', 'failed']) }),
  ),
  /** Local calls that lost against another counter, newest first, until dismissed by time. */
  conflicts: z.array(
    z.object({
      ticketId: Uuid,
      label: z.string(),
      yourCounter: CounterName,
      /** Who has the ticket; null when it is at no counter any more. */
      winner: CounterName.nullable(),
      at: EpochMs,
    }),
  ),
  /** In the order in which they will be called. */
  waiting: z.array(TicketView),
  /** Issued, not yet callable: printing, or with a print error. */
  arriving: z.array(TicketView),
  /** Called or in progress, each at its counter. */
  atCounters: z.array(TicketView),
  /** Newest first, of this business day; bounded. */
  noShows: z.array(TicketView),
  /** Their money went back before they were used: whoever comes with one is told why. Newest first, bounded. */
  voided: z.array(TicketView),
  completedToday: z.int().nonnegative(),
  /** Money for tickets that are paid at the counter, of this business day, over all counters of the unit. */
  atCounter: z.object({
    receivedCents: z.int().nonnegative(),
    receivedCount: z.int().nonnegative(),
    /** Served, and nobody has marked the money as received: oldest first, bounded. */
    unpaid: z.array(TicketView),
    /** Received of late and not at a counter any more, where it can be undone: newest first, bounded. */
    received: z.array(TicketView),
  }),
});
export type QueueSnapshot = z.infer<typeof QueueSnapshot>;

/** Who is called, and where. No names, no documents. */
export const PanelSnapshot = z.object({
  screen: z.literal('panel'),
  at: EpochMs,
  unitName: z.string().nullable(),
  merchantName: z.string().nullable(),
  timeZone: z.string().nullable(),
  enrolment: Enrolment,
  server: ServerLink,
  /** Newest call first; `callCount` rises at a recall. */
  calls: z.array(
    z.object({
      ticketId: Uuid,
      label: z.string(),
      counter: CounterName,
      serviceName: z.string(),
      calledAt: EpochMs,
      callCount: z.int().positive(),
    }),
  ),
  waitingCount: z.int().nonnegative(),
});
export type PanelSnapshot = z.infer<typeof PanelSnapshot>;

export const PrintJobView = z.object({
  jobId: Uuid,
  ticketId: Uuid.nullable(),
  label: z.string(),
  kind: z.enum(['ticket', 'reprint', 'test']),
  copyNumber: z.int().positive(),
  /** `superseded`: never started, as an operator had rescued the ticket before, or its money had gone back. */
  status: z.enum(['queued', 'sending', 'printed', 'failed', 'uncertain', 'superseded']),
  attempts: z.int().nonnegative(),
  createdAt: EpochMs,
  finishedAt: EpochMs.nullable(),
  lastError: z.string().nullable(),
});
export type PrintJobView = z.infer<typeof PrintJobView>;

export const TechnicianSnapshot = z.object({
  screen: z.literal('technician'),
  at: EpochMs,
  kioskId: KioskId.nullable(),
  enrolment: Enrolment,
  /** Null until enrolled. */
  identity: z
    .object({
      keyId: z.string(),
      enrolledAt: EpochMs,
      /** What is wrong with how the private key rests (a file that others may read, …); null when nothing is. */
      warning: z.string().nullable(),
    })
    .nullable(),
  version: z.string(),
  startedAt: EpochMs,
  layers: Layers,
  printer: PrinterState,
  storage: StorageState,
  /** Null: none was made yet. */
  lastBackupAt: EpochMs.nullable(),
  backupError: z.string().nullable(),
  /** A damaged database that was set aside: when, and where what was only local lies. */
  recovery: z.object({ at: EpochMs, file: z.string(), savedEvents: z.int().nonnegative() }).nullable(),
  /** Failed or uncertain jobs whose ticket was not printed since. */
  needsAttention: z.array(PrintJobView),
  recentJobs: z.array(PrintJobView),
  sync: z.object({
    server: ServerLink,
    serverUrl: z.string(),
    lastContactAt: EpochMs.nullable(),
    lastError: z.string().nullable(),
    feedCursor: z.int().nonnegative(),
    outboxPending: z.int().nonnegative(),
    /** Age of the oldest unsent event; null when there is none. */
    outboxOldestAgeMs: z.int().nonnegative().nullable(),
    outboxRejected: z.int().nonnegative(),
    /** Events that are not sent any more until somebody looks: rejected, or fatal to the server. Newest first, bounded. */
    setAside: z.array(
      z.object({
        eventId: Uuid,
        kind: z.string(),
        at: EpochMs,
        outcome: z.enum(['rejected', 'set_aside']),
        reason: z.string().nullable(),
      }),
    ),
    /** The server's clock minus ours, as of the last contact. */
    clockSkewMs: z.int().nullable(),
    catalogVersion: z.int().nullable(),
  }),
  sessionsToday: z.object({ opened: z.int(), paid: z.int(), tickets: z.int() }),
});
export type TechnicianSnapshot = z.infer<typeof TechnicianSnapshot>;

/** Served by the sync server to a manager. */
/** What a manager has to look after: money that goes back, or is held back, and messages that were given up. */
export const MoneyTroubles = z.object({
  providers: z.array(
    z.object({ name: z.string(), status: z.enum(['ok', 'down']), downSince: EpochMs.nullable() }),
  ),
  /** On their way, and given up; the newest of the latter. */
  refundsUnderWay: z.int().nonnegative(),
  refundsFailed: z.int().nonnegative(),
  failedRefunds: z.array(RefundView).max(20),
  disputesOpen: z.int().nonnegative(),
  disputedCents: z.int().nonnegative(),
  deadLetters: z.int().nonnegative(),
  oldestDeadLetterAt: EpochMs.nullable(),
  /** Webhooks that were not the provider's, since the server started. */
  refusedWebhooks: z.int().nonnegative(),
  /** Of subscriptions and agreements; absent from a server of the release before. */
  recurring: RecurringTroubles.optional(),
  /** Money that waits at providers which the configuration does not name: nothing goes on with it. */
  unattended: z
    .array(z.object({ provider: z.string(), charges: z.int().nonnegative(), refunds: z.int().nonnegative() }))
    .default([]),
});
export type MoneyTroubles = z.infer<typeof MoneyTroubles>;

export const AdminSnapshot = z.object({
  screen: z.literal('admin'),
  at: EpochMs,
  merchantName: z.string(),
  integration: IntegrationStatus,
  units: z.array(z.object({ unitId: Uuid, name: z.string() })),
  fleet: z.array(KioskView),
  /** Tickets that are paid at the counter, today in each unit's own zone. `unpaid`: served, and not marked as received. */
  atCounter: z.object({
    receivedCents: z.int().nonnegative(),
    receivedCount: z.int().nonnegative(),
    unpaidCents: z.int().nonnegative(),
    unpaidCount: z.int().nonnegative(),
  }),
  money: MoneyTroubles,
  /** What followed the payments: failures first, then what is under way; a few that ended last. */
  fulfilment: FulfilmentList,
});
export type AdminSnapshot = z.infer<typeof AdminSnapshot>;

export const SNAPSHOTS = {
  totem: TotemSnapshot,
  queue: QueueSnapshot,
  panel: PanelSnapshot,
  technician: TechnicianSnapshot,
  admin: AdminSnapshot,
} as const;
export type SnapshotOf<S extends ScreenName> = z.infer<(typeof SNAPSHOTS)[S]>;

/**
 * What a page is given to talk through, whatever the transport. Under Electron the preload exposes it as
 * `window.totemBridge`; in a browser the renderer makes one over HTTP.
 */
export interface ScreenBridge {
  execute(command: ScreenCommand): Promise<CommandResult>;
  /** The listener gets the newest snapshot at once, then each change; `onLink` tells when the host is lost. */
  subscribe<S extends ScreenName>(
    screen: S,
    onSnapshot: (snapshot: SnapshotOf<S>) => void,
    onLink: (link: 'connected' | 'lost') => void,
  ): () => void;
}
