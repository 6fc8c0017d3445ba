/**
 * Lengths in characters. Sources: bacen/pix-api issues #77, #231 and #457 (quoting the Manual do BR Code) and the
 * decoder that the payment institution Stone publishes.
 */
export const LIMITS = {
  brCode: 512,
  key: 77,
  info: 72,
  url: 77,
  amount: 13,
  merchantName: 25,
  merchantCity: 15,
  postalCode: 10,
  txid: 25,
} as const;

/** The globally unique identifier that marks a template as PIX; compared without regard to case. */
export const PIX_GUI = 'br.gov.bcb.pix';
/** "No txid": the payee does not reconcile by it (static), or the JSON payload carries it (dynamic). */
export const NO_TXID = '***';
export const BRL_NUMERIC = '986';
export const COUNTRY_BRAZIL = 'BR';
/** ISPB of the institution that hands out cash (Pix Saque); alphanumeric since API Pix 2.9.0. */
export const ISPB = /^[0-9A-Z]{8}$/;
/** Host and path as a BR Code carries them: ASCII, without the scheme (`https://` is implied). */
export const SCHEMELESS_URL = /^[A-Za-z0-9[](?!.*:\/\/)[!-~]*$/;
