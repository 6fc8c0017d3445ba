import { useState } from 'react';
import {
  type SubscriptionList,
  SubscriptionStatus,
  type SubscriptionView,
} from '../../domain/protocol/recurring.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import type { AdminCommands, AdminRefusal } from './admin-commands.ts';
import { SubscriptionPayments } from './SubscriptionPayments.tsx';
import { SubscriptionTable, subscriptionName } from './SubscriptionTable.tsx';

interface Props {
  readonly commands: AdminCommands;
}

/** Of which the payments are shown; null: of those that name no subscription which is known. */
type Opened = { readonly subscription: SubscriptionView | null } | null;

/** Subscriptions and agreements, asked for by hand: they change rarely, and by whoever looks at them. */
export function SubscriptionsView({ commands }: Props) {
  const words = text.admin.subscriptions;
  const [status, setStatus] = useState<SubscriptionStatus | ''>('');
  const [found, setFound] = useState<SubscriptionList | null>(null);
  const [opened, setOpened] = useState<Opened>(null);
  const [problem, setProblem] = useState<AdminRefusal | null>(null);
  const [isBusy, setBusy] = useState(false);

  const load = async (wanted: SubscriptionStatus | ''): Promise<void> => {
    setBusy(true);
    setProblem(null);
    const answer = await commands.readSubscriptions(wanted === '' ? null : wanted);
    if (answer.ok) setFound(answer.value);
    else setProblem(answer.code);
    setBusy(false);
  };

  return (
    <section className="card audit" aria-labelledby="subscriptions-title" aria-busy={isBusy}>
      <h2 id="subscriptions-title">{words.title}</h2>
      <p className="soft">{words.intro}</p>
      {problem !== null && (
        <Notice icon="warning" tone="danger" urgent>
          {text.admin.fleet.refusal[problem]}
        </Notice>
      )}
      <form
        className="new-code"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void load(status);
        }}
      >
        <div>
          <label className="field-label" htmlFor="subscriptions-status">
            {words.filter}
          </label>
          <select
            id="subscriptions-status"
            className="field"
            value={status}
            onChange={(event) => {
              const wanted = SubscriptionStatus.safeParse(event.target.value).data ?? '';
              setStatus(wanted);
              setOpened(null);
              // What is shown is of the filter that is chosen, or nothing is.
              if (found !== null) void load(wanted);
            }}
          >
            <option value="">{words.every}</option>
            {SubscriptionStatus.options
              .filter((each) => each !== 'paid')
              .map((each) => (
                <option key={each} value={each}>
                  {words.statuses[each]}
                </option>
              ))}
          </select>
        </div>
        <Button variant="secondary" busy={isBusy}>
          {found === null ? words.show : words.refresh}
        </Button>
      </form>
      {isBusy && (
        <p className="soft" role="status">
          {words.loading}
        </p>
      )}
      {found !== null && found.subscriptions.length === 0 && (
        <Message icon="list" title={status === '' ? words.none : words.noneOfFilter}>
          {status === '' && <p>{words.noneDetail}</p>}
        </Message>
      )}
      {found !== null && found.subscriptions.length > 0 && (
        <SubscriptionTable
          subscriptions={found.subscriptions}
          onOpen={(subscription) => setOpened({ subscription })}
        />
      )}
      {found !== null && found.subscriptions.length < found.total && (
        <p className="soft">{words.more(found.subscriptions.length, found.total)}</p>
      )}
      {found !== null && found.loose > 0 && (
        <Button variant="secondary" onPress={() => setOpened({ subscription: null })}>
          {words.loose(found.loose)}
        </Button>
      )}
      {opened !== null && (
        <SubscriptionPayments
          key={opened.subscription?.subscriptionId ?? 'loose'}
          title={
            opened.subscription === null
              ? words.looseTitle
              : words.detailTitle(subscriptionName(opened.subscription))
          }
          agreementId={opened.subscription?.agreementId ?? null}
          isLoose={opened.subscription === null}
          commands={commands}
          onClose={() => setOpened(null)}
        />
      )}
    </section>
  );
}
