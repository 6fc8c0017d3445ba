import { z } from 'zod';
import { Uuid } from './primitives.ts';
import { QueueCommand } from './queue.ts';
import { TicketView } from './tickets.ts';

const Pin = z.string().regex(/^\d{4,8}$/);

export const TotemCommand = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('checkout.start'),
    serviceId: Uuid,
    /** PIX where nothing is said; a free service needs none; `at_counter` and `card` only where the service allows it. */
    payment: z.enum(['pix', 'card', 'at_counter']).optional(),
    /** Both optional; a CPF that fails its check digits is refused with `invalid_cpf`. */
    customerName: z.string().trim().min(2).max(100).optional(),
    customerCpf: z.string().max(14).optional(),
  }),
  z.object({ kind: z.literal('checkout.cancel'), sessionId: Uuid }),
  /** The customer has seen the last screen of a session (ticket, expired, failed…): back to the start. */
  z.object({ kind: z.literal('checkout.dismiss'), sessionId: Uuid }),
]);
export type TotemCommand = z.infer<typeof TotemCommand>;

export const TechnicianCommand = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('technician.unlock'), pin: Pin }),
  /** Prints the ticket again, marked "2ª via"; only for a ticket that this kiosk issued. */
  z.object({ kind: z.literal('technician.reprint'), pin: Pin, ticketId: Uuid }),
  z.object({ kind: z.literal('technician.test_print'), pin: Pin }),
  z.object({ kind: z.literal('technician.sync_now'), pin: Pin }),
  /** Makes this totem known to the server, by a code that a manager made; again, to give it a new key. */
  z.object({ kind: z.literal('technician.enrol'), pin: Pin, code: z.string().max(20) }),
  /** Sends the events that were set aside once more, as after a mended server. */
  z.object({ kind: z.literal('technician.retry_set_aside'), pin: Pin }),
]);
export type TechnicianCommand = z.infer<typeof TechnicianCommand>;

export const ScreenCommand = z.union([TotemCommand, TechnicianCommand, QueueCommand]);
export type ScreenCommand = z.infer<typeof ScreenCommand>;

export const COMMAND_REFUSALS = [
  'invalid_command',
  'invalid_cpf',
  'service_unknown',
  'checkout_in_progress',
  'unknown_session',
  'too_late_to_cancel',
  'wrong_pin',
  'too_many_attempts',
  'unknown_ticket',
  'print_in_progress',
  'server_unreachable',
  'unauthorized',
  'internal_error',
  'queue_empty',
  'counter_busy',
  'unknown_counter',
  'ticket_taken',
  'not_allowed',
  'lease_running',
  'already_ticketed',
  'not_paid',
  'already_received',
  /** The totem has not been made known to the server, or was revoked. */
  'not_enrolled',
  'invalid_code',
  'code_expired',
  /** The code is of another totem, and this one's data folder still belongs to who it was. */
  'other_totem',
  /** PIX cannot be taken now: the server or the provider is away. */
  'payment_unavailable',
  /** The totem is cut off and its leased numbers are used up. */
  'no_numbers_left',
  /** Cut off: only this totem's own tickets can be called from here. */
  'needs_server',
  /** Cut off: what is taken at the counter cannot be written down from here, and was not. */
  'needs_server_to_receive',
  /** The totem's disk does not take what would have to be stored. */
  'out_of_service',
] as const;
export type CommandRefusal = (typeof COMMAND_REFUSALS)[number];

/** Codes travel as data, never as thrown errors; the screen puts them into the reader's language. */
export const CommandResult = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), sessionId: Uuid.optional(), ticket: TicketView.optional() }),
  z.object({ ok: z.literal(false), code: z.enum(COMMAND_REFUSALS), ticket: TicketView.optional() }),
]);
export type CommandResult = z.infer<typeof CommandResult>;
