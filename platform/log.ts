import pino from 'pino';

export type Log = pino.Logger;

/** Field names that never reach a log: personal data, secrets, and what pays. */
const REDACTED = [
  'cpf',
  'customerCpf',
  'customerName',
  'nome',
  'token',
  'authorization',
  'pin',
  'client_secret',
  'brCode',
];

/**
 * Structured logs on stderr, one JSON object a line.
 * @param name the process: "sync-server", "kiosk", …
 */
export function createLog(name: string, level: string = process.env['TOTEM_LOG'] ?? 'info'): Log {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: describeError },
      redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** What a reader needs of an error. Libraries hang whole connections on theirs, which do not belong into a log. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...cause,
  };
}

export const silentLog: Log = pino({ level: 'silent' });
