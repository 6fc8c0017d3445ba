/** The eleven digits without punctuation; null when the text holds anything but eleven digits, dots, dashes, spaces. */
export function normaliseCpf(text: string): string | null {
  const digits = text.replace(/[.\-\s]/g, '');
  return /^\d{11}$/.test(digits) ? digits : null;
}

/**
 * Whether the text is a CPF whose two check digits (modulo 11, Receita Federal) hold. With or without punctuation.
 * Eleven equal digits satisfy the sums but were never issued, so they are refused.
 */
export function isValidCpf(text: string): boolean {
  const cpf = normaliseCpf(text);
  if (cpf === null || /^(\d)\1{10}$/.test(cpf)) return false;
  return cpf.endsWith(`${checkDigit(cpf.slice(0, 9))}${checkDigit(cpf.slice(0, 10))}`);
}

/**
 * What a screen or a paper may show (LGPD): first three and last two digits hidden, `***.456.789-**`. A text that is
 * no CPF is hidden whole.
 */
export function maskCpf(text: string): string {
  const cpf = normaliseCpf(text);
  if (cpf === null) return '***.***.***-**';
  return `***.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-**`;
}

/** The next check digit: weights 2, 3, 4… from the right; a remainder of 10 counts as 0. */
function checkDigit(digits: string): number {
  const weightOfFirst = digits.length + 1;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    sum += Number(digits[index]) * (weightOfFirst - index);
  }
  return ((sum * 10) % 11) % 10;
}
