import { centsToPixAmount } from '../../../domain/money.ts';
import type { Charge } from '../store/charges.ts';
import type { SettledPix } from '../store/pix.ts';
import type { Refund } from '../store/refunds.ts';
import type { Webhook } from '../store/webhooks.ts';

/** The documents of API Pix 2.9.0, field names as on the wire. */

/** Where a dynamic code points to. `.invalid` (RFC 2606): no real bank app can mistake it for a bank. */
const LOCATION_PREFIX = 'pix.simulador.invalid/qr/v2/';
/** Who owns every key here, as a CNPJ of the example series. */
const ACCOUNT_CNPJ = '00000000000191';

export function locationOf(locationId: string): string {
  return `${LOCATION_PREFIX}${locationId}`;
}

/** @returns the location's id, or null when the URL is another bank's */
export function locationIdOf(url: string): string | null {
  return url.startsWith(LOCATION_PREFIX) ? url.slice(LOCATION_PREFIX.length) : null;
}

export interface WireRefund {
  readonly id: string;
  readonly rtrId: string;
  readonly valor: string;
  readonly natureza: string;
  readonly descricao?: string;
  readonly horario: { readonly solicitacao: string; readonly liquidacao?: string };
  readonly status: 'EM_PROCESSAMENTO' | 'DEVOLVIDO' | 'NAO_REALIZADO';
}

export interface WirePix {
  readonly endToEndId: string;
  readonly txid?: string;
  readonly valor: string;
  readonly chave: string;
  readonly horario: string;
  readonly devolucoes?: readonly WireRefund[];
}

export function toWireRefund(refund: Refund): WireRefund {
  return {
    id: refund.id,
    rtrId: refund.rtrId,
    valor: centsToPixAmount(refund.amountCents),
    natureza: refund.nature,
    ...(refund.description === null ? {} : { descricao: refund.description }),
    horario: {
      solicitacao: toRfc3339(refund.requestedAt),
      ...(refund.settledAt === null ? {} : { liquidacao: toRfc3339(refund.settledAt) }),
    },
    status: statusOf(refund),
  };
}

function statusOf({ settledAt, refusedAt }: Refund): WireRefund['status'] {
  if (settledAt !== null) return 'DEVOLVIDO';
  return refusedAt == null ? 'EM_PROCESSAMENTO' : 'NAO_REALIZADO';
}

export function toWirePix(pix: SettledPix, refunds: readonly Refund[]): WirePix {
  return {
    endToEndId: pix.endToEndId,
    ...(pix.txid === null ? {} : { txid: pix.txid }),
    valor: centsToPixAmount(pix.amountCents),
    chave: pix.key,
    horario: toRfc3339(pix.settledAt),
    ...(refunds.length === 0 ? {} : { devolucoes: refunds.map(toWireRefund) }),
  };
}

/** `CobGerada`, and with `pix` the `CobCompleta`. */
export function toWireCharge(charge: Charge, pix: readonly WirePix[] = []): Record<string, unknown> {
  const { terms } = charge;
  return {
    calendario: { criacao: toRfc3339(charge.createdAt), expiracao: terms.expiresSeconds },
    txid: charge.txid,
    revisao: charge.revision,
    status: charge.status,
    location: locationOf(charge.locationId),
    ...(terms.payer === undefined ? {} : { devedor: terms.payer }),
    valor: { original: centsToPixAmount(terms.amountCents) },
    chave: terms.key,
    ...(terms.messageToPayer === undefined ? {} : { solicitacaoPagador: terms.messageToPayer }),
    ...(terms.additionalInfo === undefined ? {} : { infoAdicionais: terms.additionalInfo }),
    pixCopiaECola: charge.brCode,
    ...(pix.length === 0 ? {} : { pix }),
  };
}

export function toWireWebhook(webhook: Webhook): Record<string, unknown> {
  return {
    webhookUrl: webhook.url,
    chave: webhook.key,
    cnpj: ACCOUNT_CNPJ,
    criacao: toRfc3339(webhook.createdAt),
  };
}

export function toRfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
