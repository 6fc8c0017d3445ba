import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { attemptCharge } from '../automatic-life.ts';
import { newAlphanumeric } from '../pix-ids.ts';
import type { ProviderContext } from '../provider-context.ts';
import type { Agreement, Confirmation, RecurringCharge } from '../store/automatic.ts';
import {
  toWireAgreement,
  toWireAgreementWithCode,
  toWireConfirmation,
  toWireLocation,
  toWireRecurringCharge,
} from './automatic-documents.ts';
import { registerAutomaticWebhookRoutes } from './automatic-webhook-routes.ts';
import { toRfc3339 } from './documents.ts';
import { sendProblem, violationsOf } from './problem.ts';
import { ChargeTxid, IN_PORTUGUESE, pageOf, RecsQuery } from './requests.ts';

const RECEIVER_ISPB = '88888888';

const AmountText = z.string().regex(/^\d{1,10}\.\d{2}$/);
const Day = z.iso.date();
const AgreementBody = z.looseObject({
  vinculo: z.looseObject({
    contrato: z.string().min(1).max(35),
    devedor: z.looseObject({ nome: z.string().min(1).max(140), cpf: z.string().optional() }),
    objeto: z.string().max(35).optional(),
  }),
  calendario: z.looseObject({
    dataInicial: Day,
    dataFinal: Day.optional(),
    periodicidade: z.enum(['SEMANAL', 'MENSAL', 'TRIMESTRAL', 'SEMESTRAL', 'ANUAL']),
  }),
  valor: z
    .strictObject({ valorRec: AmountText.optional(), valorMinimoRecebedor: AmountText.optional() })
    .refine((value) => value.valorRec === undefined || value.valorMinimoRecebedor === undefined)
    .optional(),
  politicaRetentativa: z.enum(['NAO_PERMITE', 'PERMITE_3R_7D']),
  loc: z.int().optional(),
  ativacao: z.object({ dadosJornada: z.object({ txid: z.string() }).optional() }).optional(),
});
const ConfirmationBody = z.looseObject({
  idRec: z.string().length(29),
  calendario: z.object({ dataExpiracaoSolicitacao: z.iso.datetime({ offset: true }) }),
  destinatario: z.looseObject({ ispbParticipante: z.string().regex(/^[0-9A-Z]{8}$/) }),
});
const ChargeBody = z.looseObject({
  idRec: z.string().length(29),
  calendario: z.looseObject({ dataDeVencimento: Day }),
  valor: z.object({ original: AmountText }),
  ajusteDiaUtil: z.boolean(),
  recebedor: z.looseObject({ conta: z.string(), tipoConta: z.enum(['CORRENTE', 'POUPANCA', 'PAGAMENTO']) }),
});
const Cancellation = z.looseObject({ status: z.literal('CANCELADA') });

type ById = { Params: { id: string } };
type ByTxid = { Params: { txid: string } };

