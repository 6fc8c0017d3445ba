import { text } from '../i18n/text.ts';
import { Notice } from './Notice.tsx';

interface Props {
  readonly link: 'connecting' | 'connected' | 'lost';
  readonly unreadable: boolean;
  readonly lostText?: string;
}

/** Says when what the screen shows may be old: its host is gone, or speaks another version. */
export function LinkBanner({ link, unreadable, lostText = text.link.lost }: Props) {
  if (unreadable) {
    return (
      <Notice icon="warning" tone="danger" urgent>
        {text.link.unreadable}
      </Notice>
    );
  }
  if (link !== 'lost') return null;
  return (
    <Notice icon="offline" tone="warning">
      {lostText}
    </Notice>
  );
}
