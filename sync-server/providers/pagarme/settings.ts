import { z } from 'zod';
import { isValidCpf } from '../../../domain/cpf.ts';

/** A customer waits for the QR code: a provider that needs longer is asked again rather than waited for. */
const DEFAULT_TIMEOUT_MS = 8_000;

const HttpUrl = z.url({ protocol: /^https?$/ });

/** Who stands as the customer where nobody was asked: Pagar.me makes no order without one. */
const FallbackCustomer = z.strictObject({
  name: z.string().min(1).max(64),
  email: z.email().max(64),
  cpf: z.string().refine(isValidCpf, 'is no CPF'),
  /** Digits with country and area code: "5511999999999". */
  phone: z.string().regex(/^55\d{10,11}$/, 'is 55, the area code and the number, digits only'),
});

export const PagarmeSettings = z.object({
  baseUrl: HttpUrl.default('https://api.pagar.me/core/v5'),
  /** "sk_…": user name of HTTP Basic, with an empty password. */
  secretKey: z.string().min(1),
  fallbackCustomer: FallbackCustomer,
  /** How a webhook is told from a stranger's (docs/providers/pagarme.md): it depends on how the account is connected. */
  webhooks: z.discriminatedUnion('authentication', [
    z.strictObject({
      authentication: z.literal('hub_signature'),
      keysUrl: HttpUrl.default('https://hubapi.pagar.me/.well-known/jwks.json'),
    }),
    z.strictObject({
      authentication: z.literal('basic'),
      user: z.string().min(1),
      password: z.string().min(16),
    }),
    z.strictObject({ authentication: z.literal('secret_address') }),
  ]),
  /** Needed where a sale is divided: the rules of an order have to name its whole amount, the merchant's own part too. */
  split: z
    .strictObject({
      merchantRecipientId: z.string().min(1),
      /** Whether the receivers of the other parts bear losses and fees in proportion. */
      partsAreLiable: z.boolean().default(false),
      partsPayFees: z.boolean().default(false),
    })
    .optional(),
  /** Of one HTTP call. */
  timeoutMs: z.int().min(1).max(60_000).default(DEFAULT_TIMEOUT_MS),
});
export type PagarmeSettings = z.infer<typeof PagarmeSettings>;