/** `rec`, `solicrec`, `cobr`: Pix Automático. What the customer's bank does is under `/bank`. */
export function registerAutomaticRoutes(app: FastifyInstance, context: ProviderContext): void {
  const { store, clock, randomBytes } = context;
  const { agreements, confirmations, charges, locations } = store.automatic;
  const today = (): string => toRfc3339(clock.nowMs()).slice(0, 10).replaceAll('-', '');
  const update = (status: string) => ({ status, data: toRfc3339(clock.nowMs()) });

  app.post('/locrec', { config: { scope: 'payloadlocationrec.write' } }, (_request, reply) => {
    const id = locations.all().length + 1;
    const location = `pix.simulador.invalid/qr/v2/rec/${newAlphanumeric(randomBytes, 32)}`;
    const document = { id, location, createdAt: clock.nowMs() };
    store.transaction(() => locations.put(String(id), document));
    return reply.code(201).send(toWireLocation(document));
  });

  app.post('/rec', { config: { scope: 'rec.write' } }, (request, reply) => {
    const body = AgreementBody.safeParse(request.body, IN_PORTUGUESE);
    if (!body.success)
      return sendProblem(
        reply,
        'RecOperacaoInvalida',
        'A recorrência não respeita o schema.',
        violationsOf('rec', body.error),
      );
    const { loc, ativacao, ...asked } = body.data;
    if (loc !== undefined && locations.get(String(loc)) === undefined)
      return sendProblem(reply, 'RecOperacaoInvalida', 'Não há location com este id.');
    const retries = asked.politicaRetentativa === 'PERMITE_3R_7D' ? 'R' : 'N';
    const agreement: Agreement = {
      idRec: `R${retries}${RECEIVER_ISPB}${today()}${newAlphanumeric(randomBytes, 11)}`,
      createdAt: clock.nowMs(),
      status: 'CRIADA',
      body: asked,
      locationId: loc ?? null,
      journey: 'AGUARDANDO_DEFINICAO',
      journeyTxid: ativacao?.dadosJornada?.txid ?? null,
      updates: [update('CRIADA')],
      ending: null,
    };
    store.transaction(() => agreements.put(agreement.idRec, agreement));
    return reply.code(201).send(toWireAgreement(context, agreement));
  });

  app.get('/rec', { config: { scope: 'rec.read' } }, (request, reply) => {
    const query = RecsQuery.safeParse(request.query, IN_PORTUGUESE);
    if (!query.success)
      return sendProblem(
        reply,
        'RecConsultaInvalida',
        'A consulta não respeita o schema.',
        violationsOf('query', query.error),
      );
    const { inicio, fim, cpf } = query.data;
    const found = agreements.all().filter((agreement) => {
      const { devedor } = agreement.body['vinculo'] as { devedor: { cpf?: string } };
      const isInSpan = agreement.createdAt >= inicio && agreement.createdAt <= fim;
      return isInSpan && (cpf === undefined || devedor.cpf === cpf);
    });
    const page = pageOf(found, query.data);
    return reply.send({
      parametros: { inicio: toRfc3339(inicio), fim: toRfc3339(fim), paginacao: page.paginacao },
      recs: page.items.map((agreement) => toWireAgreement(context, agreement)),
    });
  });

  app.get<ById & { Querystring: { txid?: string } }>(
    '/rec/:id',
    { config: { scope: 'rec.read' } },
    (request, reply) => {
      const agreement = agreements.get(request.params.id);
      if (agreement === undefined)
        return sendProblem(reply, 'RecNaoEncontrada', 'Recorrência não encontrada.');
      return reply.send(toWireAgreementWithCode(context, agreement, request.query.txid));
    },
  );

  app.patch<ById>('/rec/:id', { config: { scope: 'rec.write' } }, (request, reply) => {
    const agreement = agreements.get(request.params.id);
    if (agreement === undefined) return sendProblem(reply, 'RecNaoEncontrada', 'Recorrência não encontrada.');
    const isOpen = agreement.status === 'CRIADA' || agreement.status === 'APROVADA';
    if (!Cancellation.safeParse(request.body).success || !isOpen)
      return sendProblem(reply, 'RecOperacaoInvalida', 'A recorrência não pode ser cancelada assim.');
    const ending = {
      cancelamento: { solicitante: 'USUARIO_RECEBEDOR', codigo: 'SLCR', descricao: 'A pedido do recebedor.' },
    };
    const canceled: Agreement = {
      ...agreement,
      status: 'CANCELADA',
      updates: [...agreement.updates, update('CANCELADA')],
      ending,
    };
    store.transaction(() => agreements.put(canceled.idRec, canceled));
    return reply.send(toWireAgreement(context, canceled));
  });

  app.post('/solicrec', { config: { scope: 'solicrec.write' } }, (request, reply) => {
    const body = ConfirmationBody.safeParse(request.body, IN_PORTUGUESE);
    if (!body.success)
      return sendProblem(
        reply,
        'SolicRecOperacaoInvalida',
        'A solicitação não respeita o schema.',
        violationsOf('solicrec', body.error),
      );
    if (agreements.get(body.data.idRec)?.status !== 'CRIADA')
      return sendProblem(reply, 'SolicRecOperacaoInvalida', 'A recorrência não aguarda confirmação.');
    const confirmation: Confirmation = {
      idSolicRec: `SC${RECEIVER_ISPB}${today()}${newAlphanumeric(randomBytes, 11)}`,
      status: 'CRIADA',
      body: body.data,
      updates: [update('CRIADA')],
    };
    store.transaction(() => confirmations.put(confirmation.idSolicRec, confirmation));
    return reply.code(201).send(toWireConfirmation(context, confirmation));
  });

  app.get<ById>('/solicrec/:id', { config: { scope: 'solicrec.read' } }, (request, reply) => {
    const confirmation = confirmations.get(request.params.id);
    return confirmation === undefined
      ? sendProblem(reply, 'SolicRecNaoEncontrada', 'Solicitação não encontrada.')
      : reply.send(toWireConfirmation(context, confirmation));
  });

  app.patch<ById>('/solicrec/:id', { config: { scope: 'solicrec.write' } }, (request, reply) => {
    const confirmation = confirmations.get(request.params.id);
    if (confirmation === undefined)
      return sendProblem(reply, 'SolicRecNaoEncontrada', 'Solicitação não encontrada.');
    if (!Cancellation.safeParse(request.body).success || confirmation.status !== 'CRIADA')
      return sendProblem(reply, 'SolicRecOperacaoInvalida', 'A solicitação não pode ser cancelada assim.');
    const updates = [...confirmation.updates, update('CANCELADA')];
    const canceled: Confirmation = { ...confirmation, status: 'CANCELADA', updates };
    store.transaction(() => confirmations.put(canceled.idSolicRec, canceled));
    // The specification answers 201 to this PATCH.
    return reply.code(201).send(toWireConfirmation(context, canceled));
  });

  app.put<ByTxid>('/cobr/:txid', { config: { scope: 'cobr.write' } }, (request, reply) => {
    const txid = ChargeTxid.safeParse(request.params.txid);
    const body = ChargeBody.safeParse(request.body, IN_PORTUGUESE);
    if (!txid.success || !body.success)
      return sendProblem(reply, 'CobROperacaoInvalida', 'A cobrança não respeita o schema.', [
        ...(txid.success ? [] : violationsOf('cobr.txid', txid.error)),
        ...(body.success ? [] : violationsOf('cobr', body.error)),
      ]);
    if (charges.get(txid.data) !== undefined)
      return sendProblem(reply, 'CobROperacaoInvalida', 'O txid já foi utilizado em outra cobrança.');
    if (agreements.get(body.data.idRec)?.status !== 'APROVADA')
      return sendProblem(reply, 'CobROperacaoInvalida', 'A recorrência não está aprovada.');
    const charge: RecurringCharge = {
      txid: txid.data,
      createdAt: clock.nowMs(),
      status: 'CRIADA',
      body: body.data,
      updates: [update('CRIADA')],
      attempts: [],
    };
    store.transaction(() => charges.put(charge.txid, charge));
    return reply.code(201).send(toWireRecurringCharge(context, charge));
  });

  app.get<ByTxid>('/cobr/:txid', { config: { scope: 'cobr.read' } }, (request, reply) => {
    const charge = charges.get(request.params.txid);
    return charge === undefined
      ? sendProblem(reply, 'CobRNaoEncontrada', 'Cobrança não encontrada.')
      : reply.send(toWireRecurringCharge(context, charge));
  });

  app.patch<ByTxid>('/cobr/:txid', { config: { scope: 'cobr.write' } }, (request, reply) => {
    const charge = charges.get(request.params.txid);
    if (charge === undefined) return sendProblem(reply, 'CobRNaoEncontrada', 'Cobrança não encontrada.');
    const isOpen = charge.status === 'CRIADA' || charge.status === 'ATIVA';
    if (!Cancellation.safeParse(request.body).success || !isOpen)
      return sendProblem(reply, 'CobROperacaoInvalida', 'A cobrança não pode ser cancelada assim.');
    const updates = [...charge.updates, update('CANCELADA')];
    const canceled: RecurringCharge = { ...charge, status: 'CANCELADA', updates };
    store.transaction(() => charges.put(canceled.txid, canceled));
    return reply.send(toWireRecurringCharge(context, canceled));
  });

  app.post<{ Params: { txid: string; data: string } }>(
    '/cobr/:txid/retentativa/:data',
    { config: { scope: 'cobr.write' } },
    (request, reply) => {
      const charge = charges.get(request.params.txid);
      if (charge === undefined) return sendProblem(reply, 'CobRNaoEncontrada', 'Cobrança não encontrada.');
      const mayRetry = charge.body['idRec']?.toString().startsWith('RR') === true;
      const hasFailed = charge.attempts.at(-1)?.['status'] === 'REJEITADA';
      if (!Day.safeParse(request.params.data).success || !mayRetry || !hasFailed)
        return sendProblem(reply, 'CobROperacaoInvalida', 'A cobrança não permite nova tentativa.');
      const retried = attemptCharge(context, charge, request.params.data, 'NTAG');
      return reply.code(201).send(toWireRecurringCharge(context, retried));
    },
  );

  registerAutomaticWebhookRoutes(app, context);
}
