/** Eight digits of reais are more than any counter sells for, and far below what PIX allows. */
const PRICE = /^(\d{1,8})(?:[.,](\d{2}))?$/;

/** "51,90" or "51" as cents; null for what is no price. */
export function centsOf(text: string): number | null {
  const match = PRICE.exec(text.trim());
  return match === null ? null : Number(`${match[1]}${match[2] ?? '00'}`);
}

/** As it is typed: 5190 is "51,90". */
export function priceText(cents: number): string {
  return `${Math.floor(cents / 100)},${String(cents % 100).padStart(2, '0')}`;
}
