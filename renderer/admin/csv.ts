/** Numbers as Brazilian spreadsheets read them; null is an empty cell. */
export type Cell = string | number | null;

/**
 * A CSV file that a Brazilian spreadsheet opens by a double click: a byte order mark, semicolons, decimal commas, CRLF. What
 * would be taken for a formula is text.
 */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return `\uFEFF${rows.map((row) => row.map(cellText).join(';')).join('\r\n')}\r\n`;
}

/** Cents as "1234.56" would be written here: "1234,56". */
export function csvAmount(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)},${digits.slice(-2)}`;
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell).replace('.', ',');
  const plain = /^[=+@\t\r]|^-(?!\d+(,\d+)?$)/.test(cell) ? `'${cell}` : cell;
  return /[;"\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
