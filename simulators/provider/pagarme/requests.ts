import { z } from 'zod';
import { isValidCpf } from '../../../domain/cpf.ts';

const Cents = z.int().min(1);

const Split = z.object({
  recipient_id: z.string().min(1),
  amount: Cents,
  type: z.enum(['flat', 'percentage']),
  options: z
    .object({
      liable: z.boolean(),
      charge_processing_fee: z.boolean(),
      charge_remainder_fee: z.boolean(),
    })
    .partial()
    .optional(),
});

/** `POST /orders` for a Pix, as the documentation has it; the rules that a real order fails by. */
export const OrderBody = z
  .object({
    code: z.string().min(1).max(52),
    closed: z.boolean().default(true),
    items: z
      .array(
        z.object({
          amount: Cents,
          description: z.string().min(1).max(255),
          quantity: z.int().min(1),
          code: z.string().min(1),
        }),
      )
      .min(1),
    customer: z.object({
      name: z.string().min(1).max(64),
      email: z.email().max(64),
      type: z.literal('individual'),
      document: z.string().refine(isValidCpf, 'is no CPF'),
      phones: z.object({
        mobile_phone: z.object({
          country_code: z.string().regex(/^\d{1,3}$/),
          area_code: z.string().regex(/^\d{2}$/),
          number: z.string().regex(/^\d{8,9}$/),
        }),
      }),
    }),
    payments: z
      .array(
        z.object({
          payment_method: z.literal('pix'),
          amount: Cents.optional(),
          pix: z.object({ expires_in: z.int().min(1) }),
          split: z.array(Split).optional(),
        }),
      )
      .length(1),
    metadata: z.record(z.string(), z.string()).optional(),
  })
  .refine(({ payments, items }) => payments[0]?.amount === undefined || payments[0].amount === total(items), {
    error: 'the payment is not the amount of the items',
  })
  .refine(
    ({ payments, items }) =>
      payments[0]?.split === undefined ||
      payments[0].split.reduce((sum, { amount }) => sum + amount, 0) === total(items),
    { error: 'the split is not the amount of the order' },
  );
export type OrderBody = z.infer<typeof OrderBody>;

export const CancelBody = z.object({
  amount: Cents.optional(),
  operation_reference: z.string().min(1),
});

export function total(items: readonly { readonly amount: number; readonly quantity: number }[]): number {
  return items.reduce((sum, { amount, quantity }) => sum + amount * quantity, 0);
}
