import { create } from 'zustand';
import { createScreenStore } from '../shell/screen-store.ts';

export const technicianStore = createScreenStore<'technician'>();

/** The PIN of the technician who is in, in memory alone; null while the page is locked. */
export const pinStore = create<{ readonly pin: string | null }>()(() => ({ pin: null }));

export function lock(): void {
  pinStore.setState({ pin: null });
}
