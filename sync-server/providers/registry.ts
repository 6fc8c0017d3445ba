import { appmaxFactory } from './appmax/appmax.ts';
import { bacenPixFactory } from './bacen-pix/bacen-pix-factory.ts';
import { openFinanceFactory } from './open-finance/open-finance.ts';
import { pagarmeFactory } from './pagarme/pagarme.ts';
import type { InternationalFactory, NationalFactory } from './provider-factory.ts';
import { stripeFactory } from './stripe/stripe.ts';

/** Every provider that a configuration can name. */
export const NATIONAL_FACTORIES = [
  bacenPixFactory,
  pagarmeFactory,
  appmaxFactory,
  openFinanceFactory,
] as const satisfies readonly NationalFactory[];
export const INTERNATIONAL_FACTORIES = [stripeFactory] as const satisfies readonly InternationalFactory[];

type Factory = (typeof NATIONAL_FACTORIES)[number] | (typeof INTERNATIONAL_FACTORIES)[number];
export type ProviderName = Factory['name'];
/** The words of one provider's webhooks. */
export type EventKindOf<P extends ProviderName> = Extract<Factory, { name: P }>['eventKinds'][number];
