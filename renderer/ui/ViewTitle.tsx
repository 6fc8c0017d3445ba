import { type ReactNode, useEffect, useRef } from 'react';

/** The heading of a view. It takes the focus as the view appears: a screen reader speaks it, Tab goes on from here. */
export function ViewTitle({ children }: { readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={heading} tabIndex={-1} className="view-title">
      {children}
    </h1>
  );
}
