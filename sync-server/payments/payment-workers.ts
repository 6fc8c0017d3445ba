import type { ServerContext } from '../context.ts';
import type { PaymentProvider } from '../providers/provider.ts';
import { type ProviderHealth, watchProvider } from '../providers/provider-health.ts';
import { startPoller } from '../reconciliation/poller.ts';
import { startSuspenseRefunds } from '../reconciliation/suspense-refunds.ts';
import { startSweeper } from '../reconciliation/sweeper.ts';
import { startRecurrenceReader } from '../recurring/read-again.ts';
import { startRecurringRefunds } from '../recurring/send-recurring-refunds.ts';
import { startInboxProcessor } from '../webhooks/processor.ts';
import { startWebhookRegistration } from '../webhooks/registration.ts';
import { startRefundWorker } from './refunds.ts';

export interface PaymentWorkers<P extends PaymentProvider> {
  /** Lets what is under way finish. What is not done is in the database, for the next start. */
  stop(): Promise<void>;
  /** Something was stored in the inbox. */
  wakeInbox(): void;
  /** The provider as everybody is to call it: watched, so that each answer counts for its health. */
  readonly provider: P;
  readonly health: ProviderHealth;
  /** Tells the provider where its callbacks go; to be called once the server listens. */
  registerWebhook(serverUrl: string): void;
}

/**
 * Everything about one provider's money that goes on without a request: inbox, poller with cancellations, sweeps,
 * refunds, registration. Each provider has its own, so that one that is away holds up no other.
 */
export function startPaymentWorkers<P extends PaymentProvider>(
  context: ServerContext,
  provider: P,
): PaymentWorkers<P> {
  const watched = watchProvider(provider, context.clock);
  const inbox = startInboxProcessor(context, watched.provider);
  const workers: { stop(): Promise<void> }[] = [
    inbox,
    startPoller(context, watched.provider, watched.health),
    startRefundWorker(context, watched.provider, watched.health),
    startSweeper(context, watched.provider, watched.health),
    startSuspenseRefunds(context, watched.provider, watched.health),
    startRecurrenceReader(context, watched.provider, watched.health),
    startRecurringRefunds(context, watched.provider, watched.health),
  ];
  return {
    wakeInbox: inbox.wake,
    provider: watched.provider,
    health: watched.health,
    registerWebhook: (serverUrl) => {
      workers.push(startWebhookRegistration(context, watched.provider, serverUrl));
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
