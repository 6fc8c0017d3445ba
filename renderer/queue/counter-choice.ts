import { create } from 'zustand';

const STORAGE_KEY = 'totem.queue.counter';

/** Which counter this computer stands at; it survives a reload, and is nothing the server needs to know. */
export const counterStore = create<{ readonly counter: string | null }>()(() => ({
  counter: localStorage.getItem(STORAGE_KEY),
}));

export function chooseCounter(counter: string): void {
  localStorage.setItem(STORAGE_KEY, counter);
  counterStore.setState({ counter });
}

export function forgetCounter(): void {
  localStorage.removeItem(STORAGE_KEY);
  counterStore.setState({ counter: null });
}
