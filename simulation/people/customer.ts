import { txidOfSession } from '../../domain/ids.ts';
import type { TotemSnapshot } from '../../domain/protocol/screens.ts';
import type { BankSide } from '../bank/bank-side.ts';
import type { KioskSide } from '../sides/kiosk-side.ts';
import type { World } from '../world/world.ts';

/** How customers behave: weights, not probabilities. */
export interface Manners {
  readonly onTime: number;
  readonly late: number;
  readonly twice: number;
  readonly wrongAmount: number;
  readonly cancels: number;
  /** Cancels, and has paid in the same moment. */
  readonly cancelsAndPays: number;
  readonly walksAway: number;
}

type Manner = keyof Manners;

/** A glance at the screen. */
const LOOK_EVERY_MS = 700;
/** In line somebody looks up as often as this, and goes home after so long. */
const LINE_LOOK_MS = { from: 500, to: 2_000 };
const LINE_PATIENCE_MS = 90_000;
/** Of one look: whoever waits behind a QR code that nobody seems to pay cancels it. */
const CLEARS_SCREEN_CHANCE = 0.04;
/** Long before, a person has gone; the totem's own limits are shorter. */
const PATIENCE_MS = 240_000;

export interface Visit {
  readonly kiosk: KioskSide;
  readonly banks: readonly Pick<BankSide, 'bank'>[];
  readonly manners: Manners;
  /** The wish for a ticket without PIX, where the shop offers it. */
  readonly atCounterChance: number;
  /** Of the service that is wanted; any by default. */
  readonly prefix?: string;
}

/** One customer before one totem: waits in line, chooses, does as people do, looks at the last screen, goes. */
export function customerArrives(world: World, visit: Visit): void {
  const { kiosk } = visit;
  const { random, agenda } = world;
  const untilMs = agenda.nowMs() + LINE_PATIENCE_MS;
  const wait = (): void => {
    if (agenda.nowMs() < untilMs && !kiosk.goneForGood)
      agenda.after(random.int(LINE_LOOK_MS.from, LINE_LOOK_MS.to), 'customer in line', step);
  };
  const step = (): void => {
    const { engine } = kiosk;
    const before = engine?.snapshot('totem');
    if (engine === null || before === undefined || before.services.length === 0) {
      wait();
      return;
    }
    const { checkout } = before;
    if (checkout.step === 'awaiting_payment' && random.chance(CLEARS_SCREEN_CHANCE)) {
      world.tell('customer', `in line at ${kiosk.kioskId} cancels ${checkout.sessionId.slice(-8)}`);
      void engine.execute({ kind: 'checkout.cancel', sessionId: checkout.sessionId });
      wait();
      return;
    }
    const isBusy = ['creating_charge', 'awaiting_payment', 'issuing', 'printing'].includes(checkout.step);
    // Now and then somebody presses all the same.
    if (isBusy && !random.chance(0.05)) wait();
    else choose(world, visit, before.services, wait);
  };
  step();
}

function choose(world: World, visit: Visit, services: TotemSnapshot['services'], waitOn: () => void): void {
  const { kiosk } = visit;
  const { random } = world;
  const offered = services.filter(({ prefix }) => prefix === (visit.prefix ?? prefix));
  if (offered.length === 0) return;
  const service = random.pick(offered);
  const atCounter = service.payAtCounter && random.chance(visit.atCounterChance);
  const { engine } = kiosk;
  void engine
    ?.execute({
      kind: 'checkout.start',
      serviceId: service.serviceId,
      ...(atCounter ? { payment: 'at_counter' as const } : {}),
      ...(random.chance(0.2) ? { customerName: 'Maria Souza', customerCpf: '529.982.247-25' } : {}),
    })
    .then((result) => {
      world.activity.note();
      if (!result.ok) {
        // One that died over the press knows no better.
        if (result.code === 'internal_error' && kiosk.engine === engine)
          world.fail(new Error(`a customer at ${kiosk.kioskId} is told of an internal error`));
        if (result.code === 'checkout_in_progress') waitOn();
        else world.tell('customer', `at ${kiosk.kioskId} is refused: ${result.code}`);
        return;
      }
      if (result.sessionId === undefined) return;
      const { sessionId } = result;
      const manner = pickManner(world, visit.manners);
      world.tell(
        'customer',
        `at ${kiosk.kioskId} chooses ${service.prefix}, ${manner} (${sessionId.slice(-8)})`,
      );
      stay(world, visit, sessionId, service.amountCents, manner);
    });
}

