import { text } from '../i18n/text.ts';

/** The page is long: what is on it, and the way there. */
export function AdminNav() {
  const { money, deliveries, subscriptions, catalog, customers, settlement, audit, fleet } = text.admin;
  const sections = { money, deliveries, subscriptions, catalog, customers, settlement, audit, fleet };
  return (
    <nav className="admin-nav" aria-label={text.admin.sections}>
      <ul>
        {Object.entries(sections).map(([name, { title }]) => (
          <li key={name}>
            <a href={`#${name}-title`}>{title}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
