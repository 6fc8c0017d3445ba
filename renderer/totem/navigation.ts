import type { CheckoutView, TotemSnapshot } from '../../domain/protocol/screens.ts';

export type IdentifyField = 'name' | 'cpf';

/** Where the customer is before there is a session, and what they have typed. Nothing of it is stored anywhere. */
export interface Navigation {
  readonly at: 'attract' | 'services' | 'review' | 'identify' | 'starting';
  readonly serviceId: string | null;
  readonly field: IdentifyField;
  readonly name: string;
  /** Digits only, eleven when complete. */
  readonly cpf: string;
}

/** The start; going here also forgets all personal data. */
export const AT_ATTRACT: Navigation = { at: 'attract', serviceId: null, field: 'name', name: '', cpf: '' };

export type TotemView =
  | { readonly name: 'preparing' }
  /** `layer` says what is gone: the sync server, or this page's own host. */
  | { readonly name: 'unavailable'; readonly layer: 'server' | 'host' }
  /** The totem cannot store anything. `money`: somebody may have paid, and must not pay again. */
  | { readonly name: 'out_of_service'; readonly money: 'untouched' | 'kept' }
  | { readonly name: 'attract' }
  | { readonly name: 'services' }
  | { readonly name: 'review'; readonly service: Service }
  | { readonly name: 'identify'; readonly service: Service; readonly field: IdentifyField }
  | { readonly name: 'starting' }
  | { readonly name: 'checkout'; readonly checkout: RunningCheckout };

type Service = TotemSnapshot['services'][number];
export type RunningCheckout = Exclude<CheckoutView, { step: 'idle' }>;

/** What the totem shows. A session decides over everything; then what is possible; then where the customer went. */
export function totemView(
  snapshot: TotemSnapshot | null,
  link: 'connecting' | 'connected' | 'lost',
  navigation: Navigation,
): TotemView {
  if (snapshot === null) {
    return link === 'lost' ? { name: 'unavailable', layer: 'host' } : { name: 'preparing' };
  }
  if (isOutOfService(snapshot)) {
    return { name: 'out_of_service', money: mayHavePaid(snapshot.checkout) ? 'kept' : 'untouched' };
  }
  if (snapshot.checkout.step !== 'idle') return { name: 'checkout', checkout: snapshot.checkout };
  if (snapshot.unit === null) return { name: 'preparing' };
  if (navigation.at === 'attract') {
    if (link === 'lost') return { name: 'unavailable', layer: 'host' };
    return snapshot.server === 'offline' ? { name: 'unavailable', layer: 'server' } : { name: 'attract' };
  }
  if (navigation.at === 'starting') return { name: 'starting' };
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

/** Whether a payment can be begun now. */
export function canPay(snapshot: TotemSnapshot, link: 'connecting' | 'connected' | 'lost'): boolean {
  return link === 'connected' && snapshot.server !== 'offline';
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
