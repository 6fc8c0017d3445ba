import { createHash, createHmac } from 'node:crypto';
import type { PersonalDataBox } from '../../platform/personal-data.ts';
import type { ServerContext } from '../context.ts';
import type { TransactionKey } from '../payments/payment-transaction.ts';

/** 128 bits: nobody guesses one, and the QR code stays coarse enough for a cheap printer. */
const TOKEN_BYTES = 16;
const TOKEN = /^[\w-]{22}$/;

/**
 * The token in the address of a payment's receipt page: whoever has it may leave an address there. Made of the payment's
 * id with a key of the server's own, so that it need not be kept to be told again.
 */
export function receiptPageToken(
  personalData: Pick<PersonalDataBox, 'deriveKey'>,
  { merchantId, transactionId }: TransactionKey,
): string {
  const key = personalData.deriveKey('totem receipt page v1');
  const mac = createHmac('sha256', key).update(`${merchantId}\n${transactionId}`).digest();
  return mac.subarray(0, TOKEN_BYTES).toString('base64url');
}

/** What the page is found by. Null for what cannot be a token. */
export function receiptPageHash(token: string): Buffer | null {
  return TOKEN.test(token) ? createHash('sha256').update(token).digest() : null;
}

type PageContext = Pick<ServerContext, 'config' | 'personalData'>;

/** Null where the page would be of no use: nobody is asked for an address to which no mail is sent. */
export function tokenToTell({ config, personalData }: PageContext, key: TransactionKey): string | null {
  const hasMail = (config.notifications?.smtp ?? null) !== null;
  return hasMail && config.rendererDir !== undefined ? receiptPageToken(personalData, key) : null;
}

/** What is printed on the ticket; null where phones have no way to this server, or there is no such page. */
export function receiptPageUrl(context: PageContext, key: TransactionKey): string | null {
  const { publicUrl } = context.config;
  const token = publicUrl === undefined ? null : tokenToTell(context, key);
  return token === null ? null : new URL(`/receipt/${token}`, publicUrl).href;
}
