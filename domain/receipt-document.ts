import { z } from 'zod';

/** Characters of the printer's normal font (12 dots wide) on 80 mm paper (576 dots). */
export const RECEIPT_COLUMNS = 48;

/** `size` magnifies both ways, as `GS !` does: 1 is the normal font, 8 the largest that ESC/POS knows. */
const TextBlock = z.object({
  kind: z.literal('text'),
  text: z.string().max(500),
  align: z.enum(['left', 'center', 'right']),
  size: z.int().min(1).max(8),
  bold: z.boolean(),
  /** White on black. */
  inverted: z.boolean(),
});

export const ReceiptBlock = z.discriminatedUnion('kind', [
  TextBlock,
  /** A label at the left edge and its value at the right one. */
  z.object({
    kind: z.literal('pair'),
    left: z.string().max(100),
    right: z.string().max(200),
    bold: z.boolean(),
  }),
  z.object({ kind: z.literal('rule') }),
  z.object({
    kind: z.literal('qr'),
    /** ASCII alone: the printer counts bytes, and readers guess at anything else. */
    data: z.string().regex(/^[\x20-\x7e]{1,300}$/),
    /** Printer dots of one module, 8 dots to the millimetre. */
    moduleDots: z.int().min(1).max(8),
  }),
  z.object({ kind: z.literal('feed'), lines: z.int().min(1).max(10) }),
  z.object({ kind: z.literal('cut') }),
]);
export type ReceiptBlock = z.infer<typeof ReceiptBlock>;

/** What a paper says, from top to bottom, for whatever prints or draws it. */
export const ReceiptDocument = z.object({
  /** The version of this shape: documents rest in the database and are printed again much later. */
  v: z.literal(1),
  blocks: z.array(ReceiptBlock).min(1).max(100),
});
export type ReceiptDocument = z.infer<typeof ReceiptDocument>;

/** A text block; what is not said is left-aligned, of normal size, and plain. */
export function textBlock(
  text: string,
  style: Partial<Omit<z.infer<typeof TextBlock>, 'kind' | 'text'>> = {},
): ReceiptBlock {
  return { kind: 'text', text, align: 'left', size: 1, bold: false, inverted: false, ...style };
}
