import type { CustomerView } from '../../domain/protocol/customers.ts';
import { formatDateTime } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';

interface Props {
  readonly customer: CustomerView;
  readonly busy: boolean;
  readonly onAccesses: () => void;
  readonly onExport: () => void;
  readonly onErase: () => void;
}

const TONES = { known: 'good', erasing: 'warning', erased: 'calm' } as const;

/** What is held of one person. */
export function CustomerCard({ customer, busy, onAccesses, onExport, onErase }: Props) {
  const words = text.admin.customers;
  const { status, name, document, email, emails, phone, createdAt, lastSeenAt, erasedAt } = customer;
  const facts = [
    [words.name, name],
    [words.document, document],
    [words.email, [...new Set([email, ...emails])].filter((each) => each !== null).join(', ') || null],
    [words.phone, phone],
    [words.firstSeen, formatDateTime(createdAt)],
    [words.lastSeen, formatDateTime(lastSeenAt)],
    ...(erasedAt === null ? [] : [[words.erasedAt, formatDateTime(erasedAt)] as const]),
  ] as const;
  return (
    <div className="customer">
      <span className={`badge tone-${TONES[status]}`}>{words.states[status]}</span>
      {status === 'erased' && <p className="soft">{words.erasedDetail}</p>}
      <dl className="customer-facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value ?? words.unknown}</dd>
          </div>
        ))}
      </dl>
      <div className="fleet-actions">
        <Button variant="secondary" busy={busy} onPress={onExport}>
          {words.export}
        </Button>
        <Button variant="secondary" busy={busy} onPress={onAccesses}>
          {words.accesses}
        </Button>
        {status !== 'erased' && (
          <Button variant="danger" busy={busy} onPress={onErase}>
            {words.erase}
          </Button>
        )}
      </div>
    </div>
  );
}
