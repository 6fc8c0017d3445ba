import { create } from 'zustand';
import { createScreenStore } from '../shell/screen-store.ts';
import { AT_ATTRACT, type Navigation } from './navigation.ts';

export const totemStore = createScreenStore<'totem'>();
export const navigationStore = create<Navigation>()(() => AT_ATTRACT);

export function goTo(change: Partial<Navigation>): void {
  navigationStore.setState(change);
}

/** Back to the start, with nothing kept of what was typed. The state is `AT_ATTRACT` itself then, not a copy. */
export function startOver(): void {
  navigationStore.setState(AT_ATTRACT, true);
}
