import { useState } from 'react';
import type { EnrolmentResponse } from '../../domain/protocol/identity.ts';
import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { FleetTable } from './FleetTable.tsx';
import { IssuedCode } from './IssuedCode.tsx';
import { NewCodeForm } from './NewCodeForm.tsx';

interface Props {
  readonly snapshot: AdminSnapshot;
  readonly commands: AdminCommands;
  /** The server's clock, ticking. */
  readonly nowMs: number;
}

/** Which totems may speak to the server: a code for a new one, an end for a lost one. */
export function FleetView({ snapshot, commands, nowMs }: Props) {
  const { fleet, units } = snapshot;
  const [issued, setIssued] = useState<EnrolmentResponse | null>(null);
  const [revoking, setRevoking] = useState<string | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [isBusy, setBusy] = useState(false);

  const run = async (work: () => Promise<AdminRefusal | null>): Promise<void> => {
    setBusy(true);
    setProblem(null);
    setProblem(await work());
    setBusy(false);
  };
  const makeCode = (unitId: string, kioskId: string): Promise<void> =>
    run(async () => {
      const answer = await commands.makeCode(unitId, kioskId);
      if (!answer.ok) return answer.code;
      setIssued(answer.value);
      return null;
    });
  const revoke = (kioskId: string): Promise<void> =>
    run(async () => {
      const answer = await commands.revoke(kioskId);
      setRevoking(null);
      return answer.ok ? null : answer.code;
    });

  return (
    <section className="card fleet" aria-labelledby="fleet-title">
      <h2 id="fleet-title">{text.admin.fleet.title}</h2>
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      <FleetTable
        fleet={fleet}
        units={units}
        nowMs={nowMs}
        busy={isBusy}
        onNewCode={(kiosk) => void makeCode(kiosk.unitId, kiosk.kioskId)}
        onRevoke={setRevoking}
      />
      {issued === null ? (
        <NewCodeForm fleet={fleet} units={units} busy={isBusy} onMake={makeCode} />
      ) : (
        <IssuedCode issued={issued} fleet={fleet} nowMs={nowMs} onClose={() => setIssued(null)} />
      )}
      {revoking !== null && (
        <Dialog title={text.admin.fleet.revokeTitle(revoking)} onDismiss={() => setRevoking(null)}>
          <p>{text.admin.fleet.revokeDetail}</p>
          <div className="dialog-actions">
            <Button variant="secondary" autoFocus onPress={() => setRevoking(null)}>
              {text.admin.fleet.revokeKeep}
            </Button>
            <Button variant="danger" busy={isBusy} onPress={() => void revoke(revoking)}>
              {text.admin.fleet.revokeConfirm}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
