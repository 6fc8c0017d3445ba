import { describe, expect, test } from 'vitest';
import {
  FULFILMENT_STAGES,
  type FulfilmentStage,
  FulfilmentStatus,
  fulfilmentStatus,
  isStageFinished,
  mayBegin,
  nextStageState,
  RETRY_DELAYS_MS,
  STAGE_EVENTS,
  StageState,
  type StageStates,
} from './fulfilment.ts';

const NEW: StageStates = {
  notifying: 'waiting',
  issuing_ticket: 'waiting',
  printing: 'waiting',
  sending_receipt: 'waiting',
};

const AGAIN = [
  'begin: -',
  'succeed: -',
  'skip: -',
  'fail: -',
  'give_up: -',
  'resync: -',
  'readdress: waiting',
];

/** Every step that the product can take from `states`. */
function stepsFrom(states: StageStates): { stage: FulfilmentStage; event: string; to: StageStates }[] {
  return FULFILMENT_STAGES.flatMap((stage) =>
    STAGE_EVENTS.flatMap((event) => {
      const next = nextStageState(states[stage], event);
      if (next === null || (event === 'begin' && !mayBegin(stage, states))) return [];
      if (event === 'readdress' && (stage === 'issuing_ticket' || stage === 'printing')) return [];
      return [{ stage, event, to: { ...states, [stage]: next } }];
    }),
  );
}

function walk(visit: (states: StageStates, steps: ReturnType<typeof stepsFrom>) => void): number {
  const seen = new Map<string, StageStates>([[JSON.stringify(NEW), NEW]]);
  for (const states of seen.values()) {
    const steps = stepsFrom(states);
    visit(states, steps);
    for (const { to } of steps) seen.set(JSON.stringify(to), to);
  }
  return seen.size;
}

describe('one stage', () => {
  test('each event in each state', () => {
    const table = Object.fromEntries(
      StageState.options.map((from) => [
        from,
        STAGE_EVENTS.map((event) => `${event}: ${nextStageState(from, event) ?? '-'}`),
      ]),
    );
    expect(table).toEqual({
      waiting: [
        'begin: running',
        'succeed: done',
        'skip: skipped',
        'fail: -',
        'give_up: -',
        'resync: -',
        'readdress: -',
      ],
      running: [
        'begin: -',
        'succeed: done',
        'skip: skipped',
        'fail: failed',
        'give_up: failed_permanent',
        'resync: -',
        'readdress: -',
      ],
      done: AGAIN,
      skipped: AGAIN,
      failed: [
        'begin: running',
        'succeed: done',
        'skip: skipped',
        'fail: -',
        'give_up: -',
        'resync: waiting',
        'readdress: waiting',
      ],
      failed_permanent: [
        'begin: -',
        'succeed: done',
        'skip: skipped',
        'fail: -',
        'give_up: -',
        'resync: waiting',
        'readdress: waiting',
      ],
    });
  });

  test('is tried again after 5, 10 and 20 minutes', () => {
    expect(RETRY_DELAYS_MS).toEqual([300_000, 600_000, 1_200_000]);
  });
});

describe('all four together', () => {
  test('walk queued → notifying → issuing_ticket → printing → sending_receipt → completed', () => {
    const walked = ['queued'];
    let states = NEW;
    for (const stage of FULFILMENT_STAGES) {
      states = { ...states, [stage]: nextStageState(states[stage], 'begin') };
      walked.push(fulfilmentStatus(states));
      states = { ...states, [stage]: nextStageState(states[stage], 'succeed') };
    }
    walked.push(fulfilmentStatus(states));
    expect(walked).toEqual(['queued', ...FULFILMENT_STAGES, 'completed']);
  });

  test('in every state that can be reached: the word is the right one, and there is a way to completed', () => {
    const statuses = new Set<string>();
    const count = walk((states, steps) => {
      const status = fulfilmentStatus(states);
      statuses.add(status);
      const all = Object.values(states);
      expect(status === 'completed', JSON.stringify(states)).toBe(all.every(isStageFinished));
      expect(status === 'failed_permanent').toBe(all.includes('failed_permanent'));
      if (status.startsWith('failed_at_'))
        expect(states[status.slice('failed_at_'.length) as FulfilmentStage]).toBe('failed');
      // The end is the end, but for another address; before it, something can always happen that brings it nearer.
      expect(steps.every(({ event }) => event === 'readdress')).toBe(status === 'completed');
      if (status !== 'completed') expect(steps.some(({ event }) => event === 'succeed')).toBe(true);
    });
    expect([...statuses].toSorted()).toEqual([...FulfilmentStatus.options].toSorted());
    // Paper and receipt are begun only behind a finished stage: 6 × (6 × 3 × 3 + 2 × 3 × 3 + 6 × 2 × 3).
    expect(count).toBe(648);
  });

  test('no paper is waited for before its ticket, no receipt sent before the paper, and no notice waited for', () => {
    walk((states, steps) => {
      const begun = new Set(steps.filter(({ event }) => event === 'begin').map(({ stage }) => stage));
      if (begun.has('printing')) expect(isStageFinished(states.issuing_ticket)).toBe(true);
      if (begun.has('sending_receipt')) expect(isStageFinished(states.printing)).toBe(true);
      if (states.issuing_ticket === 'waiting') expect(begun).toContain('issuing_ticket');
    });
  });
});
