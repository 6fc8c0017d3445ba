import type { PrinterStatus } from '../../domain/protocol/machine-state.ts';
import type { CheckoutView } from '../../domain/protocol/screens.ts';
import type { ShownSession } from './checkout.ts';
import { isPrinting, isRefunding } from './deadlines.ts';

export interface CheckoutSurroundings {
  readonly printer: PrinterStatus;
  readonly waitingAhead: number;
}

/** What the totem shows of a session, from what is stored alone. */
export function checkoutView(shown: ShownSession | undefined, around: CheckoutSurroundings): CheckoutView {
  if (shown === undefined) return { step: 'idle' };
  const { session, ticket, refund } = shown;
  const { sessionId, service, amountCents, currency, method } = session;
  const common = { sessionId, service, amountCents, currency, method };
  if (refund !== undefined && isRefunding(shown)) return { step: 'refunding', ...common, ...refund };
  if (shown.issuing && shown.reservedLabel !== null) {
    return { step: 'issuing', ...common, ticketLabel: shown.reservedLabel, leavesAt: endOf(shown) };
  }
  switch (session.status) {
    case 'open':
      return {
        step: 'creating_charge',
        ...common,
        openedAt: session.openedAt,
        problem: session.problem,
        givesUpAt: endOf(shown),
      };
    case 'awaiting_payment':
      return { ...common, ...payableBy(shown), expiresAt: endOf(shown) };
    case 'ticketed':
    case 'paid': {
      if (ticket === undefined) throw new Error(`${session.status} session ${sessionId} has no ticket`);
      const ticketLabel = ticket.label;
      const { payment } = ticket;
      if (isPrinting(shown)) return { step: 'printing', ...common, ticketLabel, payment };
      return {
        step: 'ticket',
        ...common,
        ticketLabel,
        delivery: ticket.delivery ?? 'screen',
        payment,
        printer: around.printer,
        issuedAt: ticket.issuedAt,
        waitingAhead: around.waitingAhead,
        late: session.late,
      };
    }
    case 'expired':
    case 'cancelled':
      return { step: session.status, ...common };
    case 'failed':
      return { step: 'failed', ...common, reason: shownReason(session.failureReason) };
  }
}

type Payable =
  | { readonly step: 'awaiting_payment'; readonly brCode: string }
  | { readonly step: 'awaiting_authorisation'; readonly authorisationUrl: string }
  | { readonly step: 'awaiting_card'; readonly checkoutUrl: string };

function payableBy({ session }: ShownSession): Payable {
  const { sessionId, method, brCode, checkoutUrl } = session;
  if (method === 'pix' && brCode !== null) return { step: 'awaiting_payment', brCode };
  // The table's CHECK keeps it; without it there is no QR code to show.
  if (checkoutUrl === null) throw new Error(`session ${sessionId} awaits payment of nothing`);
  return method === 'pix'
    ? { step: 'awaiting_authorisation', authorisationUrl: checkoutUrl }
    : { step: 'awaiting_card', checkoutUrl };
}

function endOf({ session, endsAt }: ShownSession): number {
  if (endsAt === null) throw new Error(`${session.status} session ${session.sessionId} has no end`);
  return endsAt;
}

type ShownReason = Extract<CheckoutView, { step: 'failed' }>['reason'];

function shownReason(stored: string | null): ShownReason {
  switch (stored) {
    case 'server_unreachable':
    case 'provider_unavailable':
    case 'provider_rejected':
    case 'price_changed':
    case 'closed_by_bank':
    case 'cpf_required':
      return stored;
    default:
      return 'unknown';
  }
}
