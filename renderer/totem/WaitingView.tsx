import type { ReactNode } from 'react';
import { Spinner } from '../ui/Spinner.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';

export function WaitingView({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="view view-centred" aria-busy="true">
      <Spinner />
      <ViewTitle>{title}</ViewTitle>
      <p className="lead">{children}</p>
    </section>
  );
}
