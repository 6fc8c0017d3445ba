import { useEffect, useRef, useState } from 'react';
import type { ServiceChange, ServiceView } from '../../domain/protocol/catalog-changes.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { centsOf, priceText } from './price-text.ts';

export interface ServiceEdit {
  readonly change: ServiceChange;
  readonly amountCents: number;
}

interface Props {
  readonly service: ServiceView;
  readonly busy: boolean;
  readonly onSave: (edit: ServiceEdit) => void;
  readonly onCancel: () => void;
}

/** Name, national price, and whether it is sold; the rest is changed by command. */
export function EditService({ service, busy, onSave, onCancel }: Props) {
  const words = text.admin.catalog;
  const [name, setName] = useState(service.name);
  const [price, setPrice] = useState(priceText(service.amountCents));
  const [active, setActive] = useState(service.active);
  const first = useRef<HTMLInputElement>(null);
  // The form opens below the table: whoever asked for it is taken there.
  useEffect(() => first.current?.focus(), []);
  const amountCents = centsOf(price);
  const isName = name.trim() !== '';
  const canSave = isName && amountCents !== null;
  const save = (): void => {
    if (canSave && !busy) onSave({ change: { name: name.trim(), active }, amountCents });
  };
  return (
    <form
      className="edit-service"
      aria-labelledby="edit-service-title"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <h3 id="edit-service-title">{words.editTitle(service.name)}</h3>
      <div>
        <label className="field-label" htmlFor="service-name">
          {words.nameLabel}
        </label>
        <input
          id="service-name"
          ref={first}
          className="field"
          autoComplete="off"
          maxLength={60}
          value={name}
          aria-invalid={!isName}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <div>
        <label className="field-label" htmlFor="service-price">
          {words.priceLabel}
        </label>
        <input
          id="service-price"
          className="field"
          inputMode="decimal"
          autoComplete="off"
          maxLength={11}
          value={price}
          aria-invalid={amountCents === null}
          aria-describedby="service-price-hint"
          onChange={(event) => setPrice(event.target.value)}
        />
        <p id="service-price-hint" className={`field-hint ${amountCents === null ? 'tone-danger' : ''}`}>
          {words.priceHint}
        </p>
      </div>
      <div>
        <label className="field-label" htmlFor="service-active">
          {words.activeLabel}
        </label>
        <select
          id="service-active"
          className="field"
          value={active ? 'on' : 'off'}
          onChange={(event) => setActive(event.target.value === 'on')}
        >
          <option value="on">{words.onSale}</option>
          <option value="off">{words.offSale}</option>
        </select>
      </div>
      <div className="fleet-actions">
        <Button disabled={!canSave} busy={busy}>
          {words.save}
        </Button>
        <Button variant="secondary" onPress={onCancel}>
          {words.cancel}
        </Button>
      </div>
    </form>
  );
}
