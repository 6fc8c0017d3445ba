import {
  ENROLMENT_CODE_TTL_MS,
  type EnrolmentResponse,
  type KioskView,
} from '../../domain/protocol/identity.ts';
import { formatCountdown } from '../i18n/format.ts';
import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { wasUsed } from './fleet-view.ts';

interface Props {
  readonly issued: EnrolmentResponse;
  readonly fleet: readonly KioskView[];
  readonly nowMs: number;
  readonly onClose: () => void;
}

/** The code, to be read from across a room and typed at the totem, until it is used or over. */
export function IssuedCode({ issued, fleet, nowMs, onClose }: Props) {
  const { code, expiresAt, kioskId } = issued;
  const isUsed = wasUsed(fleet, kioskId, expiresAt - ENROLMENT_CODE_TTL_MS);
  const isOver = !isUsed && nowMs >= expiresAt;
  return (
    <div className="issued-code">
      {isUsed && (
        <Notice icon="check" tone="good">
          {text.admin.fleet.codeUsed(kioskId)}
        </Notice>
      )}
      {isOver && (
        <Notice icon="clock" tone="warning">
          {text.admin.fleet.codeOver}
        </Notice>
      )}
      {!isUsed && !isOver && (
        <>
          <p>{text.admin.fleet.codeDetail(kioskId)}</p>
          <p className="code-letters" role="status">
            {code.slice(0, 4)}-{code.slice(4)}
          </p>
          <p className="soft tabular" role="timer">
            {text.admin.fleet.codeLeft(formatCountdown(expiresAt - nowMs))}
          </p>
        </>
      )}
      <Button variant="secondary" onPress={onClose}>
        {text.admin.fleet.codeDone}
      </Button>
    </div>
  );
}
