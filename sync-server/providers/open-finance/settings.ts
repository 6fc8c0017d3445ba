import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartupFailure } from '../../../platform/service.ts';
import { ClientCertificate } from '../http/mtls-fetch.ts';

/** Who receives, and where: an initiator is told the account, not only the key. */
const Creditor = z.object({
  pixKey: z.string().min(1).max(77),
  personType: z.enum(['PESSOA_NATURAL', 'PESSOA_JURIDICA']),
  cpfCnpj: z.string().regex(/^(\d{11}|\d{14})$/, 'must be 11 or 14 digits'),
  name: z.string().min(1).max(120),
  account: z.object({
    ispb: z.string().regex(/^\d{8}$/, 'must be 8 digits'),
    /** The branch; required by the specification for CACC and SVGS. */
    issuer: z
      .string()
      .regex(/^\d{1,4}$/, 'must be up to 4 digits')
      .optional(),
    number: z.string().regex(/^\d{1,20}$/, 'must be up to 20 digits'),
    accountType: z.enum(['CACC', 'SVGS', 'TRAN']),
  }),
});
export type Creditor = z.infer<typeof Creditor>;

export const OpenFinanceSettings = z
  .object({
    /** Up to and with the version: "https://initiator.example/open-banking/payments/v4". */
    baseUrl: z.url(),
    tokenUrl: z.url(),
    clientId: z.string().min(1),
    /** Left out where the client certificate alone says who asks. */
    clientSecret: z.string().min(1).optional(),
    tls: ClientCertificate.optional(),
    /** Ours in the directory of participants: the issuer of what we sign, and whom answers are meant for. */
    organisationId: z.string().min(1),
    /** Of the key in the directory, and the key itself: PEM, RSA. */
    signingKeyId: z.string().min(1),
    signingKeyFile: z.string().min(1),
    /** Where the public keys are that answers are signed with. */
    answerKeysUrl: z.url(),
    /** What the customer opens to choose a bank and to authorise; `{consentId}` stands for the consent's id. */
    authorisationUrl: z
      .string()
      .startsWith('https://')
      .refine((text) => text.includes('{consentId}'), 'must contain {consentId}'),
    /** The initiator's own, which each payment carries. */
    initiatorCnpj: z.string().regex(/^\d{14}$/, 'must be 14 digits'),
    initiatorIspb: z.string().regex(/^\d{8}$/, 'must be 8 digits'),
    creditors: z.array(Creditor).min(1),
    /** Part of the webhooks' address, for an initiator without client certificate. */
    webhookSecret: z.string().min(32).optional(),
    /** Whether webhooks have to come over a line with a client certificate of the CA configured. */
    webhookNeedsCertificate: z.boolean().default(false),
    /** Of one HTTP call. A customer waits for the QR code. */
    timeoutMs: z.int().min(1).default(8_000),
  })
  .refine((settings) => settings.clientSecret !== undefined || settings.tls !== undefined, {
    error: 'give clientSecret or tls: one of them says who asks',
    path: ['clientSecret'],
  })
  .refine((settings) => settings.webhookSecret !== undefined || settings.webhookNeedsCertificate, {
    error: 'give webhookSecret or webhookNeedsCertificate: a webhook is signed by nobody',
    path: ['webhookSecret'],
  });
export type OpenFinanceSettings = z.infer<typeof OpenFinanceSettings>;

/** @throws StartupFailure when the file is not there, or holds no RSA key */
export function readSigningKey(file: string): ReturnType<typeof createPrivateKey> {
  try {
    const key = createPrivateKey(readFileSync(file, 'utf8'));
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch (error) {
    throw new StartupFailure(`open-finance.signingKeyFile ${file}: ${(error as Error).message}`);
  }
  throw new StartupFailure(`open-finance.signingKeyFile ${file}: PS256 needs an RSA key`);
}
