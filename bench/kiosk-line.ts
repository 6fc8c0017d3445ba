import { createFileIdentity } from '../main/identity/file-identity.ts';
import type { KioskIdentity } from '../main/identity/kiosk-identity.ts';
import { createServerClient, type ServerClient } from '../main/sync/server-client.ts';
import { createServerTime, type ServerTime } from '../main/sync/server-time.ts';
import { createLog } from '../platform/log.ts';
import { systemClock, systemRandom } from '../platform/system.ts';

/** A kiosk's line to the sync server without the kiosk: its identity and what is signed with it. */
export interface KioskLine {
  readonly identity: KioskIdentity;
  readonly client: ServerClient;
  readonly serverTime: ServerTime;
}

/** @param identityFile where the identity rests; made by `identity.enrol` */
export function openKioskLine(identityFile: string, syncUrl: string): KioskLine {
  const serverTime = createServerTime(systemClock);
  const identity = createFileIdentity({
    file: identityFile,
    clock: systemClock,
    randomBytes: systemRandom,
    serverTime,
    ask: (request) => client.enrol(request),
    mayBecome: () => true,
    log: createLog('bench-kiosk', 'warn'),
  });
  const client = createServerClient({ syncUrl, credentials: identity, serverTime, clock: systemClock });
  return { identity, client, serverTime };
}
