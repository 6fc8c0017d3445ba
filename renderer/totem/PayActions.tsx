import type { Service } from '../../domain/protocol/catalog.ts';
import { formatMoney } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import type { AwayLayer, ChosenPayment } from './navigation.ts';

interface Props {
  readonly service: Service;
  readonly away: AwayLayer | null;
  readonly awayFromCard: AwayLayer | null;
  readonly busy: boolean;
  readonly onStart: (payment: ChosenPayment) => void;
}

const WHY = { describedBy: 'cannot-pay' } as const;

/**
 * The ways on from the review: by PIX, by card, at the counter, or free. What cannot be had now says why, in
 * `cannot-pay`.
 */
export function PayActions({ service, away, awayFromCard, busy, onStart }: Props) {
  const words = text.totem.review;
  if (service.amountCents === 0) {
    const gone = away === 'host';
    return (
      <Button size="large" busy={busy} disabled={gone} {...(gone ? WHY : {})} onPress={() => onStart('free')}>
        {busy ? words.starting : words.takeFree}
      </Button>
    );
  }
  const { card } = service;
  return (
    <>
      {service.payAtCounter && (
        <Button
          // Three ways have to fit into two rows of the smallest screen.
          size={card === null ? 'large' : 'regular'}
          variant={away === null ? 'secondary' : 'primary'}
          busy={busy}
          disabled={away === 'host'}
          {...(away === 'host' ? WHY : {})}
          onPress={() => onStart('at_counter')}
        >
          {words.payAtCounter}
        </Button>
      )}
      {card !== null && (
        <Button
          variant={service.pix && away === null ? 'secondary' : 'primary'}
          busy={busy}
          disabled={awayFromCard !== null}
          {...(awayFromCard === null ? {} : WHY)}
          onPress={() => onStart('card')}
        >
          <span className="two-languages">
            <span>{words.payByCard}</span>
            <span lang="en">{words.payByCardEnglish}</span>
          </span>
        </Button>
      )}
      {service.pix && (
        <Button
          size="large"
          busy={busy}
          disabled={away !== null}
          {...(away === null ? {} : WHY)}
          onPress={() => onStart('pix')}
        >
          {busy
            ? words.starting
            : card === null
              ? words.pay(formatMoney(service.amountCents))
              : words.payByPix}
        </Button>
      )}
    </>
  );
}
