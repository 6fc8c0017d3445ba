import { strict } from './strict.ts';

const started = new Set<number>();
let nextId = 1;

/** Nothing is kept awake here; what was asked for can be read back. */
export const powerSaveBlocker = strict('powerSaveBlocker', {
  start(_type: 'prevent-app-suspension' | 'prevent-display-sleep'): number {
    started.add(nextId);
    return nextId++;
  },
  stop: (id: number): boolean => started.delete(id),
  isStarted: (id: number): boolean => started.has(id),
});
