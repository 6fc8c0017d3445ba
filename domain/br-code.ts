/**
 * BR Code: the text inside a PIX QR code, also called "Pix copia e cola". A profile of EMV QRCPS-MPM (merchant
 * presented mode) by the Banco Central do Brasil. Start here: this is all that other code needs.
 */
export {
  type BrCodeEncodeError,
  type BrCodeEncodeResult,
  type BrCodePayee,
  encodeDynamicBrCode,
  encodeRecurrenceBrCode,
  encodeStaticBrCode,
} from './br-code/encode.ts';
export { type BrCode, type BrCodeError, type BrCodeResult, parseBrCode } from './br-code/parse.ts';
export { type PixKeyKind, pixKeyKind } from './br-code/pix-key.ts';
export type { TlvField } from './br-code/tlv.ts';
