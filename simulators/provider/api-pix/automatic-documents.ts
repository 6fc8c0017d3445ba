import { encodeDynamicBrCode, encodeRecurrenceBrCode } from '../../../domain/br-code.ts';
import type { ProviderContext } from '../provider-context.ts';
import type { Agreement, Confirmation, Location, RecurringCharge } from '../store/automatic.ts';
import { locationOf, toRfc3339, toWirePix } from './documents.ts';

/** The documents of Pix Automático, field names as on the wire. */

const HOLDER = { merchantName: 'TOTEM DEMONSTRACAO', merchantCity: 'SAO PAULO' };
const RECEIVER = { cnpj: '00000000000191', nome: 'Totem Demonstracao' };

export function toWireLocation({ id, location, createdAt }: Location): Record<string, unknown> {
  return { id, location, criacao: toRfc3339(createdAt) };
}

export function toWireAgreement({ store }: ProviderContext, agreement: Agreement): Record<string, unknown> {
  const location =
    agreement.locationId === null ? undefined : store.automatic.locations.get(String(agreement.locationId));
  return {
    idRec: agreement.idRec,
    ...agreement.body,
    recebedor: RECEIVER,
    status: agreement.status,
    ...(location === undefined ? {} : { loc: { ...toWireLocation(location), idRec: agreement.idRec } }),
    ativacao: {
      tipoJornada: agreement.journey,
      ...(agreement.journeyTxid === null ? {} : { dadosJornada: { txid: agreement.journeyTxid } }),
    },
    atualizacao: agreement.updates,
    ...(agreement.ending === null ? {} : { encerramento: agreement.ending }),
  };
}

/** With the QR code of journey 2, or, for a charge, of journey 3: what `?txid=` asks for. */
export function toWireAgreementWithCode(
  context: ProviderContext,
  agreement: Agreement,
  txid: string | undefined,
): Record<string, unknown> {
  const document = toWireAgreement(context, agreement);
  const { locationId } = agreement;
  const location =
    locationId === null ? undefined : context.store.automatic.locations.get(String(locationId));
  if (location === undefined) return document;
  const recurrenceUrl = location.location;
  const charge = txid === undefined ? undefined : context.store.charges.byTxid(txid);
  const encoded =
    charge === undefined
      ? encodeRecurrenceBrCode({ ...HOLDER, recurrenceUrl })
      : encodeDynamicBrCode({ ...HOLDER, url: locationOf(charge.locationId), recurrenceUrl });
  if (!encoded.ok) throw new Error(`no BR Code for an agreement: ${encoded.error.code}`);
  const jornada = charge === undefined ? 'JORNADA_2' : 'JORNADA_3';
  return { ...document, dadosQR: { jornada, pixCopiaECola: encoded.brCode } };
}

export function toWireConfirmation(
  context: ProviderContext,
  confirmation: Confirmation,
): Record<string, unknown> {
  const { idSolicRec, body, status, updates } = confirmation;
  const agreement = context.store.automatic.agreements.get(String(body['idRec']));
  return {
    idSolicRec,
    ...body,
    status,
    atualizacao: updates,
    ...(agreement === undefined ? {} : { recPayload: toPayload(context, agreement) }),
  };
}

/** As the payer's bank is shown it: it has to know where the money is to go. */
function toPayload(context: ProviderContext, agreement: Agreement): Record<string, unknown> {
  const recebedor = { ...RECEIVER, ispbParticipante: '88888888' };
  return { ...toWireAgreement(context, agreement), recebedor };
}

export function toWireRecurringCharge(
  { store }: ProviderContext,
  charge: RecurringCharge,
): Record<string, unknown> {
  const { calendario, recebedor } = charge.body as { calendario: object; recebedor: object };
  const agreement = store.automatic.agreements.get(String(charge.body['idRec']));
  const pix = store.pix.settledOf(charge.txid);
  return {
    ...charge.body,
    txid: charge.txid,
    calendario: { ...calendario, criacao: toRfc3339(charge.createdAt).slice(0, 10) },
    recebedor: { ...recebedor, ...RECEIVER },
    politicaRetentativa: agreement?.body['politicaRetentativa'] ?? 'NAO_PERMITE',
    status: charge.status,
    atualizacao: charge.updates,
    tentativas: charge.attempts,
    ...(pix.length === 0
      ? {}
      : { pix: pix.map((each) => toWirePix(each, store.refunds.of(each.endToEndId))) }),
  };
}
