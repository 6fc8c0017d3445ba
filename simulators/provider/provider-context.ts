import type { Clock, RandomBytes } from '../../domain/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Store } from './store/store.ts';

/** What every part of the provider is given. */
export interface ProviderContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** Called when a Pix of a charge has arrived, and when a refund of one has, with the charge's txid. */
  readonly onMoney: ((txid: string) => void)[];
  /** Something may have become due earlier than was known: look again. */
  wake(): void;
}
