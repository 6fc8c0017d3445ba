import type { ProviderRefund } from '../provider.ts';
import type { WireRefund } from './wire.ts';

const REFUND_STATUS: Readonly<Record<string, ProviderRefund['status']>> = {
  EM_PROCESSAMENTO: 'processing',
  DEVOLVIDO: 'settled',
  NAO_REALIZADO: 'refused',
};

/** A word that we do not know leaves the refund in process: it is asked for again, and never called settled. */
export function toProviderRefund(wire: WireRefund): ProviderRefund {
  return {
    refundId: wire.id,
    amountCents: wire.valor,
    status: REFUND_STATUS[wire.status] ?? 'processing',
    providerStatus: wire.status,
    reason: wire.motivo ?? null,
  };
}
