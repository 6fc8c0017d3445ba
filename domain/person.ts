import { isValidCpf } from './cpf.ts';

/** What somebody told of themselves, as it was typed or came from elsewhere. */
export interface Person {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** CPF or CNPJ, with or without punctuation. */
  readonly document?: string | undefined;
  readonly phone?: string | undefined;
}

/** Weights of a CNPJ's check digits, from the left; the first digit leaves the 6 out. */
const CNPJ_WEIGHTS = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2] as const;

/** The one way in which two spellings of an e-mail are the same; null for what is no address. */
export function normaliseEmail(text: string): string | null {
  const email = text.normalize('NFC').trim().toLowerCase();
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) && email.length <= 254 ? email : null;
}

/** The characters of a CPF or CNPJ without punctuation; null unless its check digits hold. */
export function normaliseDocument(text: string): string | null {
  const document = text.toUpperCase().replace(/[.\-/\s]/g, '');
  return isValidCpf(document) || isValidCnpj(document) ? document : null;
}

/**
 * Whether fourteen characters are a CNPJ whose two check digits (modulo 11, Receita Federal) hold. Its first twelve may
 * be letters (Instrução Normativa RFB 2.229/2024), each worth its ASCII code less 48, as digits are.
 */
export function isValidCnpj(cnpj: string): boolean {
  if (!/^[0-9A-Z]{12}\d{2}$/.test(cnpj) || /^(.)\1{13}$/.test(cnpj)) return false;
  return cnpj.endsWith(`${cnpjDigit(cnpj.slice(0, 12))}${cnpjDigit(cnpj.slice(0, 13))}`);
}

function cnpjDigit(characters: string): number {
  const weights = CNPJ_WEIGHTS.slice(CNPJ_WEIGHTS.length - characters.length);
  const sum = weights.reduce<number>(
    (total, weight, at) => total + weight * (characters.charCodeAt(at) - 48),
    0,
  );
  return sum % 11 < 2 ? 0 : 11 - (sum % 11);
}

/** What a list may show of a document: the middle of it alone. */
export function maskDocument(document: string): string {
  return `***${document.slice(3, -2)}**`;
}

/** What a list may show of an e-mail: its first letter and where it is kept. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '***' : `${email.slice(0, 1)}***${email.slice(at)}`;
}

/** What a list may show of a name: the first letter of each word. */
export function maskName(name: string): string {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  return words.map((word) => `${[...word][0] ?? ''}***`).join(' ');
}
