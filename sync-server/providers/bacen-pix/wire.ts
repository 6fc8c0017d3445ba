import { z } from 'zod';
import { pixAmountToCents } from '../../../domain/money.ts';

/**
 * API Pix 2.9.0 as we read it: only the fields that we use, strict where money depends on it, tolerant where
 * providers are known to differ. Source: bacen/pix-api openapi.yaml and the project's wire notes.
 */

/** `\d{1,10}\.\d{2}`, to integer cents. */
export const PixAmount = z
  .string()
  .regex(/^\d{1,10}\.\d{2}$/)
  .transform((text, context) => {
    const amount = pixAmountToCents(text);
    if (amount.ok) return amount.cents;
    context.addIssue({ code: 'custom', message: amount.code });
    return z.NEVER;
  });

/** RFC 3339, to epoch milliseconds. */
export const Instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** The specification says an array; some providers, and its own examples, send a lone object. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([z.array(item), item.transform((one) => [one])]);
}

export const WireRefund = z.object({
  /** As the specification has it 35 letters and digits; a bank's own id that is not must not hide the money beside it. */
  id: z.string().min(1).max(100),
  valor: PixAmount,
  status: z.string(),
  /** Who began it: `ORIGINAL` and `RETIRADA` the receiver, `MED_…` a bank. */
  natureza: z.string().optional(),
  horario: z.object({ solicitacao: Instant.optional() }).optional(),
  motivo: z.string().optional(),
});
export type WireRefund = z.infer<typeof WireRefund>;

export const WirePix = z.object({
  endToEndId: z.string().regex(/^[a-zA-Z0-9]{32}$/),
  txid: z.string().optional(),
  chave: z.string().optional(),
  valor: PixAmount,
  horario: Instant,
  devolucoes: oneOrMany(WireRefund).optional(),
});
export type WirePix = z.infer<typeof WirePix>;

/** The specification has an int32; a day of more digits is none. */
const MAX_EXPIRY_SECONDS = 2 ** 31 - 1;

export const WireCharge = z.object({
  txid: z.string(),
  chave: z.string(),
  status: z.string(),
  calendario: z.object({
    criacao: Instant,
    expiracao: z.coerce.number().int().positive().max(MAX_EXPIRY_SECONDS).default(86_400),
  }),
  valor: z.object({ original: PixAmount }),
  location: z.string().optional(),
  loc: z.object({ location: z.string().optional() }).optional(),
  pixCopiaECola: z.string().optional(),
  pix: oneOrMany(WirePix).optional(),
});
export type WireCharge = z.infer<typeof WireCharge>;

/** A page of GET /pix. */
export const WirePixList = z.object({
  parametros: z.object({ paginacao: z.object({ quantidadeDePaginas: z.coerce.number().int().min(0) }) }),
  pix: oneOrMany(WirePix),
});

const NamedPix = z.object({ endToEndId: z.string(), txid: z.string().optional() });

/**
 * A callback's items need only say which charge they are about: the charge itself is read from the provider. The
 * specification wraps them; some banks send a lone object in place of the list, or an item without the wrapping.
 */
export const WireWebhook = z.union([
  z.object({ pix: oneOrMany(NamedPix), recs: z.undefined().optional(), cobsr: z.undefined().optional() }),
  z.object({
    recs: oneOrMany(z.object({ idRec: z.string().regex(/^[a-zA-Z0-9]{29}$/) })),
    pix: z.undefined().optional(),
    cobsr: z.undefined().optional(),
  }),
  z.object({
    cobsr: oneOrMany(z.object({ txid: z.string().regex(/^[a-zA-Z0-9]{26,35}$/) })),
    pix: z.undefined().optional(),
    recs: z.undefined().optional(),
  }),
  NamedPix.transform((one) => ({ pix: [one], recs: undefined, cobsr: undefined })),
]);

/** RFC 7807 as API Pix uses it. */
export const WireProblem = z.object({
  type: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
});
