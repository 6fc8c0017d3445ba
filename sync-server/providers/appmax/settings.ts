import { z } from 'zod';
import { isValidCpf } from '../../../domain/cpf.ts';

/** A customer waits for the QR code, and three calls are made for it. */
const DEFAULT_TIMEOUT_MS = 8_000;

const HttpUrl = z.url({ protocol: /^https?$/ });

const common = {
  provider: z.literal('appmax').optional(),
  /** Who stands as the customer where nobody was asked: Appmax makes no order without one, and checks the CPF. */
  fallbackCustomer: z.strictObject({
    firstName: z.string().min(1).max(60),
    lastName: z.string().min(1).max(60),
    email: z.email().max(100),
    /** Digits with area code: "11999999999". */
    phone: z.string().regex(/^\d{10,11}$/, 'is the area code and the number, digits only'),
    cpf: z.string().refine(isValidCpf, 'is no CPF'),
  }),
  /** How long a Pix is taken for open when an order is read: Appmax does not tell it. */
  expiresSeconds: z.int().min(30).max(86_400).default(300),
  /** Appmax writes times without one. */
  utcOffset: z
    .string()
    .regex(/^[+-]\d{2}:\d{2}$/, 'is like -03:00')
    .default('-03:00'),
  /** Of one HTTP call. */
  timeoutMs: z.int().min(1).max(60_000).default(DEFAULT_TIMEOUT_MS),
};

/** The API of Appmax's app store: OAuth, cents. */
const V1 = z.strictObject({
  generation: z.literal('v1'),
  authUrl: HttpUrl.default('https://auth.appmax.com.br'),
  apiUrl: HttpUrl.default('https://api.appmax.com.br'),
  /** Of the merchant's installation, not of the app. */
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  ...common,
});
export type V1Settings = z.infer<typeof V1>;

/** The older API: a token in the body, decimal reais. */
const V3 = z.strictObject({
  generation: z.literal('v3'),
  baseUrl: HttpUrl.default('https://admin.appmax.com.br/api/v3'),
  accessToken: z.string().min(1),
  /** Which field of a paid order says what came: the order's total, or an amount of its own where the account has it. */
  paidAmountField: z.enum(['total', 'total_paid']).default('total'),
  ...common,
});
export type V3Settings = z.infer<typeof V3>;

export const AppmaxSettings = z.discriminatedUnion('generation', [V1, V3]);
export type AppmaxSettings = z.infer<typeof AppmaxSettings>;
