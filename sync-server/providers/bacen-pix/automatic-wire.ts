import { z } from 'zod';
import { parseBrCode } from '../../../domain/br-code.ts';
import type { Agreement, ChargeAttempt, Confirmation, Period, RecurringCharge } from './automatic-types.ts';
import { factsOfAgreement } from './facts.ts';
import { sentBackOf } from './sent-back.ts';
import { toReceipt } from './to-provider-charge.ts';
import { oneOrMany, PixAmount, WirePix } from './wire.ts';

/** Pix Automático as we read it; the published document has slips (its examples too), so that these are our own. */

const PERIOD: Readonly<Record<string, Period>> = {
  SEMANAL: 'weekly',
  MENSAL: 'monthly',
  TRIMESTRAL: 'quarterly',
  SEMESTRAL: 'half_yearly',
  ANUAL: 'yearly',
};
const AGREEMENT_STATUS: Readonly<Record<string, Agreement['status']>> = {
  CRIADA: 'created',
  APROVADA: 'approved',
  REJEITADA: 'rejected',
  EXPIRADA: 'expired',
  CANCELADA: 'canceled',
};
const CONFIRMATION_STATUS: Readonly<Record<string, Confirmation['status']>> = {
  CRIADA: 'created',
  ENVIADA: 'sent',
  RECEBIDA: 'received',
  REJEITADA: 'rejected',
  ACEITA: 'accepted',
  EXPIRADA: 'expired',
  CANCELADA: 'canceled',
};
const CHARGE_STATUS: Readonly<Record<string, RecurringCharge['status']>> = {
  CRIADA: 'created',
  ATIVA: 'active',
  CONCLUIDA: 'paid',
  EXPIRADA: 'expired',
  REJEITADA: 'rejected',
  CANCELADA: 'canceled',
};
const ATTEMPT_STATUS: Readonly<Record<string, ChargeAttempt['status']>> = {
  SOLICITADA: 'requested',
  AGENDADA: 'scheduled',
  PAGA: 'paid',
  CANCELADA: 'canceled',
  REJEITADA: 'rejected',
  EXPIRADA: 'expired',
};
const JOURNEY: Readonly<Record<string, Agreement['journey']>> = {
  JORNADA_1: 1,
  JORNADA_2: 2,
  JORNADA_3: 3,
  JORNADA_4: 4,
};

export function wordOf(period: Period): string {
  const word = Object.entries(PERIOD).find(([, name]) => name === period)?.[0];
  if (word === undefined) throw new Error(`no word for ${period}`);
  return word;
}

const AgreementId = z.string().regex(/^[a-zA-Z0-9]{29}$/);
const Ending = z.object({ codigo: z.string() });

export const WireAgreement = z.object({
  idRec: AgreementId,
  status: z.string(),
  vinculo: z.looseObject({ contrato: z.string() }),
  calendario: z.object({
    dataInicial: z.string(),
    dataFinal: z.string().optional(),
    periodicidade: z.string(),
  }),
  valor: z.object({ valorRec: PixAmount.optional(), valorMinimoRecebedor: PixAmount.optional() }).optional(),
  /** The schema has the journey here, the published example one level below. */
  ativacao: z
    .object({
      tipoJornada: z.string().optional(),
      dadosJornada: z.object({ tipoJornada: z.string().optional() }).optional(),
    })
    .optional(),
  dadosQR: z.object({ pixCopiaECola: z.string().optional() }).optional(),
  encerramento: z.object({ rejeicao: Ending.optional(), cancelamento: Ending.optional() }).optional(),
});
export type WireAgreement = z.infer<typeof WireAgreement>;

export const WireAgreements = z.object({
  parametros: z.object({ paginacao: z.object({ quantidadeDePaginas: z.coerce.number().int() }) }),
  recs: z.array(WireAgreement),
});

export const WireConfirmation = z.object({
  idSolicRec: z.string().regex(/^[a-zA-Z0-9]{1,35}$/),
  idRec: AgreementId,
  status: z.string(),
});

export const WireRecurringCharge = z.object({
  idRec: AgreementId,
  txid: z.string(),
  status: z.string(),
  valor: z.object({ original: PixAmount }),
  calendario: z.object({ dataDeVencimento: z.string() }),
  tentativas: oneOrMany(
    z.object({
      dataLiquidacao: z.string(),
      status: z.string(),
      endToEndId: z.string(),
      rejeicao: Ending.optional(),
    }),
  ).optional(),
  pix: oneOrMany(WirePix).optional(),
});

export const WireLocation = z.object({ id: z.int() });

export function toAgreement(wire: WireAgreement): Agreement {
  const { valorRec, valorMinimoRecebedor } = wire.valor ?? {};
  return {
    agreementId: wire.idRec,
    contract: wire.vinculo.contrato,
    status: AGREEMENT_STATUS[wire.status] ?? null,
    providerStatus: wire.status,
    journey: JOURNEY[wire.ativacao?.tipoJornada ?? wire.ativacao?.dadosJornada?.tipoJornada ?? ''] ?? null,
    brCode: agreementCodeOf(wire.dadosQR?.pixCopiaECola),
    amount:
      valorRec === undefined
        ? { kind: 'variable', minimumCents: valorMinimoRecebedor ?? null }
        : { kind: 'fixed', amountCents: valorRec },
    period: PERIOD[wire.calendario.periodicidade] ?? null,
    firstDay: wire.calendario.dataInicial,
    lastDay: wire.calendario.dataFinal ?? null,
    endedFor: (wire.encerramento?.rejeicao ?? wire.encerramento?.cancelamento)?.codigo ?? null,
    facts: factsOfAgreement(wire),
  };
}

/** A code that banks' apps would refuse, or that holds no agreement, is none. */
function agreementCodeOf(text: string | undefined): string | null {
  const parsed = parseBrCode(text?.trim() ?? '');
  return parsed.ok && parsed.value.recurrenceUrl !== null ? (text?.trim() ?? null) : null;
}

export function toConfirmation(wire: z.infer<typeof WireConfirmation>): Confirmation {
  return {
    confirmationId: wire.idSolicRec,
    agreementId: wire.idRec,
    status: CONFIRMATION_STATUS[wire.status] ?? null,
    providerStatus: wire.status,
  };
}

export function toRecurringCharge(wire: z.infer<typeof WireRecurringCharge>): RecurringCharge {
  return {
    txid: wire.txid,
    agreementId: wire.idRec,
    status: CHARGE_STATUS[wire.status] ?? null,
    providerStatus: wire.status,
    amountCents: wire.valor.original,
    dueDay: wire.calendario.dataDeVencimento,
    attempts: (wire.tentativas ?? []).map((attempt) => ({
      day: attempt.dataLiquidacao,
      status: ATTEMPT_STATUS[attempt.status] ?? null,
      providerStatus: attempt.status,
      endToEndId: attempt.endToEndId,
      rejectedFor: attempt.rejeicao?.codigo ?? null,
    })),
    receipts: (wire.pix ?? []).map(toReceipt),
    ...sentBackOf(wire.pix ?? []),
  };
}
