import { type BankFaults, GOOD_BANK } from '../bank/bank.ts';
import type { CallbackFaults } from '../bank/callbacks.ts';
import type { Manners } from '../people/customer.ts';
import type { PrinterFaults } from '../sides/sim-printer.ts';
import type { LineFaults } from '../world/network.ts';
import type { Random } from '../world/random.ts';

/** What may go wrong in a seed's world, and how much of it. */
export interface Profile {
  readonly name: string;
  /** World time with faults, ms. */
  readonly faultsMs: number;
  readonly customersPerKiosk: number;
  readonly manners: Manners;
  readonly atCounterChance: number;
  /** Of the second totem: it is enrolled only while the others sell already. */
  readonly lateTotemChance: number;
  readonly doublePress: number;
  readonly kioskLine: LineFaults;
  readonly bankLine: LineFaults;
  readonly callbackLine: LineFaults;
  readonly bank: BankFaults;
  readonly callbacks: CallbackFaults;
  /** How often the feed begins with entries that its reader has had. */
  readonly feedRepeats: number;
  /** How often a claim comes once more, seconds later. */
  readonly lateClaims: number;
  readonly printer: PrinterFaults;
  /** How many of each happen within `faultsMs`. */
  readonly events: Readonly<Record<FaultEvent, number>>;
}

export type FaultEvent =
  | 'kioskDies'
  | 'serverDies'
  | 'kioskDiesInCommit'
  | 'serverDiesInCommit'
  | 'databaseFails'
  | 'callbackUnstored'
  | 'kioskGoneForGood'
  | 'kioskCut'
  | 'bankCut'
  | 'callbacksCut'
  | 'kioskClockSet'
  | 'serverClockSet'
  | 'paperOut'
  | 'printerOff'
  | 'chargeClosedByBank'
  | 'lie'
  | 'technicianReprints'
  | 'serverFlaps'
  | 'totemRevoked'
  | 'folderLost'
  | 'backupRestored'
  | 'poison';

const NO_EVENTS: Record<FaultEvent, number> = {
  kioskDies: 0,
  serverDies: 0,
  kioskDiesInCommit: 0,
  serverDiesInCommit: 0,
  databaseFails: 0,
  callbackUnstored: 0,
  kioskGoneForGood: 0,
  kioskCut: 0,
  bankCut: 0,
  callbacksCut: 0,
  kioskClockSet: 0,
  serverClockSet: 0,
  paperOut: 0,
  printerOff: 0,
  chargeClosedByBank: 0,
  lie: 0,
  technicianReprints: 0,
  serverFlaps: 0,
  totemRevoked: 0,
  folderLost: 0,
  backupRestored: 0,
  poison: 0,
};

const USUAL_MANNERS: Manners = {
  onTime: 6,
  late: 1,
  twice: 1,
  wrongAmount: 1,
  cancels: 1,
  cancelsAndPays: 1,
  walksAway: 1,
};

const CALM: Profile = {
  name: 'calm',
  faultsMs: 90_000,
  customersPerKiosk: 4,
  manners: USUAL_MANNERS,
  atCounterChance: 0.2,
  lateTotemChance: 0,
  doublePress: 0.15,
  kioskLine: { dropRequest: 0, dropAnswer: 0, duplicate: 0, slowChance: 0, slowMs: 0 },
  bankLine: { dropRequest: 0, dropAnswer: 0, duplicate: 0, slowChance: 0, slowMs: 0 },
  callbackLine: { dropRequest: 0, dropAnswer: 0, duplicate: 0, slowChance: 0, slowMs: 0 },
  bank: GOOD_BANK,
  callbacks: { vanishes: 0, doubled: 0.1, lateMs: 500, lies: 0 },
  feedRepeats: 0.1,
  lateClaims: 0.5,
  printer: { diesMidway: 0, slow: 0 },
  events: NO_EVENTS,
};

type Make = (random: Random) => Profile;

