import { isValidCpf } from './cpf.ts';

/** What stands in the place of a personal word. */
export const MASK = '***';

/** Names of fields, in lower case and without punctuation, that hold something personal wherever they stand. */
const PERSONAL_FIELD =
  /^(cpf|cnpj|cpfcnpj|cpfoucnpj|nome|nomecompleto|(full|first|last|middle|social|holder|cardholder|payer|customer|buyer|debtor)name|(customer|payer|receipt|buyer|billing|contact)?email(address)?|(mobile|home|customer|contact)?phones?(number)?|telephone|telefone|celular|whatsapp|(customer|payer)?document(number)?|documento|taxid|taxids|taxidentification|identification|infopagador|(billing|shipping|home)?address(es)?|endereco|logradouro|bairro|cep|zipcode|postalcode|birth(date|day)|dateofbirth|datanascimento|ip|ipaddress)$/;
/** A bare `name` is a person's where it stands in one of these; elsewhere it is a product's, or an event's. */
const PERSON =
  /^(customer|client|cliente|payer|pagador|devedor|debtor|debtoraccount|buyer|comprador|billing|billingdetails|shipping|holder|cardholder|sender|remetente|recebedor|loggeduser|businessentity|person|owner|card)$/;
/** What charges are found by is never taken for a document, however it looks. */
const REFERENCE = /(id|code|reference|key|number|token|amount|valor|sku)$/;

/** A local part has 64 characters at most (RFC 5321): without that end a long text takes its length squared. */
const EMAIL = /[\p{L}\d.!#$%&'*+/=?^_`{|}~-]{1,64}@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu;
const WRITTEN_DOCUMENT = /\d{3}\.\d{3}\.\d{3}-\d{2}|[\dA-Z]{2}\.[\dA-Z]{3}\.[\dA-Z]{3}\/[\dA-Z]{4}-\d{2}/g;
const ELEVEN_DIGITS = /(?<![\p{L}\d.-])\d{11}(?![\p{L}\d.-])/gu;
/** Sixteen characters hold twelve bytes: fewer hold no name and no document. */
const ENCODED = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Takes names, documents, addresses of all kinds and phone numbers out of a payload of a provider's. Everything else
 * of a JSON text stays as it is, character for character; a text without personal words comes back as it came.
 */
export function maskPersonalWords(text: string): string {
  return isJson(text) ? maskTokens(text, maskField) : maskText(text);
}

/**
 * The same for words that are known to be personal, wherever they stand, also inside of base64 (a signed payload, a data
 * URL): what holds them there is masked as a whole. @param words without empty ones
 */
export function maskWords(text: string, words: readonly string[]): string {
  const maskPlain = (value: string): string => words.reduce((held, word) => without(held, word), value);
  const maskOne = (value: string): string =>
    maskPlain(value).replace(ENCODED, (run) => {
      const decoded = decodedText(run);
      return decoded !== null && maskPlain(decoded) !== decoded ? MASK : run;
    });
  if (!isJson(text)) return maskOne(text);
  return maskTokens(text, (value) => {
    const masked = maskOne(value);
    return masked === value ? null : masked;
  });
}

/** @returns null for what is no text in base64: an id, a number, a digest */
function decodedText(run: string): string | null {
  let octets = '';
  let held = 0;
  let bits = 0;
  for (const character of run.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')) {
    held = (held << 6) | BASE64.indexOf(character);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    octets += `%${(held >> bits).toString(16).padStart(2, '0')}`;
    held &= (1 << bits) - 1;
  }
  try {
    return decodeURIComponent(octets);
  } catch (error) {
    // No UTF-8.
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** A number is not cut out of a longer one, nor a short name out of a word. */
function without(text: string, word: string): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\p{L}\\d])${escaped}(?![\\p{L}\\d])`, 'giu'), MASK);
}

interface Place {
  readonly isObject: boolean;
  /** The name under which the object stands, or the list that it is in. */
  readonly name: string;
  /** Everything in it is personal. */
  readonly isPersonal: boolean;
  key: string;
}

type MaskValue = (
  value: string,
  place: { readonly key: string; readonly inside: string; readonly isPersonal: boolean },
) => string | null;

function maskField(value: string, { key, inside, isPersonal }: Parameters<MaskValue>[1]): string | null {
  if (isPersonal || PERSONAL_FIELD.test(key) || (key === 'name' && PERSON.test(inside)))
    return value === '' ? null : MASK;
  const masked = maskText(value, !REFERENCE.test(key));
  return masked === value ? null : masked;
}

function maskText(text: string, withBareDocuments = true): string {
  const masked = text.replace(EMAIL, MASK).replace(WRITTEN_DOCUMENT, MASK);
  if (!withBareDocuments) return masked;
  return masked.replace(ELEVEN_DIGITS, (digits) => (isValidCpf(digits) ? MASK : digits));
}

/** @param mask what to put in the place of a value; null: it stays */
function maskTokens(json: string, mask: MaskValue): string {
  const places: Place[] = [];
  let isKey = false;
  return json.replace(TOKEN, (token) => {
    const place = places.at(-1);
    if (token === '{' || token === '[') {
      const name = place === undefined ? '' : place.isObject ? place.key : place.name;
      const isPersonal = place !== undefined && (place.isPersonal || PERSONAL_FIELD.test(name));
      places.push({ isObject: token === '{', name, isPersonal, key: '' });
      isKey = token === '{';
      return token;
    }
    if (token === '}' || token === ']') {
      places.pop();
      isKey = false;
      return token;
    }
    if (token === ',') {
      isKey = place?.isObject === true;
      return token;
    }
    if (token === ':') return token;
    if (isKey && place !== undefined) {
      place.key = plain(JSON.parse(token) as string);
      isKey = false;
      return token;
    }
    return maskToken(token, place, mask);
  });
}

function maskToken(token: string, place: Place | undefined, mask: MaskValue): string {
  if (token === 'true' || token === 'false' || token === 'null') return token;
  const value = token.startsWith('"') ? (JSON.parse(token) as string) : token;
  const key = place === undefined ? '' : place.isObject ? place.key : place.name;
  const masked = mask(value, { key, inside: place?.name ?? '', isPersonal: place?.isPersonal ?? false });
  return masked === null ? token : JSON.stringify(masked);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\d]/gu, '');
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
