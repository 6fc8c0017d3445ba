/**
 * Whether the customer comes back from a page of the card's bank where the payment went through, as far as that page can
 * tell. Source: docs.stripe.com/payments/payment-element, the query of `return_url`.
 * @param query of the page's address, with its question mark
 */
export function cameBackPaid(query: string): boolean {
  const status = new URLSearchParams(query).get('redirect_status');
  return status === 'succeeded' || status === 'pending';
}
