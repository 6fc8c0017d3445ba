import { text } from '../i18n/text.ts';
import { Message } from '../ui/Message.tsx';
import { ViewTitle } from '../ui/ViewTitle.tsx';
import { TechnicianCorner } from './TechnicianCorner.tsx';

/** The server does not know this totem, or not any more: a technician has to enrol it. */
export function NoIdentityView({ enrolment }: { readonly enrolment: 'not_enrolled' | 'revoked' }) {
  const words = text.totem.noIdentity[enrolment];
  return (
    <section className="view attract">
      <div className="attract-words">
        <ViewTitle>{words.title}</ViewTitle>
      </div>
      <div className="attract-action">
        <div className="panel-box">
          <Message icon="info" title={words.call}>
            <p>{words.detail}</p>
          </Message>
        </div>
      </div>
      <TechnicianCorner />
    </section>
  );
}
