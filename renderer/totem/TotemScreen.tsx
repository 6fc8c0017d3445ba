import './totem.css';
import { useEffect } from 'react';
import { bridge } from '../bridge.ts';
import { text } from '../i18n/text.ts';
import { useSubscription } from '../shell/screen-store.ts';
import { LinkBanner } from '../ui/LinkBanner.tsx';
import { Notice } from '../ui/Notice.tsx';
import { AttractView } from './AttractView.tsx';
import { CheckoutSteps } from './checkout/CheckoutSteps.tsx';
import { IdentifyView } from './IdentifyView.tsx';
import { IdleGuard } from './IdleGuard.tsx';
import { NoIdentityView } from './NoIdentityView.tsx';
import { AT_ATTRACT, type ChosenPayment, type TotemView, totemView, waitsForCustomer } from './navigation.ts';
import { OutOfServiceView } from './OutOfServiceView.tsx';
import { ReviewView } from './ReviewView.tsx';
import { ServicesView } from './ServicesView.tsx';
import { navigationStore, startOver, totemStore } from './stores.ts';
import { TotemHeader } from './TotemHeader.tsx';
import { WaitingView } from './WaitingView.tsx';

/** The customer's screen: one view at a time, chosen by navigation.ts. */
export function TotemScreen() {
  useSubscription(totemStore, 'totem', bridge);
  const { snapshot, link, unreadable } = totemStore();
  const navigation = navigationStore();
  const view = totemView(snapshot, link, navigation);
  const inCheckout = view.name === 'checkout';

  // Once there is a session, what was typed has served its purpose. The session's snapshot may come before the answer
  // to the command that began it, and that answer moves the navigation once more.
  useEffect(() => {
    if (inCheckout && navigation !== AT_ATTRACT) startOver();
  }, [inCheckout, navigation]);

  return (
    <div className="totem">
      <TotemHeader unit={snapshot?.unit ?? null} />
      <div className="totem-notices">
        {view.name !== 'unavailable' && <LinkBanner link={link} unreadable={unreadable} />}
        {snapshot?.lateTicket != null && (
          <Notice icon="ticket" tone="good">
            {text.totem.lateTicket(snapshot.lateTicket.label)}
          </Notice>
        )}
      </div>
      <main className="totem-main" data-view={inCheckout ? view.checkout.step : view.name}>
        <View view={view} />
      </main>
      {waitsForCustomer(view) && <IdleGuard onLeft={startOver} />}
    </div>
  );
}

function StartingView({ payment }: { readonly payment: ChosenPayment }) {
  const { creating, printing, card } = text.totem;
  switch (payment) {
    case 'pix':
      return <WaitingView title={creating.title}>{creating.detail}</WaitingView>;
    case 'card':
      return <WaitingView title={card.creating}>{creating.detail}</WaitingView>;
    default:
      return <WaitingView title={printing.localTitle}>{printing.detail}</WaitingView>;
  }
}

function View({ view }: { readonly view: TotemView }) {
  switch (view.name) {
    case 'preparing':
      return (
        <WaitingView title={text.totem.attract.preparing}>{text.totem.attract.preparingDetail}</WaitingView>
      );
    case 'unavailable':
      return <AttractView unavailable={view.layer} />;
    case 'out_of_service':
      return <OutOfServiceView money={view.money} />;
    case 'no_identity':
      return <NoIdentityView enrolment={view.enrolment} />;
    case 'attract':
      return <AttractView unavailable={null} />;
    case 'services':
      return <ServicesView />;
    case 'review':
      return <ReviewView service={view.service} />;
    case 'identify':
      return <IdentifyView key={view.field} field={view.field} />;
    case 'starting':
      return <StartingView payment={view.payment} />;
    case 'checkout':
      return <CheckoutSteps checkout={view.checkout} />;
  }
}
