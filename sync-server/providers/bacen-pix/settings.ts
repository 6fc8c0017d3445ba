import { z } from 'zod';
import { ClientCertificate } from '../http/mtls-fetch.ts';
import { addressOf, PROFILES, type ProfileName } from './profiles.ts';

export const BacenPixSettings = z
  .object({
    /** How the bank differs from the specification, and where it is if that is known. */
    profile: z.enum(Object.keys(PROFILES) as [ProfileName, ...ProfileName[]]).optional(),
    /** The bank's place for trying out, where the profile knows both. */
    sandbox: z.boolean().optional(),
    /** Up to and with the version: "https://pix.bank.example/api/v2". Needed where the profile knows no address. */
    baseUrl: z.url().optional(),
    tokenUrl: z.url().optional(),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
    /** In place of the profile's: what the bank has granted. */
    scopes: z.array(z.string().min(1)).optional(),
    /** Whether the bank has granted Pix Automático. */
    automatic: z.boolean().optional(),
    /** What this server shows the bank. */
    tls: ClientCertificate.optional(),
    /** Whether callbacks have to come over a line with a client certificate of the CA configured. */
    webhookNeedsCertificate: z.boolean().optional(),
    /** Of one HTTP call. */
    timeoutMs: z.int().positive().optional(),
  })
  .refine((settings) => addressOf(settings) !== null, {
    error: 'give baseUrl and tokenUrl: the profile does not know where the bank is',
    path: ['baseUrl'],
  });
