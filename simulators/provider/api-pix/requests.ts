import { z } from 'zod';
import { pixKeyKind } from '../../../domain/br-code.ts';
import { isValidCpf } from '../../../domain/cpf.ts';
import { pixAmountToCents } from '../../../domain/money.ts';
import type { ChargeTerms } from '../store/charges.ts';

/**
 * What API Pix 2.9.0 accepts, with the specification's patterns anchored. Unknown fields are tolerated, as the
 * specification asks of both sides.
 */

/** How the schemas are applied: violations are read by the client's people, so they are in Portuguese. */
export const IN_PORTUGUESE = { error: z.locales.pt().localeError };

/** `cob` without expiry named lives a day. */
const DEFAULT_EXPIRES_SECONDS = 86_400;
const MAX_INT32 = 2_147_483_647;

export const ChargeTxid = z
  .string()
  .regex(/^[a-zA-Z0-9]{26,35}$/, 'o txid deve ter de 26 a 35 letras e dígitos');
export const RefundId = z.string().regex(/^[a-zA-Z0-9]{1,35}$/, 'o id deve ter de 1 a 35 letras e dígitos');

const Amount = z
  .string()
  .regex(/^\d{1,10}\.\d{2}$/, 'deve ter o formato 0.00')
  .refine((text) => !/^0+\.00$/.test(text), 'não pode ser zero');
const PixKey = z
  .string()
  .max(77)
  .refine((key) => pixKeyKind(key) !== null, 'não é uma chave Pix');

const Payer = z.union(
  [
    z.object({
      cpf: z
        .string()
        .regex(/^\d{11}$/)
        .refine(isValidCpf),
      nome: z.string().min(1).max(200),
    }),
    z.object({ cnpj: z.string().regex(/^[0-9A-Z]{14}$/), nome: z.string().min(1).max(200) }),
  ],
  'deve ter nome e um CPF ou CNPJ válido',
);

const Revisable = z.object({
  calendario: z.object({ expiracao: z.int().min(1).max(MAX_INT32).optional() }),
  devedor: Payer.optional(),
  valor: z.object({ original: Amount }),
  chave: PixKey,
  solicitacaoPagador: z.string().max(140).optional(),
  infoAdicionais: z
    .array(z.object({ nome: z.string().max(50), valor: z.string().max(200) }))
    .max(50)
    .optional(),
  // Locations are not managed apart from their charge here, so naming one cannot be honoured.
  loc: z.undefined('este provedor não oferece /loc').optional(),
});

export const ChargeBody = Revisable;
export type ChargeBody = z.infer<typeof ChargeBody>;

export const ChargeRevisionBody = Revisable.partial().extend({
  status: z.literal('REMOVIDA_PELO_USUARIO_RECEBEDOR').optional(),
});
export type ChargeRevisionBody = z.infer<typeof ChargeRevisionBody>;

export const RefundBody = z.object({
  valor: Amount,
  natureza: z.enum(['ORIGINAL', 'RETIRADA']).default('ORIGINAL'),
  descricao: z.string().max(140).optional(),
});

/** A bank asks for https; plain http is accepted here, because the server it calls back runs beside it. */
export const WebhookBody = z.object({
  webhookUrl: z.url({ protocol: /^https?$/, error: 'deve ser uma URL http ou https' }).max(2000),
});

export { PixKey };

const Rfc3339 = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const Page = z.coerce.number().int().min(0).default(0);
const PageSize = z.coerce.number().int().min(1).max(1000).default(100);

const Period = z.object({
  inicio: Rfc3339,
  fim: Rfc3339,
  'paginacao.paginaAtual': Page,
  'paginacao.itensPorPagina': PageSize,
});
type Period = z.infer<typeof Period>;

const isOrdered = (query: { readonly inicio: number; readonly fim: number }): boolean =>
  query.inicio <= query.fim;
const ENDS_BEFORE_START = { error: 'fim é anterior a inicio', path: ['fim'] };

export const ChargesQuery = Period.extend({
  cpf: z
    .string()
    .regex(/^\d{11}$/)
    .optional(),
  cnpj: z
    .string()
    .regex(/^[0-9A-Z]{14}$/)
    .optional(),
  locationPresente: Flag.optional(),
  status: z.enum(['ATIVA', 'CONCLUIDA', 'REMOVIDA_PELO_USUARIO_RECEBEDOR', 'REMOVIDA_PELO_PSP']).optional(),
})
  .refine(isOrdered, ENDS_BEFORE_START)
  .refine((query) => query.cpf === undefined || query.cnpj === undefined, {
    error: 'cpf e cnpj não podem vir juntos',
    path: ['cnpj'],
  });

export const PixQuery = Period.extend({
  txid: z
    .string()
    .regex(/^[a-zA-Z0-9]{1,35}$/)
    .optional(),
  txIdPresente: Flag.optional(),
  devolucaoPresente: Flag.optional(),
}).refine(isOrdered, ENDS_BEFORE_START);

/** Of GET /rec; the other filters of the specification are not offered. */
export const RecsQuery = Period.extend({
  cpf: z
    .string()
    .regex(/^\d{11}$/)
    .optional(),
}).refine(isOrdered, ENDS_BEFORE_START);

export const WebhooksQuery = Period.partial({ inicio: true, fim: true });

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly paginacao: {
    readonly paginaAtual: number;
    readonly itensPorPagina: number;
    readonly quantidadeDePaginas: number;
    readonly quantidadeTotalDeItens: number;
  };
}

export function pageOf<T>(
  all: readonly T[],
  query: Pick<Period, 'paginacao.paginaAtual' | 'paginacao.itensPorPagina'>,
): PageOf<T> {
  const page = query['paginacao.paginaAtual'];
  const size = query['paginacao.itensPorPagina'];
  return {
    items: all.slice(page * size, (page + 1) * size),
    paginacao: {
      paginaAtual: page,
      itensPorPagina: size,
      quantidadeDePaginas: Math.max(1, Math.ceil(all.length / size)),
      quantidadeTotalDeItens: all.length,
    },
  };
}

/** Terms of a new charge, or of a revision: what `body` leaves out stays as it was. */
export function toTerms(body: ChargeBody): ChargeTerms;
export function toTerms(body: ChargeRevisionBody, before: ChargeTerms): ChargeTerms;
export function toTerms(body: ChargeRevisionBody, before?: ChargeTerms): ChargeTerms {
  const payer = body.devedor ?? before?.payer;
  const messageToPayer = body.solicitacaoPagador ?? before?.messageToPayer;
  const additionalInfo = body.infoAdicionais ?? before?.additionalInfo;
  return {
    key: body.chave ?? before?.key ?? '',
    amountCents: body.valor === undefined ? (before?.amountCents ?? 0) : centsOf(body.valor.original),
    expiresSeconds: body.calendario?.expiracao ?? before?.expiresSeconds ?? DEFAULT_EXPIRES_SECONDS,
    ...(payer === undefined ? {} : { payer }),
    ...(messageToPayer === undefined ? {} : { messageToPayer }),
    ...(additionalInfo === undefined ? {} : { additionalInfo }),
  };
}

/** Of an amount that its schema has let through. */
export function centsOf(amount: string): number {
  const result = pixAmountToCents(amount);
  if (!result.ok) throw new Error('an amount passed its schema and is none');
  return result.cents;
}
