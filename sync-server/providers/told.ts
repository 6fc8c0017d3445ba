import { z } from 'zod';

/**
 * Fields that nothing depends on, as lenient as can be: what is not as expected is as good as absent, and never hides
 * the money beside it.
 */
export const ToldText = z.string().optional().catch(undefined);
export const ToldNumber = z.number().optional().catch(undefined);
/** An id, or a bare number that is one, or the object itself. */
export const ToldId = z
  .union([
    z.string(),
    z.number().transform(String),
    z.looseObject({ id: z.union([z.string(), z.number().transform(String)]) }).transform(({ id }) => id),
  ])
  .optional()
  .catch(undefined);

/** An object of such fields. */
export function told<S extends z.ZodRawShape>(shape: S) {
  return z.looseObject(shape).optional().catch(undefined);
}

/** YYYY-MM-DD of a moment that is written with it, or undefined. */
export function dayOf(text: string | undefined): string | undefined {
  return text?.slice(0, 10);
}
