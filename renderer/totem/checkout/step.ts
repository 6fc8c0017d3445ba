import type { RunningCheckout } from '../navigation.ts';

/** The part of the checkout that one step is given. */
export interface StepProps<S extends RunningCheckout['step']> {
  readonly checkout: Extract<RunningCheckout, { step: S }>;
}
