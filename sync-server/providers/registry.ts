import { bacenPixFactory } from './bacen-pix/bacen-pix-factory.ts';
import { openFinanceFactory } from './open-finance/open-finance.ts';
import type { InternationalFactory, NationalFactory } from './provider-factory.ts';

/** Every provider that a configuration can name. */
export const NATIONAL_FACTORIES: readonly NationalFactory[] = [bacenPixFactory, openFinanceFactory];
export const INTERNATIONAL_FACTORIES: readonly InternationalFactory[] = [];
