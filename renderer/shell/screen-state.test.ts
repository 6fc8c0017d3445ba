import { describe, expect, it } from 'vitest';
import type { PanelSnapshot } from '../../domain/protocol/screens.ts';
import { hostNow, NOTHING_YET, type ScreenState, withSnapshot } from './screen-state.ts';

const START: ScreenState<'panel'> = NOTHING_YET;
const panel: PanelSnapshot = {
  screen: 'panel',
  at: 2_000_000,
  unitName: null,
  merchantName: null,
  timeZone: null,
  enrolment: 'enrolled',
  server: 'online',
  calls: [],
  waitingCount: 2,
};

describe('withSnapshot', () => {
  it('takes a snapshot and marks the line as connected', () => {
    expect(withSnapshot({ ...START, link: 'lost' }, 'panel', panel, 500)).toEqual({
      snapshot: panel,
      receivedAtMs: 500,
      link: 'connected',
      unreadable: false,
    });
  });

  it.each([undefined, null, 'text', {}, { ...panel, screen: 'queue' }, { ...panel, waitingCount: -1 }])(
    'keeps the last good one when %j comes instead',
    (raw) => {
      const good = withSnapshot(START, 'panel', panel, 500);
      expect(withSnapshot(good, 'panel', raw, 900)).toEqual({ ...good, unreadable: true });
    },
  );

  it('recovers with the next good one', () => {
    const bad = withSnapshot(START, 'panel', {}, 100);
    expect(bad.unreadable).toBe(true);
    expect(withSnapshot(bad, 'panel', panel, 200).unreadable).toBe(false);
  });
});

describe('hostNow', () => {
  it("is the host's time plus what has passed here, whatever the page's own clock says", () => {
    const state = withSnapshot(START, 'panel', panel, 500);
    expect(hostNow(state as ScreenState<'panel'>, 500)).toBe(2_000_000);
    expect(hostNow(state as ScreenState<'panel'>, 1_750)).toBe(2_001_250);
    expect(hostNow(START, 1_750)).toBeNull();
  });
});
