import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';

interface Props {
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}

/** Two large arrows with the page between them; their words are read out. */
export function Pager({ page, pages, onPage }: Props) {
  const words = text.totem.services;
  return (
    <div className="pager">
      <Button
        variant="secondary"
        label={words.previous}
        disabled={page === 0}
        onPress={() => onPage(page - 1)}
      >
        <Icon name="arrowLeft" />
      </Button>
      <span className="tabular" role="status">
        {words.page(page + 1, pages)}
      </span>
      <Button
        variant="secondary"
        label={words.next}
        disabled={page === pages - 1}
        onPress={() => onPage(page + 1)}
      >
        <Icon name="arrowRight" />
      </Button>
    </div>
  );
}
