/** The one spelling of a word or a column's name: `Pagar.me`, `PAGARME` and `pagar_me` are the same. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}
