import type { CheckoutView, TotemSnapshot } from '../../domain/protocol/screens.ts';
import type { TicketPayment } from '../../domain/ticket.ts';

export type IdentifyField = 'name' | 'cpf';

export type ChosenPayment = TicketPayment | 'card';

/** Where the customer is before there is a session, and what they have typed. Nothing of it is stored anywhere. */
export interface Navigation {
  readonly at: 'attract' | 'services' | 'review' | 'identify' | 'starting';
  readonly serviceId: string | null;
  readonly field: IdentifyField;
  /** What the customer chose to begin: it says what is being waited for. */
  readonly payment: ChosenPayment;
  readonly name: string;
  /** Digits only, eleven when complete. */
  readonly cpf: string;
}

/** The start; going here also forgets all personal data. */
export const AT_ATTRACT: Navigation = {
  at: 'attract',
  serviceId: null,
  field: 'name',
  payment: 'pix',
  name: '',
  cpf: '',
};

export type TotemView =
  | { readonly name: 'preparing' }
  /** `layer` says what is gone, so that nothing can be had here: the bank, the sync server, or this page's own host. */
  | { readonly name: 'unavailable'; readonly layer: AwayLayer }
  /** The totem cannot store anything. `money`: somebody may have paid, and must not pay again. */
  | { readonly name: 'out_of_service'; readonly money: 'untouched' | 'kept' }
  /** The server does not know this totem, or not any more. */
  | { readonly name: 'no_identity'; readonly enrolment: 'not_enrolled' | 'revoked' }
  | { readonly name: 'attract' }
  | { readonly name: 'services' }
  | { readonly name: 'review'; readonly service: Service }
  | { readonly name: 'identify'; readonly service: Service; readonly field: IdentifyField }
  | { readonly name: 'starting'; readonly payment: ChosenPayment }
  | { readonly name: 'checkout'; readonly checkout: RunningCheckout };

type Service = TotemSnapshot['services'][number];
type Link = 'connecting' | 'connected' | 'lost';
export type AwayLayer = 'network' | 'provider' | 'server' | 'host';
export type RunningCheckout = Exclude<CheckoutView, { step: 'idle' }>;

/** What the totem shows. A session decides over everything; then what is possible; then where the customer went. */
export function totemView(snapshot: TotemSnapshot | null, link: Link, navigation: Navigation): TotemView {
  if (snapshot === null) {
    return link === 'lost' ? { name: 'unavailable', layer: 'host' } : { name: 'preparing' };
  }
  if (isOutOfService(snapshot)) {
    return { name: 'out_of_service', money: mayHavePaid(snapshot.checkout) ? 'kept' : 'untouched' };
  }
  if (snapshot.checkout.step !== 'idle') return { name: 'checkout', checkout: snapshot.checkout };
  if (snapshot.enrolment !== 'enrolled') return { name: 'no_identity', enrolment: snapshot.enrolment };
  if (snapshot.unit === null) return { name: 'preparing' };
  if (navigation.at === 'attract') {
    const layer = awayFromPix(snapshot, link);
    const nothing = layer === 'host' || !snapshot.services.some((service) => isOnOffer(service, layer));
    return layer !== null && nothing ? { name: 'unavailable', layer } : { name: 'attract' };
  }
  if (navigation.at === 'starting') return { name: 'starting', payment: navigation.payment };
  const service = snapshot.services.find((offered) => offered.serviceId === navigation.serviceId);
  // The catalogue may change under a customer's fingers; then there is nothing to review.
  if (navigation.at === 'services' || service === undefined) return { name: 'services' };
  if (navigation.at === 'identify') return { name: 'identify', service, field: navigation.field };
  return { name: 'review', service };
}

/** A ticket, and money on its way back, are shown all the same: they are stored already. */
function isOutOfService({ storage, checkout }: TotemSnapshot): boolean {
  if (storage.status === 'ok') return false;
  if (checkout.step === 'printing' || checkout.step === 'ticket' || checkout.step === 'refunding')
    return false;
  return checkout.step === 'idle' || storage.status !== 'nearly_full';
}

function mayHavePaid({ step }: CheckoutView): boolean {
  return step !== 'idle' && step !== 'creating_charge';
}

/** The nearest layer without which no PIX can be begun now; null when one can. */
export function awayFromPix(snapshot: TotemSnapshot, link: Link): AwayLayer | null {
  if (link === 'lost') return 'host';
  if (snapshot.pixAvailable) return null;
  if (snapshot.layers.network.status === 'down') return 'network';
  return snapshot.server !== 'offline' && snapshot.layers.provider.status === 'down' ? 'provider' : 'server';
}

/** The nearest layer without which no card checkout can be begun now; null when one can. */
export function awayFromCard(snapshot: TotemSnapshot, link: Link): AwayLayer | null {
  if (link === 'lost') return 'host';
  if (snapshot.cardAvailable) return null;
  return snapshot.layers.network.status === 'down' ? 'network' : 'server';
}

/** Whether a ticket of the service can be had in some way. @param away as `awayFromPix` */
export function isOnOffer(service: Service, away: AwayLayer | null): boolean {
  if (away === null) return true;
  if (away === 'host') return false;
  // A card does not need the bank of the PIX.
  const byCard = service.card !== null && away === 'provider';
  return byCard || service.amountCents === 0 || service.payAtCounter;
}

/** What a customer must know before paying: that there will be no paper, and why. Null when there will be. */
export function printerNotice(
  printer: TotemSnapshot['printer'],
): 'mock' | 'paper_out' | 'cover_open' | 'offline' | 'error' | null {
  if (printer.kind === 'mock') return 'mock';
  switch (printer.status) {
    case 'ready':
    case 'paper_low':
    case 'unknown':
      return null;
    default:
      return printer.status;
  }
}

/** Whether the customer is on their way, so that silence means that they may have left. */
export function waitsForCustomer(view: TotemView): boolean {
  return (
    view.name === 'services' || view.name === 'review' || view.name === 'identify' || view.name === 'starting'
  );
}
