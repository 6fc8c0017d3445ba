import { z } from 'zod';

/** Integer cents of an answer; some providers write numbers as text. */
export const Cents = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.int().min(0));
