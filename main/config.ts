import { z } from 'zod';
import { StartupFailure } from '../platform/service.ts';

const PRINTER_ADDRESS = /^tcp:\/\/(?<host>\[[0-9a-fA-F:]+\]|[^:/[\]]+):(?<port>\d{1,5})$/;

/** `mock`, or where a raw TCP printer listens. */
const PrinterAddress = z.string().transform((text, context): PrinterConfig => {
  if (text === 'mock') return { kind: 'mock' };
  const groups = PRINTER_ADDRESS.exec(text)?.groups;
  const host = groups?.['host']?.replace(/^\[|\]$/g, '');
  const port = Number(groups?.['port']);
  if (host !== undefined && port > 0 && port <= 65_535) return { kind: 'escpos', host, port };
  context.addIssue({ code: 'custom', message: 'must be "mock" or "tcp://host:port"' });
  return z.NEVER;
});

const Environment = z.object({
  TOTEM_HOST: z.string().default('127.0.0.1'),
  TOTEM_KIOSK_PORT: z.coerce.number().int().min(0).max(65_535),
  /** The kiosk's own folder; deleting it is a factory reset. */
  TOTEM_DATA_DIR: z.string().min(1),
  TOTEM_SYNC_URL: z.url({ protocol: /^https?$/ }),
  /** Used once, by a totem that has no identity yet; what a wrong one means is told when it was tried. */
  TOTEM_ENROLMENT_CODE: z
    .string()
    .optional()
    .transform((code) => (code === '' ? undefined : code)),
  TOTEM_PRINTER: PrinterAddress,
  /** The folder of the built screens. */
  TOTEM_RENDERER_DIR: z.string().min(1),
  TOTEM_TECHNICIAN_PIN: z.string().regex(/^\d{4,8}$/, 'must be four to eight digits'),
});

export type PrinterConfig =
  | { readonly kind: 'mock' }
  | { readonly kind: 'escpos'; readonly host: string; readonly port: number };

export interface KioskConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly syncUrl: string;
  readonly enrolmentCode: string | undefined;
  readonly printer: PrinterConfig;
  readonly rendererDir: string;
  readonly technicianPin: string;
}

/** @throws StartupFailure naming the variable that is missing or wrong */
export function readConfig(environment: NodeJS.ProcessEnv): KioskConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StartupFailure(`configuration: ${problems.join('; ')} (see docs/kiosk.md)`);
  }
  const values = parsed.data;
  return {
    host: values.TOTEM_HOST,
    port: values.TOTEM_KIOSK_PORT,
    dataDir: values.TOTEM_DATA_DIR,
    syncUrl: values.TOTEM_SYNC_URL,
    enrolmentCode: values.TOTEM_ENROLMENT_CODE,
    printer: values.TOTEM_PRINTER,
    rendererDir: values.TOTEM_RENDERER_DIR,
    technicianPin: values.TOTEM_TECHNICIAN_PIN,
  };
}