function pickManner(world: World, manners: Manners): Manner {
  const entries = Object.entries(manners) as [Manner, number][];
  let left = world.random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [manner, weight] of entries) {
    left -= weight;
    if (left < 0) return manner;
  }
  return 'onTime';
}

function stay(world: World, visit: Visit, sessionId: string, amountCents: number, manner: Manner): void {
  const { kiosk } = visit;
  const untilMs = world.agenda.nowMs() + PATIENCE_MS;
  let sawCode = false;

  const look = (): void => {
    if (world.agenda.nowMs() > untilMs || kiosk.goneForGood) return;
    const view = kiosk.engine?.snapshot('totem').checkout;
    if (view === undefined) {
      again();
      return;
    }
    // Somebody else's turn: this customer's session has left the screen.
    if (view.step === 'idle' || view.sessionId !== sessionId) {
      if (!sawCode) again();
      return;
    }
    if (view.step === 'awaiting_payment' && !sawCode) {
      sawCode = true;
      act(world, visit, view, amountCents, manner);
    }
    const isLast =
      view.step === 'ticket' ||
      view.step === 'expired' ||
      view.step === 'cancelled' ||
      view.step === 'failed';
    if (isLast || view.step === 'refunding') {
      if (!world.random.chance(0.3)) {
        again();
        return;
      }
      if (manner === 'walksAway' && view.step !== 'ticket') return;
      void kiosk.engine?.execute({ kind: 'checkout.dismiss', sessionId });
      if (view.step === 'ticket') return;
    }
    again();
  };
  const again = (): void => void world.agenda.after(LOOK_EVERY_MS, 'customer looks', look);
  again();
}

/** What the customer does about the code on the screen. The phone has a line of its own. */
function act(
  world: World,
  { kiosk, banks }: Visit,
  { sessionId, brCode }: { readonly sessionId: string; readonly brCode: string },
  amountCents: number,
  manner: Manner,
): void {
  const { random, agenda } = world;
  const pay = (delayMs: number, cents: number, acceptsClosed: boolean): void => {
    agenda.after(delayMs, 'customer pays', () => {
      for (const { bank } of banks) {
        const charge = bank.charges.get(txidOfSession(sessionId));
        if (charge?.brCode !== brCode) continue;
        const open = charge.status === 'ATIVA' && !bank.isExpired(charge);
        if (open || acceptsClosed) bank.receive(charge, cents);
      }
    });
  };
  const cancel = (delayMs: number): void => {
    agenda.after(delayMs, 'customer cancels', () => {
      void kiosk.engine?.execute({ kind: 'checkout.cancel', sessionId });
    });
  };
  switch (manner) {
    case 'onTime':
      pay(random.int(500, 12_000), amountCents, random.chance(0.3));
      break;
    case 'late':
      pay(random.int(55_000, random.chance(0.5) ? 100_000 : 200_000), amountCents, true);
      break;
    case 'twice': {
      const firstMs = random.int(500, 20_000);
      pay(firstMs, amountCents, true);
      pay(firstMs + random.int(0, 30_000), amountCents, true);
      break;
    }
    case 'wrongAmount':
      pay(random.int(500, 20_000), random.chance(0.5) ? amountCents - 1 : amountCents + 100, true);
      if (random.chance(0.3)) pay(random.int(500, 40_000), amountCents, true);
      break;
    case 'cancels':
      cancel(random.int(500, 20_000));
      break;
    case 'cancelsAndPays': {
      const atMs = random.int(500, 20_000);
      cancel(atMs);
      pay(atMs + random.int(-400, 2_000), amountCents, true);
      break;
    }
    case 'walksAway':
      break;
  }
}
