import type { Clock } from '../../domain/clock.ts';
import type { ServerLink } from '../../domain/protocol/machine-state.ts';
import type { KioskStore } from '../store/store.ts';
import type { ServerTime } from './server-time.ts';

/** Writing down every contact would only wear the disk; a clock that was set is written down at once. */
const SAVE_CONTACT_EVERY_MS = 60_000;
const CLOCK_WAS_SET_MS = 1_000;

/** What can go wrong, each for itself. An entry of the feed that was skipped stays skipped, and is shown until a restart. */
export type ProblemSource = 'feed' | 'push' | 'skipped_entry';

/** What the kiosk knows of its line to the server: for the screens, and for the correction of the server's times. */
export interface LinkMonitor {
  readonly state: ServerLink;
  readonly lastError: string | null;
  readonly lastContactAt: number | null;
  readonly clockSkewMs: number | null;
  /** Whether the server reaches the payment provider, by its last word; null before the first. */
  readonly provider: 'ok' | 'down' | null;
  providerIs(status: 'ok' | 'down'): void;
  /** The server spoke. What its clock said is known by `ServerTime` already. */
  heard(): void;
  becomes(state: ServerLink): void;
  /** @param message English, for the technician; null when `source` is well again */
  problem(source: ProblemSource, message: string | null): void;
  onChange(listener: () => void): () => void;
}

export function createLinkMonitor(
  store: KioskStore,
  clock: Clock,
  serverTime: Pick<ServerTime, 'estimateMs'>,
): LinkMonitor {
  const saved = store.sync.read();
  const listeners = new Set<() => void>();
  let state: ServerLink = 'connecting';
  let provider: 'ok' | 'down' | null = null;
  const problems = new Map<ProblemSource, string>();
  let lastContactAt = saved.lastContactAt;
  let clockSkewMs = saved.clockSkewMs;
  let savedAt = saved.lastContactAt ?? Number.NEGATIVE_INFINITY;
  let savedSkewMs = saved.clockSkewMs ?? Number.NEGATIVE_INFINITY;

  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  return {
    get state() {
      return state;
    },
    get lastError() {
      return problems.get('feed') ?? problems.get('push') ?? problems.get('skipped_entry') ?? null;
    },
    get lastContactAt() {
      return lastContactAt;
    },
    get clockSkewMs() {
      return clockSkewMs;
    },
    get provider() {
      return provider;
    },
    providerIs(status) {
      if (provider === status) return;
      provider = status;
      changed();
    },
    heard() {
      const now = clock.nowMs();
      lastContactAt = now;
      const serverNow = serverTime.estimateMs();
      if (serverNow === null) return;
      clockSkewMs = serverNow - now;
      const wasSet = Math.abs(clockSkewMs - savedSkewMs) > CLOCK_WAS_SET_MS;
      if (!wasSet && now - savedAt < SAVE_CONTACT_EVERY_MS) return;
      savedSkewMs = clockSkewMs;
      savedAt = now;
      store.sync.saveContact(clockSkewMs, now);
    },
    becomes(next) {
      if (state === next) return;
      state = next;
      changed();
    },
    problem(source, message) {
      if ((problems.get(source) ?? null) === message) return;
      if (message === null) problems.delete(source);
      else problems.set(source, message);
      changed();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
