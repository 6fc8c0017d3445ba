import { createScreenStore } from '../shell/screen-store.ts';

export const queueStore = createScreenStore<'queue'>();
