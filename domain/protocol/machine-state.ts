import { z } from 'zod';
import { EpochMs } from './primitives.ts';

export const PrinterStatus = z.enum([
  'ready',
  'paper_low',
  'paper_out',
  'cover_open',
  'offline',
  'error',
  'unknown',
]);
export type PrinterStatus = z.infer<typeof PrinterStatus>;

export const PrinterState = z.object({
  /** `mock`: no printer is configured, tickets are written as picture and text. */
  kind: z.enum(['escpos', 'mock']),
  status: PrinterStatus,
  detail: z.string().nullable(),
  checkedAt: EpochMs.nullable(),
});
export type PrinterState = z.infer<typeof PrinterState>;

export const ServerLink = z.enum(['connecting', 'online', 'offline']);
export type ServerLink = z.infer<typeof ServerLink>;

/**
 * The layers between a customer and a printed ticket, each for itself: `printer`, `network` (this machine's own line),
 * `server` (the sync server), `provider` (the bank). `unknown` while a nearer layer hides it.
 */
export const Layer = z.enum(['printer', 'network', 'server', 'provider']);
export type Layer = z.infer<typeof Layer>;
export const LayerState = z.object({
  status: z.enum(['ok', 'down', 'unknown']),
  /** When it became so, this kiosk's clock. */
  since: EpochMs,
  /** English, for the technician. */
  detail: z.string().nullable(),
});
export type LayerState = z.infer<typeof LayerState>;
export const Layers = z.object({
  printer: LayerState,
  network: LayerState,
  server: LayerState,
  provider: LayerState,
});
export type Layers = z.infer<typeof Layers>;

/**
 * Whether the kiosk's disk takes what has to be stored. While it does not, nothing is sold: what is not stored is not
 * true. `nearly_full`: what is under way still finds its room. `read_only` and `failing` are a technician's matter.
 */
export const StorageState = z.object({
  status: z.enum(['ok', 'nearly_full', 'full', 'read_only', 'failing']),
  since: EpochMs,
  /** English, for the technician. */
  detail: z.string().nullable(),
});
export type StorageState = z.infer<typeof StorageState>;

export const Enrolment = z.enum(['enrolled', 'not_enrolled', 'revoked']);
export type Enrolment = z.infer<typeof Enrolment>;
