import type { ChargeFacts, PayerFacts, RecurrenceFacts } from '../provider-facts.ts';
import { ToldText, told } from '../told.ts';

const Debtor = told({ cpf: ToldText, cnpj: ToldText, nome: ToldText, email: ToldText });
const Charge = told({ devedor: Debtor });
const Agreement = told({
  vinculo: told({ devedor: Debtor, objeto: ToldText }),
  calendario: told({ dataInicial: ToldText }),
});

/** What `GET /cob/{txid}` tells beside the money. @param body as it came */
export function factsOfCharge(body: unknown): ChargeFacts {
  const charge = Charge.parse(body);
  return { method: 'pix', installments: 1, payer: payerOf(charge?.devedor), payload: body };
}

/** What `GET /rec/{idRec}` tells beside its status. */
export function factsOfAgreement(body: unknown): RecurrenceFacts {
  const agreement = Agreement.parse(body);
  const firstDay = Date.parse(agreement?.calendario?.dataInicial ?? '');
  return {
    payer: payerOf(agreement?.vinculo?.devedor),
    plan: agreement?.vinculo?.objeto,
    startedAtMs: Number.isNaN(firstDay) ? undefined : firstDay,
  };
}

function payerOf(debtor: ReturnType<typeof Debtor.parse>): PayerFacts | undefined {
  if (debtor === undefined) return undefined;
  return { name: debtor.nome, document: debtor.cpf ?? debtor.cnpj, email: debtor.email };
}