/** A world of each kind of trouble, and one of all of them. */
const PROFILES: readonly (readonly [weight: number, make: Make])[] = [
  [1, () => CALM],
  [
    3,
    (random) => ({
      ...CALM,
      name: 'lines',
      faultsMs: 120_000,
      kioskLine: badLine(random),
      bankLine: badLine(random),
      callbackLine: badLine(random),
      events: {
        ...NO_EVENTS,
        kioskCut: random.int(1, 3),
        bankCut: random.int(0, 2),
        callbacksCut: random.int(0, 2),
      },
    }),
  ],
  [
    3,
    (random) => ({
      ...CALM,
      name: 'crashes',
      faultsMs: 120_000,
      events: {
        ...NO_EVENTS,
        kioskDies: random.int(0, 3),
        serverDies: random.int(0, 2),
        serverFlaps: random.int(0, 1),
        kioskDiesInCommit: random.int(0, 4),
        serverDiesInCommit: random.int(0, 3),
        databaseFails: random.int(0, 3),
        callbackUnstored: random.int(0, 2),
      },
    }),
  ],
  [
    2,
    (random) => ({
      ...CALM,
      name: 'bank',
      faultsMs: 120_000,
      manners: { onTime: 3, late: 2, twice: 3, wrongAmount: 3, cancels: 1, cancelsAndPays: 3, walksAway: 1 },
      bank: { unavailable: 0.15, failsAfter: 0.15, deniesDeed: 0.25, forgetsToken: 0.1, listsOnly: 0 },
      bankLine: badLine(random),
      callbacks: { vanishes: 0.3, doubled: 0.3, lateMs: random.int(1_000, 30_000), lies: 0 },
      events: {
        ...NO_EVENTS,
        bankCut: random.int(0, 2),
        chargeClosedByBank: random.int(0, 2),
        lie: random.int(0, 3),
        serverDiesInCommit: random.int(0, 1),
        databaseFails: random.int(0, 2),
        callbackUnstored: random.int(0, 2),
      },
    }),
  ],
  [
    2,
    (random) => ({
      ...CALM,
      name: 'list only',
      customersPerKiosk: 3,
      bank: { ...GOOD_BANK, listsOnly: 0.3 },
      bankLine: badLine(random),
      callbacks: { vanishes: 0.6, doubled: 0.1, lateMs: 5_000, lies: 0 },
      events: {
        ...NO_EVENTS,
        bankCut: random.int(0, 1),
        serverDies: random.int(0, 1),
        serverDiesInCommit: random.int(0, 1),
        databaseFails: random.int(0, 1),
      },
    }),
  ],
  [
    2,
    (random) => ({
      ...CALM,
      name: 'paper',
      faultsMs: 120_000,
      printer: { diesMidway: 0.3, slow: 0.3 },
      events: {
        ...NO_EVENTS,
        paperOut: random.int(0, 2),
        printerOff: random.int(0, 2),
        kioskDies: random.int(0, 2),
        kioskDiesInCommit: random.int(0, 2),
        technicianReprints: random.int(0, 4),
      },
    }),
  ],
  [
    2,
    (random) => ({
      ...CALM,
      name: 'cut off',
      faultsMs: 200_000,
      customersPerKiosk: 4,
      atCounterChance: 0.5,
      doublePress: 0.3,
      // A claim that comes twice comes once too late.
      kioskLine: { dropRequest: 0, dropAnswer: 0, duplicate: 0.3, slowChance: 0.1, slowMs: 3_000 },
      events: {
        ...NO_EVENTS,
        kioskCut: random.int(2, 4),
        kioskGoneForGood: random.chance(0.5) ? 1 : 0,
        kioskDies: random.int(0, 1),
        paperOut: random.int(0, 2),
      },
    }),
  ],
  [
    1,
    (random) => ({
      ...CALM,
      name: 'clocks',
      faultsMs: 120_000,
      events: {
        ...NO_EVENTS,
        kioskClockSet: random.int(1, 3),
        serverClockSet: random.int(0, 1),
        kioskCut: random.int(0, 1),
        kioskDies: random.int(0, 1),
      },
    }),
  ],
  [
    3,
    (random) => ({
      name: 'everything',
      faultsMs: 180_000,
      customersPerKiosk: 5,
      manners: USUAL_MANNERS,
      atCounterChance: 0.2,
      lateTotemChance: 0.1,
      doublePress: 0.2,
      kioskLine: badLine(random),
      bankLine: badLine(random),
      callbackLine: badLine(random),
      bank: { unavailable: 0.05, failsAfter: 0.05, deniesDeed: 0.08, forgetsToken: 0.05, listsOnly: 0 },
      callbacks: { vanishes: 0.1, doubled: 0.2, lateMs: 8_000, lies: 0 },
      feedRepeats: 0.2,
      lateClaims: 0.5,
      printer: { diesMidway: 0.1, slow: 0.1 },
      events: {
        kioskDies: random.int(0, 2),
        serverDies: random.int(0, 1),
        kioskDiesInCommit: random.int(0, 2),
        serverDiesInCommit: random.int(0, 2),
        databaseFails: random.int(0, 2),
        callbackUnstored: random.int(0, 2),
        kioskGoneForGood: random.chance(0.2) ? 1 : 0,
        kioskCut: random.int(0, 2),
        bankCut: random.int(0, 1),
        callbacksCut: random.int(0, 1),
        kioskClockSet: random.int(0, 1),
        serverClockSet: random.chance(0.2) ? 1 : 0,
        paperOut: random.int(0, 1),
        printerOff: random.int(0, 1),
        chargeClosedByBank: random.int(0, 1),
        lie: random.int(0, 1),
        technicianReprints: random.int(0, 1),
        serverFlaps: random.chance(0.2) ? 1 : 0,
        totemRevoked: random.chance(0.1) ? 1 : 0,
        folderLost: 0,
        backupRestored: 0,
        poison: random.chance(0.1) ? 1 : 0,
      },
    }),
  ],
  [
    2,
    (random) => ({
      ...CALM,
      name: 'identities and disks',
      faultsMs: 200_000,
      customersPerKiosk: 6,
      atCounterChance: 0.5,
      lateTotemChance: 0.4,
      kioskLine: badLine(random),
      events: {
        ...NO_EVENTS,
        totemRevoked: random.int(0, 2),
        folderLost: random.int(0, 1),
        backupRestored: random.int(1, 2),
        poison: random.int(0, 2),
        kioskCut: random.int(0, 1),
        serverFlaps: random.int(0, 1),
      },
    }),
  ],
];

export function pickProfile(random: Random): Profile {
  let left = random.next() * PROFILES.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, make] of PROFILES) {
    left -= weight;
    if (left < 0) return make(random);
  }
  return CALM;
}

function badLine(random: Random): LineFaults {
  const strength = random.pick([0.02, 0.05, 0.1]);
  return {
    dropRequest: strength,
    dropAnswer: strength,
    duplicate: strength,
    slowChance: 2 * strength,
    slowMs: random.pick([500, 3_000, 10_000]),
  };
}
