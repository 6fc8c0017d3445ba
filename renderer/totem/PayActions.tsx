import type { Service } from '../../domain/protocol/catalog.ts';
import type { TicketPayment } from '../../domain/ticket.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import type { AwayLayer } from './navigation.ts';

interface Props {
  readonly service: Service;
  readonly away: AwayLayer | null;
  readonly busy: boolean;
  readonly onStart: (payment: TicketPayment) => void;
}

/** The ways on from the review: by PIX, at the counter, or free. What cannot be had now says why, in `cannot-pay`. */
export function PayActions({ service, away, busy, onStart }: Props) {
  const words = text.totem.review;
  const why = { describedBy: 'cannot-pay' } as const;
  if (service.amountCents === 0) {
    const gone = away === 'host';
    return (
      <Button size="large" busy={busy} disabled={gone} {...(gone ? why : {})} onPress={() => onStart('free')}>
        {busy ? words.starting : words.takeFree}
      </Button>
    );
  }
  return (
    <>
      {service.payAtCounter && (
        <Button
          size="large"
          variant={away === null ? 'secondary' : 'primary'}
          busy={busy}
          disabled={away === 'host'}
          {...(away === 'host' ? why : {})}
          onPress={() => onStart('at_counter')}
        >
          {words.payAtCounter}
        </Button>
      )}
      <Button
        size="large"
        busy={busy}
        disabled={away !== null}
        {...(away === null ? {} : why)}
        onPress={() => onStart('pix')}
      >
        {busy ? words.starting : words.pay(formatMoney(service.amountCents))}
      </Button>
    </>
  );
}
