import type { ProviderCharge, ProviderReceipt } from '../provider.ts';
import { brCodeOf, type Receiver } from './charge-br-code.ts';
import { sentBackOf } from './sent-back.ts';
import type { WireCharge, WirePix } from './wire.ts';

export const STATUS: Readonly<Record<string, Pick<ProviderCharge, 'status' | 'closedBy'>>> = {
  ATIVA: { status: 'PENDING', closedBy: null },
  CONCLUIDA: { status: 'SUCCEEDED', closedBy: null },
  REMOVIDA_PELO_USUARIO_RECEBEDOR: { status: 'CANCELED', closedBy: 'us' },
  REMOVIDA_PELO_PSP: { status: 'CANCELED', closedBy: 'provider' },
};

/** @param receiver for a BR Code of our own making, where the provider sends only the charge's location */
export function toProviderCharge(wire: WireCharge, receiver: Receiver | null): ProviderCharge {
  const { criacao, expiracao } = wire.calendario;
  return {
    txid: wire.txid,
    providerChargeId: null,
    pixKey: wire.chave,
    amountCents: wire.valor.original,
    currency: 'BRL',
    ...(STATUS[wire.status] ?? { status: null, closedBy: null }),
    providerStatus: wire.status,
    createdAtMs: criacao,
    expiresAtMs: criacao + expiracao * 1000,
    brCode: brCodeOf(wire, receiver),
    receipts: (wire.pix ?? []).map(toReceipt),
    ...sentBackOf(wire.pix ?? []),
  };
}

export function toReceipt(wire: WirePix): ProviderReceipt {
  return {
    receiptId: wire.endToEndId,
    endToEndId: wire.endToEndId,
    txid: wire.txid ?? null,
    pixKey: wire.chave ?? null,
    amountCents: wire.valor,
    paidAtMs: wire.horario,
    feeCents: null,
  };
}
