import { text } from '../i18n/text.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';

interface Props {
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}

export function Pager({ page, pages, onPage }: Props) {
  return (
    <div className="pager">
      <Button variant="secondary" disabled={page === 0} onPress={() => onPage(page - 1)}>
        {text.totem.services.previous}
      </Button>
      <span className="tabular" role="status">
        {text.totem.services.page(page + 1, pages)}
      </span>
      <Button variant="secondary" disabled={page === pages - 1} onPress={() => onPage(page + 1)}>
        {text.totem.services.next}
        <Icon name="arrowRight" />
      </Button>
    </div>
  );
}
