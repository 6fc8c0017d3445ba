import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { encodeDynamicBrCode } from '../../../domain/br-code.ts';
import type { ProviderContext } from '../provider-context.ts';
import type { Charge } from '../store/charges.ts';
import { locationOf, toRfc3339, toWireCharge, toWirePix, type WirePix } from './documents.ts';
import { sendProblem, violationsOf } from './problem.ts';
import {
  ChargeBody,
  ChargeRevisionBody,
  ChargesQuery,
  ChargeTxid,
  IN_PORTUGUESE,
  pageOf,
  toTerms,
} from './requests.ts';

/** Name and city in every code: those of the account's owner, as the bank knows them. */
const ACCOUNT_HOLDER = { merchantName: 'TOTEM DEMONSTRACAO', merchantCity: 'SAO PAULO' };
const LOCATION_ID_BYTES = 16;

type ByTxid = { Params: { txid: string } };

/** `cob`: immediate charges with a txid that the client chooses. */
export function registerChargeRoutes(app: FastifyInstance, context: ProviderContext): void {
  const { store, clock } = context;

  app.put<ByTxid>('/cob/:txid', { config: { scope: 'cob.write' } }, (request, reply) => {
    const txid = ChargeTxid.safeParse(request.params.txid);
    const body = ChargeBody.safeParse(request.body, IN_PORTUGUESE);
    if (!txid.success || !body.success) {
      const violations = [
        ...(txid.success ? [] : violationsOf('cob.txid', txid.error)),
        ...(body.success ? [] : violationsOf('cob', body.error)),
      ];
      return sendProblem(reply, 'CobOperacaoInvalida', 'A cobrança não respeita o schema.', violations);
    }
    // The specification leaves PUT on a charge that is ATIVA to each bank; here, as at many, a txid is used once.
    if (store.charges.byTxid(txid.data) !== undefined) {
      return sendProblem(reply, 'CobOperacaoInvalida', 'O txid já foi utilizado em outra cobrança.', [
        { razao: 'já utilizado', propriedade: 'cob.txid' },
      ]);
    }
    const charge = newCharge(context, txid.data, body.data);
    store.transaction(() => store.charges.insert(charge));
    return reply
      .code(201)
      .header('location', `https://${locationOf(charge.locationId)}`)
      .send(toWireCharge(charge));
  });

  app.patch<ByTxid>('/cob/:txid', { config: { scope: 'cob.write' } }, (request, reply) => {
    const charge = store.charges.byTxid(request.params.txid);
    if (charge === undefined) return chargeNotFound(reply);
    const body = ChargeRevisionBody.safeParse(request.body, IN_PORTUGUESE);
    if (!body.success) {
      const violations = violationsOf('cob', body.error);
      return sendProblem(reply, 'CobOperacaoInvalida', 'A revisão não respeita o schema.', violations);
    }
    if (charge.status !== 'ATIVA') {
      return sendProblem(reply, 'CobOperacaoInvalida', `A cobrança não está ATIVA, e sim ${charge.status}.`);
    }
    const { status, ...changes } = body.data;
    const changed = Object.values(changes).some((value) => value !== undefined);
    if (status !== undefined && changed) {
      return sendProblem(reply, 'CobOperacaoInvalida', 'A remoção não pode vir com outras alterações.');
    }
    store.transaction(() =>
      store.charges.revise(charge, {
        terms: toTerms(changes, charge.terms),
        status: status ?? charge.status,
      }),
    );
    const revised = store.charges.byTxid(charge.txid) ?? charge;
    return reply.send(toWireCharge(revised));
  });

  app.get<ByTxid>('/cob/:txid', { config: { scope: 'cob.read' } }, (request, reply) => {
    const query = z
      .object({ revisao: z.coerce.number().int().min(0).optional() })
      .safeParse(request.query, IN_PORTUGUESE);
    const charge = query.success ? store.charges.byTxid(request.params.txid, query.data.revisao) : undefined;
    if (charge === undefined) return chargeNotFound(reply);
    return reply.send(toWireCharge(charge, pixOf(context, charge.txid)));
  });

  app.get('/cob', { config: { scope: 'cob.read' } }, (request, reply) => {
    const query = ChargesQuery.safeParse(request.query, IN_PORTUGUESE);
    if (!query.success) {
      const violations = violationsOf('query', query.error);
      return sendProblem(reply, 'CobConsultaInvalida', 'A consulta não respeita o schema.', violations);
    }
    const { inicio, fim, status, cpf, cnpj, locationPresente } = query.data;
    const found = store.charges.createdBetween(inicio, fim).filter(
      (charge) =>
        (status === undefined || charge.status === status) &&
        (cpf === undefined || payerDocument(charge) === cpf) &&
        (cnpj === undefined || payerDocument(charge) === cnpj) &&
        // Every charge here has its location.
        locationPresente !== false,
    );
    const page = pageOf(found, query.data);
    return reply.send({
      parametros: {
        inicio: toRfc3339(inicio),
        fim: toRfc3339(fim),
        ...(status === undefined ? {} : { status }),
        ...(cpf === undefined ? {} : { cpf }),
        ...(cnpj === undefined ? {} : { cnpj }),
        ...(locationPresente === undefined ? {} : { locationPresente }),
        paginacao: page.paginacao,
      },
      cobs: page.items.map((charge) => toWireCharge(charge, pixOf(context, charge.txid))),
    });
  });

  function newCharge({ randomBytes }: ProviderContext, txid: string, body: ChargeBody): Charge {
    const locationId = Buffer.from(randomBytes(LOCATION_ID_BYTES)).toString('hex');
    const encoded = encodeDynamicBrCode({ url: locationOf(locationId), ...ACCOUNT_HOLDER });
    if (!encoded.ok) throw new Error(`no BR Code for a charge: ${encoded.error.code}`);
    return {
      txid,
      locationId,
      createdAt: clock.nowMs(),
      status: 'ATIVA',
      revision: 0,
      brCode: encoded.brCode,
      terms: toTerms(body),
    };
  }
}

function pixOf({ store }: ProviderContext, txid: string): WirePix[] {
  return store.pix.settledOf(txid).map((pix) => toWirePix(pix, store.refunds.of(pix.endToEndId)));
}

function payerDocument(charge: Charge): string | undefined {
  const payer = charge.terms.payer;
  if (payer === undefined) return undefined;
  return 'cpf' in payer ? payer.cpf : payer.cnpj;
}

function chargeNotFound(reply: Parameters<typeof sendProblem>[0]): ReturnType<typeof sendProblem> {
  return sendProblem(reply, 'CobNaoEncontrado', 'Cobrança não encontrada para o txid informado.');
}
