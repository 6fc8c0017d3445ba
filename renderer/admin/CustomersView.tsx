import { type FormEvent, useState } from 'react';
import type { CustomerView, PersonAccessList } from '../../domain/protocol/customers.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import { AccessLog } from './AccessLog.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { CustomerCard } from './CustomerCard.tsx';
import { EraseDialog } from './EraseDialog.tsx';
import { saveFile } from './save-file.ts';

type Found = { readonly kind: 'customer'; readonly customer: CustomerView } | { readonly kind: 'nobody' };

/** One person at a time, asked for by what they say at the counter: what is held of them, a copy of it, its end. */
export function CustomersView({ commands }: { readonly commands: AdminCommands }) {
  const words = text.admin.customers;
  const [asked, setAsked] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [seen, setSeen] = useState<{ readonly of: string | null; readonly list: PersonAccessList } | null>(
    null,
  );
  const [isErasing, setErasing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const canSearch = asked.trim().length >= 3;

  const run = async (work: () => Promise<AdminRefusal | null>): Promise<void> => {
    setBusy(true);
    setProblem(null);
    setDone(null);
    setProblem(await work());
    setBusy(false);
  };
  const search = (): Promise<void> =>
    run(async () => {
      const answer = await commands.findCustomer(asked.trim());
      if (!answer.ok && answer.code !== 'unknown_customer') return answer.code;
      setFound(answer.ok ? { kind: 'customer', customer: answer.value } : { kind: 'nobody' });
      setSeen(null);
      return null;
    });
  const save = ({ customerId }: CustomerView): Promise<void> =>
    run(async () => {
      const answer = await commands.exportCustomer(customerId);
      if (!answer.ok) return answer.code;
      saveFile(`cliente-${customerId}.json`, 'application/json', JSON.stringify(answer.value, null, 2));
      setDone(words.exported);
      return null;
    });
  const showAccesses = (of: string | null): Promise<void> =>
    run(async () => {
      const answer = await commands.readAccesses(of);
      if (!answer.ok) return answer.code;
      setSeen({ of, list: answer.value });
      return null;
    });
  const erase = ({ customerId }: CustomerView, reason: string, by: string): Promise<void> =>
    run(async () => {
      const answer = await commands.eraseCustomer(customerId, reason, by);
      setErasing(false);
      if (!answer.ok) return answer.code;
      const now = await commands.readCustomer(customerId);
      if (!now.ok) return now.code;
      setFound({ kind: 'customer', customer: now.value });
      setAsked('');
      setDone(words.erased);
      return null;
    });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (canSearch && !isBusy) void search();
  };

  return (
    <section className="card customers" aria-labelledby="customers-title">
      <h2 id="customers-title">{words.title}</h2>
      <form className="new-code" onSubmit={submit}>
        <div>
          <label className="field-label" htmlFor="customer-search">
            {words.search}
          </label>
          <input
            id="customer-search"
            className="field"
            autoComplete="off"
            spellCheck={false}
            maxLength={254}
            value={asked}
            aria-describedby="customer-search-hint"
            onChange={(event) => setAsked(event.target.value)}
          />
          <p id="customer-search-hint" className="field-hint">
            {words.searchHint}
          </p>
        </div>
        <Button disabled={!canSearch} busy={isBusy} onPress={() => void search()}>
          {words.find}
        </Button>
      </form>
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      {done !== null && (
        <Notice icon="check" tone="good">
          {done}
        </Notice>
      )}
      {found?.kind === 'nobody' && (
        <Message icon="person" title={words.nobody}>
          <p>{words.nobodyDetail}</p>
        </Message>
      )}
      {found?.kind === 'customer' && (
        <CustomerCard
          customer={found.customer}
          busy={isBusy}
          onAccesses={() => void showAccesses(found.customer.customerId)}
          onExport={() => void save(found.customer)}
          onErase={() => setErasing(true)}
        />
      )}
      {seen === null ? (
        <Button variant="secondary" busy={isBusy} onPress={() => void showAccesses(null)}>
          {words.everyAccess}
        </Button>
      ) : (
        <AccessLog list={seen.list} isOfOne={seen.of !== null} onClose={() => setSeen(null)} />
      )}
      {isErasing && found?.kind === 'customer' && (
        <EraseDialog
          busy={isBusy}
          onConfirm={(reason, by) => void erase(found.customer, reason, by)}
          onKeep={() => setErasing(false)}
        />
      )}
    </section>
  );
}
