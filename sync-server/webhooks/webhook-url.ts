import type { PaymentProvider } from '../providers/provider.ts';

/** Where the provider's callbacks go. Some providers append a suffix of their own: what follows is served too. */
export function webhookUrl(serverUrl: string, provider: Pick<PaymentProvider, 'name' | 'webhooks'>): string {
  return `${serverUrl.replace(/\/$/, '')}/v1/webhooks/${provider.name}${provider.webhooks.addressPath}`;
}
