import { z } from 'zod';
import { pixAmountToCents } from '../../domain/money.ts';
import { toRfc3339, toWirePix } from './api-pix/documents.ts';
import { newEndToEndId } from './pix-ids.ts';
import type { ProviderContext } from './provider-context.ts';
import type { Agreement, RecurringCharge } from './store/automatic.ts';

/** What the customer, or the customer's bank, does with an agreement. */
export const AgreementAct = z.object({
  act: z.enum(['approve', 'reject', 'cancel']),
  journey: z.int().min(1).max(4).default(1),
});
export type AgreementAct = z.infer<typeof AgreementAct>;

/** What becomes of a charge on its day. */
export const ChargeAct = z.object({ act: z.enum(['schedule', 'pay', 'reject']) });
export type ChargeAct = z.infer<typeof ChargeAct>;

const ACCOUNT_KEY_OF_AUTOMATIC = 'pix-automatico';

const STATUS_OF_ACT = { approve: 'APROVADA', reject: 'REJEITADA', cancel: 'CANCELADA' } as const;
const ENDING_OF_ACT = {
  approve: null,
  reject: { rejeicao: { codigo: 'AP13', descricao: 'Rejeitada pelo usuário pagador.' } },
  cancel: {
    cancelamento: { solicitante: 'USUARIO_PAGADOR', codigo: 'ACCL', descricao: 'Cancelada pelo pagador.' },
  },
} as const;

/** @returns undefined when there is no such agreement, or it is in no state for the act */
export function actOnAgreement(
  context: ProviderContext,
  idRec: string,
  { act, journey }: AgreementAct,
): Agreement | undefined {
  const { automatic } = context.store;
  const before = automatic.agreements.get(idRec);
  if (before?.status !== (act === 'cancel' ? 'APROVADA' : 'CRIADA')) return undefined;
  const status = STATUS_OF_ACT[act];
  const after: Agreement = {
    ...before,
    status,
    journey: act === 'cancel' ? before.journey : `JORNADA_${journey}`,
    updates: [...before.updates, { status, data: toRfc3339(context.clock.nowMs()) }],
    ending: ENDING_OF_ACT[act],
  };
  context.store.transaction(() => {
    automatic.agreements.put(idRec, after);
    for (const confirmation of automatic.confirmations.all())
      if (confirmation.body['idRec'] === idRec && confirmation.status === 'CRIADA')
        automatic.confirmations.put(confirmation.idSolicRec, {
          ...confirmation,
          status: act === 'approve' ? 'ACEITA' : 'REJEITADA',
        });
    const { updates, ending } = after;
    owe(context, 'rec', {
      recs: [
        {
          idRec,
          status,
          atualizacao: updates,
          ativacao: { tipoJornada: after.journey },
          ...(ending === null ? {} : { encerramento: ending }),
        },
      ],
    });
  });
  context.wake();
  return after;
}

/** A new attempt, as the receiver's bank asks the payer's for it. */
export function attemptCharge(
  context: ProviderContext,
  charge: RecurringCharge,
  day: string,
  type: 'AGND' | 'NTAG',
): RecurringCharge {
  const { clock, randomBytes, store } = context;
  const attempt = {
    dataLiquidacao: day,
    tipo: type,
    status: 'SOLICITADA',
    endToEndId: newEndToEndId(clock.nowMs(), randomBytes),
    atualizacao: [{ status: 'SOLICITADA', data: toRfc3339(clock.nowMs()) }],
  };
  const after = { ...charge, attempts: [...charge.attempts, attempt] };
  store.transaction(() => store.automatic.charges.put(charge.txid, after));
  return after;
}

/** @returns undefined when there is no such charge, or it has ended */
export function actOnCharge(
  context: ProviderContext,
  txid: string,
  { act }: ChargeAct,
): RecurringCharge | undefined {
  const { store, clock } = context;
  const before = store.automatic.charges.get(txid);
  if (before === undefined || (before.status !== 'CRIADA' && before.status !== 'ATIVA')) return undefined;
  const { dataDeVencimento } = before.body['calendario'] as { dataDeVencimento: string };
  const attempted =
    before.attempts.length === 0 ? attemptCharge(context, before, dataDeVencimento, 'AGND') : before;
  const status = act === 'pay' ? 'CONCLUIDA' : 'ATIVA';
  const attemptStatus = { schedule: 'AGENDADA', pay: 'PAGA', reject: 'REJEITADA' }[act];
  const data = toRfc3339(clock.nowMs());
  const last = attempted.attempts.at(-1);
  const ended = {
    ...last,
    status: attemptStatus,
    atualizacao: [
      ...((last?.['atualizacao'] as object[] | undefined) ?? []),
      { status: attemptStatus, data },
    ],
    ...(act === 'reject' ? { rejeicao: { codigo: 'AM02', descricao: 'Limite excedido.' } } : {}),
  };
  const after: RecurringCharge = {
    ...attempted,
    status,
    updates: [...attempted.updates, { status, data }],
    attempts: [...attempted.attempts.slice(0, -1), ended],
  };
  store.transaction(() => {
    store.automatic.charges.put(txid, after);
    if (act === 'pay') payOut(context, after, String(last?.['endToEndId']));
    const pix = store.pix.settledOf(txid).map((each) => toWirePix(each, []));
    owe(context, 'cobr', {
      cobsr: [
        {
          idRec: after.body['idRec'],
          txid,
          status,
          atualizacao: after.updates,
          tentativas: after.attempts,
          ...(pix.length === 0 ? {} : { pix }),
        },
      ],
    });
  });
  context.wake();
  return after;
}

function payOut({ store, clock }: ProviderContext, charge: RecurringCharge, endToEndId: string): void {
  const { original } = charge.body['valor'] as { original: string };
  const amount = pixAmountToCents(original);
  if (!amount.ok) throw new Error('an amount passed its schema and is none');
  const nowMs = clock.nowMs();
  store.pix.insert({
    endToEndId,
    txid: charge.txid,
    key: ACCOUNT_KEY_OF_AUTOMATIC,
    amountCents: amount.cents,
    dueAt: nowMs,
    settledAt: nowMs,
  });
}

/** Only who has a webhook at that moment is told. */
function owe({ store, clock }: ProviderContext, path: 'rec' | 'cobr', body: unknown): void {
  if (store.automatic.webhooks.get(path) !== undefined) store.automatic.owe(path, body, clock.nowMs());
}
