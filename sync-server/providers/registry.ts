import { appmaxFactory } from './appmax/appmax.ts';
import { bacenPixFactory } from './bacen-pix/bacen-pix-factory.ts';
import { openFinanceFactory } from './open-finance/open-finance.ts';
import { pagarmeFactory } from './pagarme/pagarme.ts';
import type { InternationalFactory, NationalFactory } from './provider-factory.ts';
import { stripeFactory } from './stripe/stripe.ts';

/** Every provider that a configuration can name. */
export const NATIONAL_FACTORIES: readonly NationalFactory[] = [
  bacenPixFactory,
  pagarmeFactory,
  appmaxFactory,
  openFinanceFactory,
];
export const INTERNATIONAL_FACTORIES: readonly InternationalFactory[] = [stripeFactory];
