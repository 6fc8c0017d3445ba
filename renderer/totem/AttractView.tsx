import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Icon, type IconName } from '../ui/Icon.tsx';
import { Message } from '../ui/Message.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { type AwayLayer, awayFromPix } from './navigation.ts';
import { PrinterNotice } from './PrinterNotice.tsx';
import { goTo, totemStore } from './stores.ts';
import { TechnicianCorner } from './TechnicianCorner.tsx';

const STEP_ICONS: readonly IconName[] = ['list', 'scan', 'ticket'];

/** The start. The button's surface is the whole page: a touch anywhere begins. */
export function AttractView({ unavailable }: { readonly unavailable: AwayLayer | null }) {
  const { snapshot, link } = totemStore();
  const server = snapshot?.server;
  const away = snapshot === null ? null : awayFromPix(snapshot, link);
  return (
    <section className="view attract">
      <div className="attract-words">
        <ViewTitle>{text.totem.attract.title}</ViewTitle>
        {unavailable === null && (
          <p className="lead">
            {away === null ? text.totem.attract.lead : text.totem.attract.leadWithoutPix}
          </p>
        )}
      </div>
      {unavailable === null && away === null && (
        <ol className="attract-steps">
          {text.totem.attract.steps.map((step, index) => (
            <li key={step}>
              <Icon name={STEP_ICONS[index] ?? 'check'} />
              <span>{step}</span>
            </li>
          ))}
        </ol>
      )}
      <div className="attract-action" aria-live="polite">
        {unavailable === null ? (
          <div className="attract-start">
            <Button size="large" onPress={() => goTo({ at: 'services' })}>
              {text.totem.attract.start}
              <Icon name="arrowRight" />
            </Button>
          </div>
        ) : (
          <div className="panel-box">
            <Message icon="offline" title={text.totem.unavailable.title} tone="warning">
              <p>{text.totem.unavailable[unavailable]}</p>
              <p>{text.totem.unavailable.recovers}</p>
            </Message>
          </div>
        )}
        {unavailable === null && server === 'connecting' && (
          <Notice icon="info" tone="calm">
            {text.totem.connecting}
          </Notice>
        )}
        {unavailable === null && away !== null && (
          <Notice icon="offline" tone="warning">
            {text.totem.noPix[away]} {text.totem.noPix.others}
          </Notice>
        )}
        {unavailable === null && <PrinterNotice />}
      </div>
      <TechnicianCorner />
    </section>
  );
}
