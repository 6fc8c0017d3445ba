import { useState } from 'react';
import type { KioskView } from '../../domain/protocol/identity.ts';
import { KioskId } from '../../domain/protocol/primitives.ts';
import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { nextKioskName } from './fleet-view.ts';

interface Props {
  readonly fleet: readonly KioskView[];
  readonly units: AdminSnapshot['units'];
  readonly busy: boolean;
  readonly onMake: (unitId: string, kioskId: string) => Promise<void>;
}

/** A code for a totem that is not there yet; the name is proposed and can be changed. */
export function NewCodeForm({ fleet, units, busy, onMake }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const kioskId = typed ?? nextKioskName(fleet);
  const unitId = chosen ?? units[0]?.unitId;
  const isName = KioskId.safeParse(kioskId).success;
  const canMake = isName && unitId !== undefined;
  const make = (): void => {
    if (canMake && !busy) void onMake(unitId, kioskId);
  };
  return (
    <form
      className="new-code"
      onSubmit={(event) => {
        event.preventDefault();
        make();
      }}
    >
      <div>
        <label className="field-label" htmlFor="kiosk-name">
          {text.admin.fleet.name}
        </label>
        <input
          id="kiosk-name"
          className="field"
          autoComplete="off"
          spellCheck={false}
          maxLength={40}
          value={kioskId}
          aria-invalid={!isName}
          aria-describedby="kiosk-name-hint"
          onChange={(event) => setTyped(event.target.value.toLowerCase())}
        />
        <p id="kiosk-name-hint" className={`field-hint ${isName ? '' : 'tone-danger'}`}>
          {text.admin.fleet.nameHint}
        </p>
      </div>
      {units.length > 1 && (
        <div>
          <label className="field-label" htmlFor="kiosk-unit">
            {text.admin.fleet.unit}
          </label>
          <select
            id="kiosk-unit"
            className="field"
            value={unitId}
            onChange={(event) => setChosen(event.target.value)}
          >
            {units.map((unit) => (
              <option key={unit.unitId} value={unit.unitId}>
                {unit.name}
              </option>
            ))}
          </select>
          <p className="field-hint" />
        </div>
      )}
      <Button disabled={!canMake} busy={busy} onPress={make}>
        {text.admin.fleet.makeCode}
      </Button>
    </form>
  );
}
