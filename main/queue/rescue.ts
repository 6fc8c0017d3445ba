import type { QueueCommand } from '../../domain/protocol/queue.ts';
import type { CommandResult } from '../../domain/protocol/screen-commands.ts';
import type { TicketView } from '../../domain/protocol/tickets.ts';
import { composeReceipt, type ReceiptPayment } from '../../domain/receipt.ts';
import type { ReceiptDocument } from '../../domain/receipt-document.ts';
import { ticketArrived } from '../checkout/confirmations.ts';
import { receiptPaymentOf } from '../checkout/ticket-issue.ts';
import type { PrintQueue } from '../printing/print-queue.ts';
import type { Confirmation } from '../store/confirmations.ts';
import type { KioskStore } from '../store/store.ts';
import { forwardQueueCommand, type QueueCommandOptions } from './queue-commands.ts';

export interface RescueOptions extends QueueCommandOptions {
  readonly clock: { nowMs(): number };
  readonly printQueue: Pick<PrintQueue, 'enqueueTicket' | 'enqueueReprint'>;
}

/**
 * Has the server issue the ticket of a totem that is gone, and prints it here, as a "2ª via": the first may have come
 * out of the other totem before it died.
 */
export async function rescueTicket(
  options: RescueOptions,
  command: Extract<QueueCommand, { kind: 'queue.rescue' }>,
): Promise<CommandResult> {
  const { store, clock } = options;
  // Read before: the feed may bring the ticket, and take this away, while the answer is on its way.
  const waiting = store.confirmations.bySession(command.sessionId);
  const result = await forwardQueueCommand(options, command);
  const { ticket } = result;
  if (ticket === undefined) return result;
  store.write(() => {
    ticketArrived(options, ticket.sessionId, clock.nowMs());
    if (result.ok) printRescued(options, ticket, waiting?.confirmation);
  });
  return result;
}

function printRescued(
  { store, printQueue }: RescueOptions,
  ticket: TicketView,
  confirmation: Confirmation | undefined,
): void {
  const { ticketId, label } = ticket;
  // This totem may have a paper of it already: its own, that was never to come out.
  const reprint = printQueue.enqueueReprint(ticketId);
  if (reprint.ok || reprint.code === 'print_in_progress') return;
  const document = receiptOf(store, ticket, confirmation);
  if (document !== null) printQueue.enqueueTicket({ ticketId, label, document, copyNumber: 2 });
}

function receiptOf(
  store: KioskStore,
  ticket: TicketView,
  confirmation: Confirmation | undefined,
): ReceiptDocument | null {
  const unit = store.sync.catalog()?.unit;
  if (unit === undefined) return null;
  const { merchantName, unitName, timeZone } = unit;
  return composeReceipt({
    merchantName,
    unitName,
    timeZone,
    ticketId: ticket.ticketId,
    ticketLabel: ticket.label,
    serviceName: ticket.serviceName,
    payment: paymentOf(ticket, confirmation),
    // When the customer came is known to the other totem alone; that it was before this is known.
    arrivedAt: confirmation?.paidAt ?? ticket.issuedAt,
    customerCpf: null,
  });
}

function paymentOf(ticket: TicketView, confirmation: Confirmation | undefined): ReceiptPayment {
  if (ticket.payment === 'free') return { kind: 'free' };
  if (ticket.payment === 'at_counter') return { kind: 'at_counter', amountDueCents: ticket.amountDueCents };
  if (confirmation === undefined) return { kind: 'elsewhere', method: ticket.paidBy ?? null };
  return receiptPaymentOf(confirmation);
}
