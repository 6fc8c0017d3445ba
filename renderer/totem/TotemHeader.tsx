import type { TotemSnapshot } from '../../domain/protocol/screens.ts';

export function TotemHeader({ unit }: { readonly unit: TotemSnapshot['unit'] }) {
  return (
    <header className="totem-header">
      <span className="totem-merchant">{unit?.merchantName}</span>
      <span className="totem-unit">{unit?.unitName}</span>
    </header>
  );
}
