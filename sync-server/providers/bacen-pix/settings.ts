import { z } from 'zod';

export const BacenPixSettings = z.object({
  /** Up to and with the version: "https://pix.bank.example/api/v2". */
  baseUrl: z.url(),
  tokenUrl: z.url(),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** Of one HTTP call. */
  timeoutMs: z.int().positive().optional(),
});
