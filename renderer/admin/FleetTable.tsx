import type { KioskView } from '../../domain/protocol/identity.ts';
import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { formatDateTime, formatDuration } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message, type Tone } from '../ui/Message.tsx';
import { type KioskState, stateOfKiosk } from './fleet-view.ts';

const TONE: Record<KioskState, Tone> = {
  in_touch: 'good',
  silent: 'warning',
  not_enrolled: 'warning',
  revoked: 'danger',
};

interface Props {
  readonly fleet: readonly KioskView[];
  readonly units: AdminSnapshot['units'];
  readonly nowMs: number;
  readonly busy: boolean;
  readonly onNewCode: (kiosk: KioskView) => void;
  readonly onRevoke: (kioskId: string) => void;
}

export function FleetTable({ fleet, units, nowMs, busy, onNewCode, onRevoke }: Props) {
  if (fleet.length === 0) {
    return (
      <Message icon="scan" title={text.admin.fleet.none}>
        <p>{text.admin.fleet.noneDetail}</p>
      </Message>
    );
  }
  const unitName = (unitId: string): string => units.find((unit) => unit.unitId === unitId)?.name ?? '–';
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{text.admin.kiosk}</th>
            <th scope="col">{text.admin.fleet.unit}</th>
            <th scope="col">{text.admin.fleet.state}</th>
            <th scope="col">{text.admin.fleet.enrolledAt}</th>
            <th scope="col">{text.admin.fleet.lastSeen}</th>
            <th scope="col">{text.admin.fleet.actions}</th>
          </tr>
        </thead>
        <tbody>
          {fleet.map((kiosk) => {
            const state = stateOfKiosk(kiosk, nowMs);
            return (
              <tr key={kiosk.kioskId}>
                <td className="table-label">{kiosk.kioskId}</td>
                <td>{unitName(kiosk.unitId)}</td>
                <td>
                  <span className={`badge tone-${TONE[state]}`}>{text.admin.fleet.states[state]}</span>
                </td>
                <td>{kiosk.enrolledAt === null ? '–' : formatDateTime(kiosk.enrolledAt)}</td>
                <td>{text.admin.fleet.ago(formatDuration(nowMs - kiosk.lastSeenAt))}</td>
                <td>
                  <div className="fleet-actions">
                    <Button
                      variant="secondary"
                      busy={busy}
                      label={text.admin.fleet.newCodeFor(kiosk.kioskId)}
                      onPress={() => onNewCode(kiosk)}
                    >
                      {text.admin.fleet.newCode}
                    </Button>
                    <Button
                      variant="danger"
                      disabled={state === 'revoked'}
                      label={text.admin.fleet.revokeOf(kiosk.kioskId)}
                      onPress={() => onRevoke(kiosk.kioskId)}
                    >
                      {text.admin.fleet.revoke}
                    </Button>
                  </div>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
