import type { CheckoutState } from '../../domain/protocol/checkouts.ts';

/** What is known of the checkout: the server's last word, and whether the customer has sent a card from here. */
export interface Known {
  /** Null before the first answer. */
  readonly state: CheckoutState | null;
  /** The server does not know the token. */
  readonly isUnknown: boolean;
  /** The provider has taken the card; only the server says what came of it. */
  readonly submitted: boolean;
  /** Of the time to pay. */
  readonly remainingMs: number;
}

export type PayView =
  | { readonly name: 'loading' | 'processing' | 'paid' | 'expired' | 'closed' | 'unknown' }
  | { readonly name: 'form'; readonly form: NonNullable<CheckoutState['form']> };

/** What the page shows. "Paid" comes from the server's word alone. */
export function payView({ state, isUnknown, submitted, remainingMs }: Known): PayView {
  if (isUnknown) return { name: 'unknown' };
  if (state === null) return { name: 'loading' };
  switch (state.state) {
    case 'preparing':
      return { name: 'loading' };
    case 'open':
      if (submitted) return { name: 'processing' };
      if (remainingMs <= 0) return { name: 'expired' };
      return state.form === null ? { name: 'loading' } : { name: 'form', form: state.form };
    default:
      return { name: state.state };
  }
}

/** While something may still happen the server is asked often: the customer looks at the page. */
const OFTEN_MS = 2_000;
/** Money may come all the same after an ending. */
const SELDOM_MS = 10_000;

/** When to ask the server again; null when nothing more can change. */
export function nextPollMs(known: Pick<Known, 'state' | 'isUnknown'>): number | null {
  if (known.isUnknown || known.state?.state === 'paid') return null;
  return known.state?.state === 'expired' || known.state?.state === 'closed' ? SELDOM_MS : OFTEN_MS;
}
