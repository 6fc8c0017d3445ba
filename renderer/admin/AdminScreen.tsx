import '../ui/staff.css';
import './admin.css';
import { useEffect, useMemo } from 'react';
import { text } from '../i18n/text.ts';
import { NOTHING_YET } from '../shell/screen-state.ts';
import { createScreenStore, useSubscription } from '../shell/screen-store.ts';
import { useHostNow } from '../shell/use-now.ts';
import { LinkBanner } from '../ui/LinkBanner.tsx';
import { Loading } from '../ui/Loading.tsx';
import { AuditView } from './AuditView.tsx';
import { createAdminBridge } from './admin-bridge.ts';
import { createAdminCommands } from './admin-commands.ts';
import { CatalogView } from './CatalogView.tsx';
import { CustomersView } from './CustomersView.tsx';
import { DeliveriesView } from './DeliveriesView.tsx';
import { FleetView } from './FleetView.tsx';
import { IntegrationView } from './IntegrationView.tsx';
import { MoneyView } from './MoneyView.tsx';
import { SettlementView } from './SettlementView.tsx';
import { SubscriptionsView } from './SubscriptionsView.tsx';
import { SuspenseView } from './SuspenseView.tsx';
import { TokenForm } from './TokenForm.tsx';
import { forgetToken, tokenStore } from './token-store.ts';

const adminStore = createScreenStore<'admin'>();

/** The manager's page of the sync server. */
export function AdminScreen() {
  const token = tokenStore((state) => state.token);
  return token === null ? <TokenForm /> : <Status token={token} />;
}

function Status({ token }: { readonly token: string }) {
  const bridge = useMemo(() => createAdminBridge(token, () => forgetToken(true)), [token]);
  const commands = useMemo(() => createAdminCommands(token, () => forgetToken(true)), [token]);
  useSubscription(adminStore, 'admin', bridge);
  // What one manager saw must not stand before whoever types the next token, right or wrong.
  useEffect(() => () => adminStore.setState(NOTHING_YET), []);
  const { snapshot, link, unreadable } = adminStore();
  const nowMs = useHostNow(adminStore);
  return (
    <div className="staff">
      <LinkBanner link={link} unreadable={unreadable} lostText={text.link.lostAdmin} />
      {snapshot === null ? (
        <Loading>{text.common.loading}</Loading>
      ) : (
        <IntegrationView snapshot={snapshot} onLeave={() => forgetToken(false)}>
          <MoneyView snapshot={snapshot} commands={commands} />
          <DeliveriesView fulfilment={snapshot.fulfilment} commands={commands} />
          <SubscriptionsView commands={commands} />
          <SuspenseView integration={snapshot.integration} />
          <CatalogView units={snapshot.units} commands={commands} />
          <CustomersView commands={commands} />
          <SettlementView commands={commands} nowMs={snapshot.at} />
          <AuditView commands={commands} />
          <FleetView snapshot={snapshot} commands={commands} nowMs={nowMs ?? snapshot.at} />
        </IntegrationView>
      )}
    </div>
  );
}
