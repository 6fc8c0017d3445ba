import { z } from 'zod';

/** What follows a payment, in this order. Source: the project's design of fulfilment. */
export const FULFILMENT_STAGES = ['notifying', 'issuing_ticket', 'printing', 'sending_receipt'] as const;
export const FulfilmentStage = z.enum(FULFILMENT_STAGES);
export type FulfilmentStage = z.infer<typeof FulfilmentStage>;

/** After its first, second and third failure a stage is tried again after so long; after the fourth it is given up. */
export const RETRY_DELAYS_MS = [5, 10, 20].map((minutes) => minutes * 60_000);

/** `waiting`: not begun. `running`: begun, and its end not known. `failed`: it is tried again by itself. */
export const StageState = z.enum(['waiting', 'running', 'done', 'skipped', 'failed', 'failed_permanent']);
export type StageState = z.infer<typeof StageState>;

/**
 * What happens to a stage. `begin`: also a new try. `fail` and `give_up`: a try came to nothing. `succeed` and `skip`
 * hold whenever they come: a paper that is printed an hour late is printed. `resync`: a person has it tried again.
 * `readdress`, of messages alone: the customer has left another address, to which nothing has gone yet.
 */
export const STAGE_EVENTS = ['begin', 'succeed', 'skip', 'fail', 'give_up', 'resync', 'readdress'] as const;
export type StageEvent = (typeof STAGE_EVENTS)[number];

/** What may follow what. The table is the definition: tests walk every pair. */
const NEXT: Record<StageState, Partial<Record<StageEvent, StageState>>> = {
  waiting: { begin: 'running', succeed: 'done', skip: 'skipped' },
  running: {
    succeed: 'done',
    skip: 'skipped',
    fail: 'failed',
    give_up: 'failed_permanent',
  },
  failed: { begin: 'running', succeed: 'done', skip: 'skipped', resync: 'waiting', readdress: 'waiting' },
  failed_permanent: { succeed: 'done', skip: 'skipped', resync: 'waiting', readdress: 'waiting' },
  done: { readdress: 'waiting' },
  skipped: { readdress: 'waiting' },
};

/** @returns the stage's next state; null where the event changes nothing */
export function nextStageState(from: StageState, event: StageEvent): StageState | null {
  return NEXT[from][event] ?? null;
}

export function isStageFinished(state: StageState): boolean {
  return state === 'done' || state === 'skipped';
}

export type StageStates = Readonly<Record<FulfilmentStage, StageState>>;

/**
 * A stage waits for those that it is about: no paper before its ticket, no receipt before the paper. A notice that does
 * not go out holds up nothing.
 */
const AFTER: Record<FulfilmentStage, FulfilmentStage | null> = {
  notifying: null,
  issuing_ticket: null,
  printing: 'issuing_ticket',
  sending_receipt: 'printing',
};

export function mayBegin(stage: FulfilmentStage, states: StageStates): boolean {
  const before = AFTER[stage];
  const canBegin = nextStageState(states[stage], 'begin') !== null;
  return canBegin && (before === null || isStageFinished(states[before]));
}

export const FulfilmentStatus = z.enum([
  'queued',
  ...FULFILMENT_STAGES,
  ...FULFILMENT_STAGES.map((stage) => `failed_at_${stage}` as const),
  'completed',
  'failed_permanent',
]);
export type FulfilmentStatus = z.infer<typeof FulfilmentStatus>;

/**
 * The whole in one word: a stage that was given up before one that failed before the first that is not finished, so
 * that what needs a person is never behind what goes well.
 */
export function fulfilmentStatus(states: StageStates): FulfilmentStatus {
  if (FULFILMENT_STAGES.some((stage) => states[stage] === 'failed_permanent')) return 'failed_permanent';
  const failed = FULFILMENT_STAGES.find((stage) => states[stage] === 'failed');
  if (failed !== undefined) return `failed_at_${failed}`;
  const current = FULFILMENT_STAGES.find((stage) => !isStageFinished(states[stage]));
  if (current === undefined) return 'completed';
  return current === 'notifying' && states.notifying === 'waiting' ? 'queued' : current;
}
