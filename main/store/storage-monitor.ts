import type { CancelTimer, Clock } from '../../domain/clock.ts';
import type { StorageState } from '../../domain/protocol/machine-state.ts';
import { diskTroubleOf } from './disk-trouble.ts';

/**
 * Below this no sale is begun. A sale takes some tens of kilobytes, so what was paid before still finds its room, and
 * so do the logs of the technician who comes to make more.
 */
export const MIN_FREE_BYTES = 16 * 1024 * 1024;
/** How often a disk in trouble is tried again: an attendant who has freed it watches the screen. */
const RETRY_MS = 5_000;
/** How often the free space of a healthy disk is looked at. */
const LOOK_MS = 30_000;

/** Whether the disk takes what has to be stored, judged by what it answers. */
export interface StorageMonitor {
  readonly state: StorageState;
  onChange(listener: () => void): () => void;
}

export interface StorageMonitorOptions {
  readonly clock: Clock;
  /** Of the disk that holds the database; it may throw. Without it only failed writes tell. */
  readonly freeBytes?: () => number;
  /** Writes to the database for the sake of writing; throws when it cannot. */
  readonly tryWrite: () => void;
}

export function createStorageMonitor({ clock, freeBytes, tryWrite }: StorageMonitorOptions) {
  const listeners = new Set<() => void>();
  let state: StorageState = { status: 'ok', since: clock.nowMs(), detail: null };
  let cancelTimer: CancelTimer = () => {};

  function become(status: StorageState['status'], detail: string | null): void {
    if (status === state.status) return;
    state = { status, since: clock.nowMs(), detail };
    watch();
    for (const listener of listeners) listener();
  }

  /** @returns whether there is room for more than what is already owed */
  function look(): boolean {
    if (freeBytes === undefined) return true;
    try {
      const free = freeBytes();
      if (free >= MIN_FREE_BYTES) return true;
      if (state.status !== 'full')
        become(
          'nearly_full',
          `only ${Math.floor(free / 1024)} KiB are free, ${MIN_FREE_BYTES / 1024} are needed to sell`,
        );
    } catch (error) {
      become('failing', (error as Error).message);
    }
    return false;
  }

  function watch(): void {
    cancelTimer();
    if (state.status === 'ok' && freeBytes === undefined) return;
    cancelTimer = clock.schedule(state.status === 'ok' ? LOOK_MS : RETRY_MS, () => {
      check();
      watch();
    });
  }

  function check(): void {
    if (!look() || state.status === 'ok') return;
    try {
      tryWrite();
      become('ok', null);
    } catch (error) {
      failed(error);
    }
  }

  function failed(error: unknown): void {
    const trouble = diskTroubleOf(error);
    if (trouble !== null && trouble !== 'damaged') become(trouble, (error as Error).message);
  }

  return {
    get state() {
      return state;
    },
    onChange(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** A read or a write failed: takes note where that is the disk's fault. */
    failed,
    start(): void {
      check();
      watch();
    },
    stop(): void {
      cancelTimer();
    },
  };
}
