import type { Command } from 'commander';
import { z } from 'zod';
import { KioskView } from '../../domain/protocol/identity.ts';
import { KioskId, Uuid } from '../../domain/protocol/primitives.ts';
import { askAsManager, askEnrolmentCode } from '../../scripts/manager-api.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';
import { type AccessOptions, accessOf, withAccess } from '../server-access.ts';

interface EnrolOptions extends AccessOptions {
  readonly unit: string;
  readonly kiosk: string;
}

const Fleet = z.object({ kiosks: z.array(KioskView) });

/** `enrol`, `kiosks list` and `kiosks revoke`: which totems may speak to a sync server. */
export function addKiosksCommands(program: Command, terminal: Terminal): void {
  reportOutcome<EnrolOptions>(
    withAccess(program.command('enrol'))
      .description('make a code, good once and for 15 minutes, by which a totem enrols itself')
      .requiredOption('--unit <id>', 'the unit that the totem sells for')
      .requiredOption('--kiosk <name>', 'the totem’s name, as totem-3; one that exists gets a new key'),
    terminal,
    (_args, options) => enrol(options),
  );
  const kiosks = program.command('kiosks').description('the totems of a sync server');
  reportOutcome<AccessOptions>(
    withAccess(kiosks.command('list')).description('list them, with when each was last seen'),
    terminal,
    (_args, options) => list(options),
  );
  reportOutcome<AccessOptions>(
    withAccess(kiosks.command('revoke'))
      .description('shut a totem out at once, until it is enrolled again')
      .argument('<name>', 'as totem-3'),
    terminal,
    ([kioskId = ''], options) => revoke(options, kioskId),
  );
}

async function enrol(options: EnrolOptions): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const unitId = Uuid.safeParse(options.unit);
  if (!unitId.success)
    return { ok: false, code: 'invalid_unit', message: `"${options.unit}" is no id of a unit (a UUID)` };
  if (!KioskId.safeParse(options.kiosk).success) return invalidKiosk(options.kiosk);
  const made = await askEnrolmentCode(access.value, unitId.data, options.kiosk);
  if (!made.ok) return made;
  const { code, expiresAt, kioskId } = made.value;
  const until = new Date(expiresAt).toLocaleTimeString('en-GB');
  return {
    ok: true,
    data: made.value,
    text: `${code.slice(0, 4)}-${code.slice(4)}\nfor ${kioskId}, good once and until ${until}: type it at the totem`,
  };
}

async function list(options: AccessOptions): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const fleet = await askAsManager(access.value, Fleet, 'GET', '/v1/kiosks');
  if (!fleet.ok) return fleet;
  const lines = fleet.value.kiosks.map(
    (kiosk) =>
      `${kiosk.kioskId.padEnd(16)} ${stateOf(kiosk).padEnd(13)} last seen ${new Date(kiosk.lastSeenAt).toISOString()}`,
  );
  return {
    ok: true,
    data: fleet.value.kiosks,
    text: lines.length === 0 ? 'no totems yet' : lines.join('\n'),
  };
}

async function revoke(options: AccessOptions, kioskId: string): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  if (!KioskId.safeParse(kioskId).success) return invalidKiosk(kioskId);
  const revoked = await askAsManager(access.value, KioskView, 'POST', `/v1/kiosks/${kioskId}/revoke`);
  if (!revoked.ok) return revoked;
  return { ok: true, data: revoked.value, text: `${kioskId} is revoked; enrol it again to let it in` };
}

function invalidKiosk(name: string): Outcome {
  return {
    ok: false,
    code: 'invalid_kiosk',
    message: `"${name}" is no name of a totem: small letters, digits and dashes, at most 40`,
  };
}

function stateOf({ revokedAt, enrolledAt }: KioskView): string {
  if (revokedAt !== null) return 'revoked';
  return enrolledAt === null ? 'not enrolled' : 'enrolled';
}
