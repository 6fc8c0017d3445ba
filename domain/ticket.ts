import { z } from 'zod';

export const TicketStatus = z.enum([
  'paid',
  'printing',
  'print_error',
  'in_queue',
  'called',
  'in_progress',
  'completed',
  'no_show',
  'transferred',
  'voided',
]);
export type TicketStatus = z.infer<typeof TicketStatus>;

/** With what the customer pays before there is a ticket: here, or by card on a page of the server's. */
export const PaymentMethod = z.enum(['pix', 'card']);
export type PaymentMethod = z.infer<typeof PaymentMethod>;

/**
 * How the ticket is paid for: `pix` (settled before the ticket exists, by whatever `PaymentMethod`), `free` (a service without price), `at_counter`
 * (the customer pays the operator; the ticket says how much is due).
 */
export const TicketPayment = z.enum(['pix', 'free', 'at_counter']);
export type TicketPayment = z.infer<typeof TicketPayment>;

/**
 * How the ticket reached its customer: `printed` (the printer confirmed it), `uncertain` (bytes left, nothing came
 * back: it may have been printed), `screen` (the printer could not, the screen showed it), `mock` (no printer is
 * configured; picture and text were written to the data folder), `counter` (its totem was gone: an operator rescued
 * it and tells the customer the number, with or without a paper of another totem).
 */
export const TicketDelivery = z.enum(['printed', 'uncertain', 'screen', 'mock', 'counter']);
export type TicketDelivery = z.infer<typeof TicketDelivery>;

/** What may follow what. The table is the definition: tests walk every pair. */
const NEXT: Record<TicketStatus, readonly TicketStatus[]> = {
  paid: ['printing', 'print_error', 'in_queue', 'voided'],
  printing: ['print_error', 'in_queue', 'voided'],
  print_error: ['printing', 'in_queue', 'voided'],
  in_queue: ['called', 'transferred', 'voided'],
  // called → called is the recall.
  called: ['called', 'in_progress', 'no_show', 'in_queue', 'transferred', 'voided'],
  in_progress: ['completed', 'transferred', 'voided'],
  completed: ['voided'],
  // A customer who missed the call and came back.
  no_show: ['in_queue', 'voided'],
  transferred: ['in_queue', 'voided'],
  voided: [],
};

export function canTicketBecome(from: TicketStatus, to: TicketStatus): boolean {
  return NEXT[from].includes(to);
}

/** Whether the customer is still owed the service: until it is served, missed or void, no midnight ends a ticket. */
export function isTicketOpen(status: TicketStatus): boolean {
  return status !== 'completed' && status !== 'no_show' && status !== 'voided';
}

/** Statuses that the issuing kiosk decides; all later ones belong to the unit's server. */
export function isBeforeQueue(status: TicketStatus): boolean {
  return status === 'paid' || status === 'printing' || status === 'print_error';
}
