import { SuspenseList } from '../../domain/protocol/reconciliation.ts';
import { DEMO_SHOP } from '../../sync-server/catalog/demo-shop.ts';
import type { Hall } from '../hall.ts';
import { type KioskSide, PIN } from '../sides/kiosk-side.ts';
import { MANAGER_TOKEN } from '../sides/server-side.ts';

const PAUSE_MS = { from: 2_000, to: 6_000 };
const ROUND_MS = { from: 40_000, to: 80_000 };

/**
 * Makes a totem known to the server, again and again until it is: a manager makes a code, and a technician types it.
 * The manager sits beside the server, the technician before the totem, so that only the totem's own line can fail.
 */
export function enrol(hall: Hall, kiosk: KioskSide): void {
  const { world } = hall;
  const attempt = async (): Promise<void> => {
    const { engine } = kiosk;
    if (kiosk.goneForGood || engine?.snapshot('totem').enrolment === 'enrolled') return;
    world.agenda.after(world.random.int(PAUSE_MS.from, PAUSE_MS.to), `enrol ${kiosk.kioskId}`, tryAgain);
    if (engine === null) return;
    const made = await ask(hall, '/v1/enrolments', { unitId: DEMO_SHOP.unitId, kioskId: kiosk.kioskId });
    if (made === null || kiosk.engine !== engine) return;
    const { code } = JSON.parse(made) as { code: string };
    const result = await engine.execute({ kind: 'technician.enrol', pin: PIN, code });
    world.tell('technician', `enrols ${kiosk.kioskId}: ${result.ok ? 'ok' : result.code}`);
  };
  const tryAgain = (): void => void attempt().catch(world.fail);
  tryAgain();
}

/** Looks now and then at the money of which the server does not know what it is for, and sends it back. */
export function managerWorks(hall: Hall): void {
  const { world } = hall;
  const round = async (): Promise<void> => {
    world.agenda.after(world.random.int(ROUND_MS.from, ROUND_MS.to), 'manager', begin);
    const list = await ask(hall, '/v1/suspense?status=open', null, 'GET');
    if (list === null) return;
    for (const { receiptId } of SuspenseList.parse(JSON.parse(list)).items) {
      const decision = { receiptId, resolution: 'refund', by: 'manager' };
      const answer = await ask(hall, '/v1/suspense/resolve', decision);
      world.tell('manager', `sends ${receiptId.slice(-8)} back: ${answer === null ? 'not now' : 'ok'}`);
    }
  };
  const begin = (): void => void round().catch(world.fail);
  world.agenda.after(world.random.int(ROUND_MS.from, ROUND_MS.to), 'manager', begin);
}

/** Halls in which a totem was shut out at least once. */
export const hallsWithRevocations = new WeakSet<Hall>();

/** Shuts a totem out, and lets it in again some time later. */
export function revoke(hall: Hall, kiosk: KioskSide, forMs: number): void {
  const { world } = hall;
  hallsWithRevocations.add(hall);
  const press = (): void => {
    ask(hall, `/v1/kiosks/${kiosk.kioskId}/revoke`, null).then((answer) => {
      // A server that died over it may have done it all the same: the manager presses until it says so.
      if (answer === null) {
        world.agenda.after(PAUSE_MS.to, `revoke ${kiosk.kioskId} again`, press);
        return;
      }
      world.tell('manager', `revokes ${kiosk.kioskId}`);
      world.agenda.after(forMs, `${kiosk.kioskId} may come back`, () => enrolAnew(hall, kiosk));
    }, world.fail);
  };
  press();
}

/** A totem that was cut off has not heard yet that it was revoked: it is enrolled when it knows. */
function enrolAnew(hall: Hall, kiosk: KioskSide): void {
  const { world } = hall;
  if (kiosk.goneForGood) return;
  if (kiosk.engine !== null && kiosk.engine.snapshot('totem').enrolment !== 'enrolled') enrol(hall, kiosk);
  else world.agenda.after(2_000, `is ${kiosk.kioskId} out`, () => enrolAnew(hall, kiosk));
}

/** @returns null when the server does not do it now */
async function ask(
  { server }: Hall,
  path: string,
  body: unknown,
  method: 'GET' | 'POST' = 'POST',
): Promise<string | null> {
  const answer = await server
    .listener()?.({
      method,
      path,
      headers: {
        authorization: `Bearer ${MANAGER_TOKEN}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      },
      body: body === null ? '' : JSON.stringify(body),
    })
    .catch(() => null);
  return answer?.status === 200 && typeof answer.body === 'string' ? answer.body : null;
}
