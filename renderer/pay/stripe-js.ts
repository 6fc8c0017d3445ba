/** As much of Stripe.js as the page uses. Source: docs.stripe.com/js. */
export interface StripeJs {
  elements(options: { readonly clientSecret: string; readonly locale: string }): StripeElements;
  confirmPayment(options: {
    readonly elements: StripeElements;
    readonly redirect: 'if_required';
    /** Where a bank that insists on a page of its own sends the customer back to. */
    readonly confirmParams: { readonly return_url: string };
  }): Promise<{
    readonly error?: { readonly type: string; readonly message?: string };
    readonly paymentIntent?: { readonly status: string };
  }>;
}

export interface StripeElements {
  create(kind: 'payment'): PaymentElement;
}

export interface PaymentElement {
  on(event: 'ready' | 'loaderror', listener: () => void): PaymentElement;
  mount(place: HTMLElement): void;
  destroy(): void;
}

declare global {
  interface Window {
    Stripe?: (publishableKey: string) => StripeJs;
  }
}

/**
 * Loads the provider's script from the provider, as it has to be (PCI DSS): no copy of it is ever served by us.
 * Rejects when it cannot be loaded; the next call tries again.
 */
export async function loadStripe(scriptUrl: string, publishableKey: string): Promise<StripeJs> {
  if (window.Stripe === undefined) await loadScript(scriptUrl);
  if (window.Stripe === undefined) throw new Error('the script came without Stripe');
  return window.Stripe(publishableKey);
}

function loadScript(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error('the provider’s script did not load'));
    };
    document.head.append(script);
  });
}
