import { text } from '../i18n/text.ts';
import { Message } from '../ui/Message.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { TechnicianCorner } from './TechnicianCorner.tsx';

/** The totem cannot store a sale, so it makes none. It comes back by itself. */
export function OutOfServiceView({ money }: { readonly money: 'untouched' | 'kept' }) {
  return (
    <section className="view attract">
      <div className="attract-words">
        <ViewTitle>{text.totem.outOfService.title}</ViewTitle>
      </div>
      <div className="attract-action" role="alert">
        <div className="panel-box">
          <Message icon="warning" title={text.totem.outOfService.call} tone="danger">
            <p>{text.totem.outOfService[money]}</p>
          </Message>
        </div>
      </div>
      <TechnicianCorner />
    </section>
  );
}
