import type { CheckoutView } from '../../domain/protocol/screens.ts';
import type { KioskSide } from '../sides/kiosk-side.ts';

const lastByKiosk = new WeakMap<KioskSide, { readonly of: string; readonly view: CheckoutView }>();

/**
 * What the totem shows its customer, for a look after each step: built anew when the totem has committed something since
 * the last look. Without a commit only `printing` can become `ticket`, when a paper begins to wait for its permission.
 */
export function shownCheckout(kiosk: KioskSide): CheckoutView | undefined {
  const { engine, machine, commits } = kiosk;
  if (engine === null) return undefined;
  const of = `${machine.bootedAtMs} ${commits}`;
  const last = lastByKiosk.get(kiosk);
  if (last?.of === of) return last.view;
  const view = engine.snapshot('totem').checkout;
  lastByKiosk.set(kiosk, { of, view });
  return view;
}
