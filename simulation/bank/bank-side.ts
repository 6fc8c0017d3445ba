import { Machine } from '../world/machine.ts';
import { GOOD_LINE, Line, type Listener } from '../world/network.ts';
import type { World } from '../world/world.ts';
import { Bank } from './bank.ts';
import { BankApi } from './bank-api.ts';
import { Callbacks } from './callbacks.ts';

/** A bank with the lines between it and the server. */
export interface BankSide {
  /** Its name at the server. */
  readonly provider: string;
  readonly bank: Bank;
  readonly callbacks: Callbacks;
  /** From the server to it, and back. */
  readonly line: Line;
  readonly callbackLine: Line;
}

/** @param server who takes its callbacks */
export function openBank(
  world: World,
  { provider, name }: { readonly provider: string; readonly name: string },
  server: Listener,
): BankSide {
  const bank = new Bank(world, name);
  const api = new BankApi(world, bank);
  const callbackLine = new Line(world, `${name} callbacks`, GOOD_LINE, server);
  return {
    provider,
    bank,
    callbacks: new Callbacks(world, bank, new Machine(world, name, 0).boot(), callbackLine),
    line: new Line(world, `${name} line`, GOOD_LINE, () => (request) => api.answer(request)),
    callbackLine,
  };
}
