import type { ReactNode } from 'react';
import { Spinner } from './Spinner.tsx';

/** A whole page that waits. */
export function Loading({ children }: { readonly children: ReactNode }) {
  return (
    <main className="full-page" aria-busy="true">
      <Spinner />
      <p role="status">{children}</p>
    </main>
  );
}
