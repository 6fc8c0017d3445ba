import { appmaxFactory } from './appmax/appmax.ts';
import { bacenPixFactory } from './bacen-pix/bacen-pix-factory.ts';
import { pagarmeFactory } from './pagarme/pagarme.ts';
import type { InternationalFactory, NationalFactory } from './provider-factory.ts';
import { stripeFactory } from './stripe/stripe.ts';

/**
 * Every provider that a configuration can name. Not `open-finance`: a totem cannot show its authorisation page yet
 * (docs/providers/open-finance.md).
 */
export const NATIONAL_FACTORIES: readonly NationalFactory[] = [
  bacenPixFactory,
  pagarmeFactory,
  appmaxFactory,
];
export const INTERNATIONAL_FACTORIES: readonly InternationalFactory[] = [stripeFactory];
