import type { CheckoutView, TotemSnapshot } from '../domain/protocol/screens.ts';
import { command, pay, snapshot } from '../e2e/support/outside.ts';
import type { Random } from '../simulation/world/random.ts';
import { attempt, count, pause, type Stage } from './stage.ts';

/** What customers do with the code on the screen; most simply pay. */
const HABITS = [
  'exact',
  'exact',
  'exact',
  'exact',
  'exact',
  'exact',
  'twice',
  'other_amount',
  'late',
  'never',
  'cancels_and_pays',
] as const;
/** Nobody stands longer than this before a screen; the next customer comes. */
const PATIENCE_MS = 12_000;
const LOOK_MS = 150;

/** Customers at one totem, one after the other, until the run is over. */
export async function sellTo(stage: Stage, totemUrl: string, random: Random): Promise<void> {
  while (!stage.over.aborted) {
    await attempt(() => oneCustomer(stage, totemUrl, random));
    await pause(random.int(50, 800), stage.over);
  }
}

async function oneCustomer(stage: Stage, totemUrl: string, random: Random): Promise<void> {
  const { witness, shop } = stage;
  const look = async (): Promise<TotemSnapshot> => {
    const seen = await snapshot(totemUrl, 'totem');
    noteWhatWasTold(stage, seen.checkout);
    return seen;
  };
  const { services, checkout } = await look();
  // The one before has walked away, having paid or not.
  if (checkout.step === 'awaiting_payment')
    await command(totemUrl, { kind: 'checkout.cancel', sessionId: checkout.sessionId });
  if (checkout.step !== 'idle')
    await command(totemUrl, { kind: 'checkout.dismiss', sessionId: checkout.sessionId });
  const service = random.pick(services);
  const payment = service.payAtCounter && random.chance(0.5) ? 'at_counter' : 'pix';
  const started = await command(totemUrl, { kind: 'checkout.start', serviceId: service.serviceId, payment });
  if (!started.ok) {
    count(witness, `refused: ${started.code}`);
    return pause(300);
  }
  count(witness, 'sales begun');
  const shown = await until(stage, look, (view) => view.step !== 'creating_charge' && view.step !== 'idle');
  if (shown?.step !== 'awaiting_payment') return;
  const { brCode, sessionId } = shown;
  await pause(random.int(0, 1_500));
  const habit = random.pick(HABITS);
  if (habit === 'cancels_and_pays') await command(totemUrl, { kind: 'checkout.cancel', sessionId });
  const mode = habit === 'cancels_and_pays' ? 'exact' : habit;
  const amount = mode === 'other_amount' ? Math.max(1, shown.amountCents - 100) : undefined;
  const paid = await attempt(() => pay(shop.addresses.provider, brCode, mode, amount));
  if (paid === null || paid.length === 0) return;
  count(witness, `paid: ${habit}`);
  await until(stage, look, (view) => view.step === 'ticket' || view.step === 'refunding');
}

async function until(
  stage: Stage,
  look: () => Promise<TotemSnapshot>,
  enough: (view: CheckoutView) => boolean,
): Promise<CheckoutView | null> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !stage.over.aborted; waitedMs += LOOK_MS) {
    const seen = await attempt(look);
    if (seen !== null && enough(seen.checkout)) return seen.checkout;
    await pause(LOOK_MS);
  }
  return null;
}

function noteWhatWasTold({ witness }: Stage, view: CheckoutView): void {
  if (view.step !== 'issuing' && view.step !== 'printing' && view.step !== 'ticket') return;
  if (view.step !== 'issuing' && view.payment !== 'pix') return;
  const { sessionId } = view;
  if (witness.toldPaid.some((told) => told.sessionId === sessionId)) return;
  witness.toldPaid.push({ sessionId, at: Date.now() });
}
