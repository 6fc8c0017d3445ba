export type PixKeyKind = 'cpf' | 'cnpj' | 'phone' | 'email' | 'evp';

const FORMS: readonly (readonly [PixKeyKind, RegExp])[] = [
  ['phone', /^\+[1-9]\d{1,14}$/],
  ['cpf', /^\d{11}$/],
  // Alphanumeric since API Pix 2.9.0.
  ['cnpj', /^[0-9A-Z]{14}$/],
  ['evp', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i],
  ['email', /^(?=.{3,77}$)[\w.!#$&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i],
];

/**
 * Which form of PIX key the text has, or null. The form alone: whether the key exists is known to the DICT only, and
 * check digits are not looked at, because a bank that registered the key has done so.
 */
export function pixKeyKind(key: string): PixKeyKind | null {
  return FORMS.find(([, form]) => form.test(key))?.[0] ?? null;
}
