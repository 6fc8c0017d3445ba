import type { TechnicianSnapshot } from '../../domain/protocol/screens.ts';
import { formatDuration, formatSeconds } from '../i18n/format.ts';
import { technicalWords } from '../i18n/technical.ts';
import { text } from '../i18n/text.ts';

/** A kiosk's clock may wander; beyond this a technician should look at its time service. */
const SKEW_TOLERATED_MS = 30_000;
/** Events leave within seconds while the server is there; older ones are stuck. */
const OUTBOX_STUCK_MS = 60_000;

export interface SyncFact {
  readonly name: string;
  readonly value: string;
  /** Asks for the technician's eye. */
  readonly troubled: boolean;
}

export function syncFacts(sync: TechnicianSnapshot['sync']): readonly SyncFact[] {
  const words = text.technician;
  const oldestAgeMs = sync.outboxOldestAgeMs;
  const oldest = oldestAgeMs === null ? '' : ` (${words.outboxOldest(formatDuration(oldestAgeMs))})`;
  return [
    {
      name: words.outbox,
      value: `${sync.outboxPending}${oldest}`,
      troubled: oldestAgeMs !== null && oldestAgeMs > OUTBOX_STUCK_MS,
    },
    { name: words.rejected, value: String(sync.outboxRejected), troubled: sync.outboxRejected > 0 },
    { name: words.cursor, value: String(sync.feedCursor), troubled: false },
    {
      name: words.catalog,
      value: sync.catalogVersion === null ? words.none : words.catalogVersion(sync.catalogVersion),
      troubled: sync.catalogVersion === null,
    },
    {
      name: words.skew,
      value: formatSeconds(sync.clockSkewMs === null ? null : sync.clockSkewMs / 1000),
      troubled: Math.abs(sync.clockSkewMs ?? 0) > SKEW_TOLERATED_MS,
    },
    ...(sync.lastError === null
      ? []
      : [{ name: words.lastError, value: technicalWords(sync.lastError), troubled: true }]),
  ];
}
