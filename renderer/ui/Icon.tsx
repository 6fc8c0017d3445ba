const PATHS = {
  arrowLeft: 'M15 5l-7 7 7 7',
  arrowRight: 'M9 5l7 7-7 7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warning: 'M12 4L2.8 20h18.4L12 4zM12 10v4.5M12 17.2v.1',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.6v.1',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5.2l3.4 2',
  printer: 'M7 9V3.5h10V9M7 17H4V9.5h16V17h-3M7 14h10v6.5H7V14z',
  ticket:
    'M4 6.5h16v3.2a2.3 2.3 0 0 0 0 4.6v3.2H4v-3.2a2.3 2.3 0 0 0 0-4.6V6.5zM14.5 7v2M14.5 11v2M14.5 15v2',
  offline: 'M3 9a13 13 0 0 1 18 0M6.5 12.7a8 8 0 0 1 11 0M12 18.2v.1M4 3.5l16 17',
  list: 'M4 6h16M4 12h16M4 18h10',
  money: 'M3 7h18v10H3V7zM12 9.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8zM6 12v.1M18 12v.1',
  phone: 'M8 2.8h8v18.4H8V2.8zM11 18.4h2',
  scan: 'M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16',
  sound: 'M4 9.5v5h3.5L12 18V6L7.5 9.5H4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  erase: 'M9 6h12v12H9l-6-6 6-6zM12.5 9.8l4.6 4.6M17.1 9.8l-4.6 4.6',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5a7.5 7.5 0 0 1 15 0',
  lock: 'M6 11h12v9.5H6V11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
} as const;

export type IconName = keyof typeof PATHS;

/** A line icon of 24 units, sized by the text around it; decoration only, the words beside it carry the meaning. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
