import { z } from 'zod';
import { StartupFailure } from '../../../platform/service.ts';
import { readSettings } from '../provider-factory.ts';

/** A customer waits for the card form: a provider that needs longer is asked again rather than waited for. */
const DEFAULT_TIMEOUT_MS = 8_000;
/** Two are in use while one replaces the other; more only if somebody forgot to clear up. */
const MAX_WEBHOOK_SECRETS = 4;

const HttpUrl = z.url({ protocol: /^https?$/ });

export const StripeSettings = z.strictObject({
  /** As the providers file names it. */
  provider: z.literal('stripe').optional(),
  /** "sk_live_…", or a restricted key "rk_live_…" (docs/providers/stripe.md lists what it has to allow). */
  secretKey: z.string().regex(/^(sk|rk)_\S+$/, 'starts with sk_ or rk_'),
  /** "pk_live_…": goes to the customer's page. */
  publishableKey: z.string().regex(/^pk_\S+$/, 'starts with pk_'),
  /** "whsec_…", each; a new one is added before the old one goes, so that no event is refused in between. */
  webhookSecrets: z
    .array(z.string().regex(/^whsec_\S+$/, 'starts with whsec_'))
    .min(1)
    .max(MAX_WEBHOOK_SECRETS),
  /** In the place of "https://api.stripe.com": a simulator's "http://127.0.0.1:4400/stripe". */
  apiBaseUrl: HttpUrl.optional(),
  /** Loaded by the customer's page, of the API's version; a simulator's "http://127.0.0.1:4400/stripe/js". */
  scriptUrl: HttpUrl.default('https://js.stripe.com/endive/stripe.js'),
  /** Of one HTTP call. */
  timeoutMs: z.int().min(1).max(60_000).default(DEFAULT_TIMEOUT_MS),
});
export type StripeSettings = z.infer<typeof StripeSettings>;

/** @throws StartupFailure naming the setting, never its value: all of them but two are secrets */
export function parseStripeSettings(settings: unknown): StripeSettings {
  const parsed = readSettings('stripe', StripeSettings, settings);
  if (isLive(parsed.secretKey) !== isLive(parsed.publishableKey))
    throw new StartupFailure(
      'configuration of provider stripe: secretKey and publishableKey: one is live and the other is for tests',
    );
  return parsed;
}

function isLive(key: string): boolean {
  return key.includes('_live_');
}
