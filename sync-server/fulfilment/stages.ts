import { z } from 'zod';
import {
  FULFILMENT_STAGES,
  type FulfilmentStage,
  type FulfilmentStatus,
  fulfilmentStatus,
  isStageFinished,
  nextStageState,
  RETRY_DELAYS_MS,
  type StageEvent,
  StageState,
  type StageStates,
} from '../../domain/fulfilment.ts';
import { EpochMs } from '../../domain/protocol/primitives.ts';

/** As domain/protocol/fulfilment.ts describes it. */
export const StageProgress = z.object({
  state: StageState,
  failures: z.int().nonnegative(),
  dueAt: EpochMs.nullable(),
  startedAt: EpochMs.nullable(),
  endedAt: EpochMs.nullable(),
  detail: z.string().nullable(),
});
export type StageProgress = z.infer<typeof StageProgress>;

/** As the column `stages` keeps it. */
export const Stages = z.object(
  Object.fromEntries(FULFILMENT_STAGES.map((stage) => [stage, StageProgress])) as Record<
    FulfilmentStage,
    typeof StageProgress
  >,
);
export type Stages = Readonly<Record<FulfilmentStage, StageProgress>>;

const UNTOUCHED: StageProgress = {
  state: 'waiting',
  failures: 0,
  dueAt: null,
  startedAt: null,
  endedAt: null,
  detail: null,
};

/** No plan is for later than this: one that is was made before the clock was set back, and is due. */
export const LONGEST_PLAN_MS = Math.max(...RETRY_DELAYS_MS);

/** Whether what was planned for `dueAt` is to be done. */
export function isUp(dueAt: number, atMs: number): boolean {
  return dueAt <= atMs || dueAt > atMs + LONGEST_PLAN_MS;
}

export function newStages(): Stages {
  return {
    notifying: UNTOUCHED,
    issuing_ticket: UNTOUCHED,
    printing: UNTOUCHED,
    sending_receipt: UNTOUCHED,
  };
}

export function statesOf(stages: Stages): StageStates {
  return {
    notifying: stages.notifying.state,
    issuing_ticket: stages.issuing_ticket.state,
    printing: stages.printing.state,
    sending_receipt: stages.sending_receipt.state,
  };
}

export function statusOf(stages: Stages): FulfilmentStatus {
  return fulfilmentStatus(statesOf(stages));
}

interface Happening {
  readonly atMs: number;
  /** Replaces what was noted before; absent: it stays. */
  readonly detail?: string | null;
  /** Of `begin`: until when it may run. */
  readonly untilMs?: number;
}

/** @returns the stages after the event; the same object where it changes nothing */
export function happen(
  stages: Stages,
  stage: FulfilmentStage,
  event: StageEvent,
  { atMs, detail, untilMs }: Happening,
): Stages {
  const before = stages[stage];
  const state = nextStageState(before.state, event);
  if (state === null) return stages;
  const after: StageProgress = {
    ...before,
    state,
    failures:
      event === 'resync' || event === 'readdress'
        ? 0
        : before.failures + (event === 'fail' || event === 'give_up' ? 1 : 0),
    dueAt: event === 'begin' ? (untilMs ?? null) : null,
    startedAt: event === 'begin' ? (before.startedAt ?? atMs) : before.startedAt,
    endedAt: isStageFinished(state) || state === 'failed_permanent' ? atMs : null,
    detail: detail === undefined ? before.detail : detail,
  };
  return { ...stages, [stage]: after };
}

/** A try came to nothing: it is tried again after RETRY_DELAYS_MS, and given up after the last. */
export function failTry(
  stages: Stages,
  stage: FulfilmentStage,
  { atMs, detail }: { readonly atMs: number; readonly detail: string },
): Stages {
  const delayMs = RETRY_DELAYS_MS[stages[stage].failures];
  if (delayMs === undefined) return happen(stages, stage, 'give_up', { atMs, detail });
  const failed = happen(stages, stage, 'fail', { atMs, detail });
  if (failed === stages) return stages;
  return { ...failed, [stage]: { ...failed[stage], dueAt: atMs + delayMs } };
}
