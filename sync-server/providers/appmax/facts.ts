import type { ChargeFacts, PayerFacts } from '../provider-facts.ts';
import { ToldId, ToldText, told } from '../told.ts';

/** Both generations, which name the same differently. */
const Customer = told({
  id: ToldId,
  name: ToldText,
  fullname: ToldText,
  email: ToldText,
  document_number: ToldText,
  cpf: ToldText,
  phone: ToldText,
  telephone: ToldText,
});
const Answer = told({ customer: Customer });

/**
 * What an order tells beside the money.
 * @param answer the part of it that holds order and customer, as it came
 * @param standInCpf of the customer that the shop has set for orders of nobody: it is nobody here, too
 */
export function factsOfOrder(orderId: string, answer: unknown, standInCpf: string): ChargeFacts {
  const customer = Answer.parse(answer)?.customer;
  const payer = payerOf(customer, standInCpf);
  return {
    method: 'pix',
    installments: 1,
    orderId,
    payer,
    customerId: payer === undefined ? undefined : customer?.id,
    payload: answer,
  };
}

/** Without a document nobody can say that it is not the stand-in. */
function payerOf(customer: ReturnType<typeof Customer.parse>, standInCpf: string): PayerFacts | undefined {
  const document = customer?.document_number ?? customer?.cpf;
  if (customer === undefined || document === undefined) return undefined;
  if (document.replace(/\D/g, '') === standInCpf.replace(/\D/g, '')) return undefined;
  return {
    name: customer.name ?? customer.fullname,
    email: customer.email,
    document,
    phone: customer.phone ?? customer.telephone,
  };
}
