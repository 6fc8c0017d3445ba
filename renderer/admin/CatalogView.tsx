import { useState } from 'react';
import type { ManagedCatalog, ServiceView } from '../../domain/protocol/catalog-changes.ts';
import type { AdminSnapshot } from '../../domain/protocol/screens.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminAnswer, AdminCommands, AdminRefusal } from './admin-commands.ts';
import { EditService, type ServiceEdit } from './EditService.tsx';
import { ServiceTable } from './ServiceTable.tsx';

interface Props {
  readonly units: AdminSnapshot['units'];
  readonly commands: AdminCommands;
}

/** What a unit sells; asked for by hand, because it changes rarely and by whoever looks at it. */
export function CatalogView({ units, commands }: Props) {
  const words = text.admin.catalog;
  const [chosen, setChosen] = useState<string | null>(null);
  const [catalog, setCatalog] = useState<ManagedCatalog | null>(null);
  const [editing, setEditing] = useState<ServiceView | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const unitId = chosen ?? units[0]?.unitId;

  const run = async (work: () => Promise<AdminAnswer<ManagedCatalog>>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    setSaved(null);
    const answer = await work();
    if (answer.ok) setCatalog(answer.value);
    else setProblem(answer.code);
    setBusy(false);
    return answer.ok;
  };
  const save = async (service: ServiceView, { change, amountCents }: ServiceEdit): Promise<void> => {
    // The price first: a service that comes back on sale comes with its new price.
    const isPriced =
      amountCents === service.amountCents ||
      (await run(() => commands.changePrice(service.serviceId, amountCents)));
    if (!isPriced || !(await run(() => commands.changeService(service.serviceId, change)))) return;
    setEditing(null);
    setSaved(change.name ?? service.name);
  };

  return (
    <section className="card catalog" aria-labelledby="catalog-title">
      <h2 id="catalog-title">{words.title}</h2>
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      {saved !== null && (
        <Notice icon="check" tone="good">
          {words.saved(saved)}
        </Notice>
      )}
      {units.length > 1 && (
        <div>
          <label className="field-label" htmlFor="catalog-unit">
            {words.unit}
          </label>
          <select
            id="catalog-unit"
            className="field"
            value={unitId}
            onChange={(event) => {
              setChosen(event.target.value);
              setCatalog(null);
              setEditing(null);
            }}
          >
            {units.map((unit) => (
              <option key={unit.unitId} value={unit.unitId}>
                {unit.name}
              </option>
            ))}
          </select>
        </div>
      )}
      {catalog !== null && <ServiceTable services={catalog.services} busy={isBusy} onEdit={setEditing} />}
      {editing !== null && (
        <EditService
          key={editing.serviceId}
          service={editing}
          busy={isBusy}
          onSave={(edit) => void save(editing, edit)}
          onCancel={() => setEditing(null)}
        />
      )}
      {catalog === null && (
        <Button
          variant="secondary"
          busy={isBusy}
          disabled={unitId === undefined}
          onPress={() => unitId !== undefined && void run(() => commands.readCatalog(unitId))}
        >
          {words.show}
        </Button>
      )}
    </section>
  );
}
