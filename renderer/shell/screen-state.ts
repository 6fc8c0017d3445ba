import { type ScreenName, SNAPSHOTS, type SnapshotOf } from '../../domain/protocol/screens.ts';

/** All that a screen knows: the newest snapshot, when it came, and how its line to the host is. */
export interface ScreenState<S extends ScreenName> {
  readonly snapshot: SnapshotOf<S> | null;
  /** Monotonic ms of this page (`performance.now()`) at the snapshot's arrival. */
  readonly receivedAtMs: number;
  readonly link: 'connecting' | 'connected' | 'lost';
  /** The newest snapshot was not one: host and page are of different versions. The last good one stays. */
  readonly unreadable: boolean;
}

export const NOTHING_YET = {
  snapshot: null,
  receivedAtMs: 0,
  link: 'connecting',
  unreadable: false,
} as const satisfies ScreenState<ScreenName>;

/** The state after something that claims to be a snapshot has arrived; `raw` is not trusted. */
export function withSnapshot<S extends ScreenName>(
  state: ScreenState<S>,
  screen: S,
  raw: unknown,
  receivedAtMs: number,
): ScreenState<S> {
  const parsed = SNAPSHOTS[screen].safeParse(raw);
  if (!parsed.success) return { ...state, unreadable: true };
  return { snapshot: parsed.data as SnapshotOf<S>, receivedAtMs, link: 'connected', unreadable: false };
}

/**
 * The host's clock now: the one in the newest snapshot plus the time that has passed here since. A kiosk's browser on
 * another machine may have any clock; countdowns must not follow it.
 * @returns epoch ms, or null before the first snapshot
 */
export function hostNow(state: ScreenState<ScreenName>, monotonicNowMs: number): number | null {
  return state.snapshot === null ? null : state.snapshot.at + (monotonicNowMs - state.receivedAtMs);
}
