/** Digits that a number is padded to; a longer number is shown whole. */
const MIN_DIGITS = 3;

/**
 * What is printed, shown and called, "C012".
 * @param prefix one to three letters of the service
 * @param number from 1, unique per unit, prefix and business day; the server reserves it when the payment settles
 */
export function ticketLabel(prefix: string, number: number): string {
  return `${prefix}${String(number).padStart(MIN_DIGITS, '0')}`;
}
