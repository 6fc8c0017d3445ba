import type { ListReceiptsOutcome, ProviderReceipt, ReceiptSpan } from '../provider.ts';
import { type Endpoint, send } from './send.ts';
import { toReceipt } from './to-provider-charge.ts';
import { WirePixList } from './wire.ts';

/** The most that the specification allows for a page. */
const PER_PAGE = 1000;
/** A million Pix: a span that holds more is asked for in parts. */
const MAX_PAGES = 1000;

/** All Pix of a span, page by page. A list that is not whole is none: a gap would look like money that never came. */
export async function listReceipts(endpoint: Endpoint, span: ReceiptSpan): Promise<ListReceiptsOutcome> {
  // A Pix that comes while the pages are read moves others to the next page: seen twice is counted once.
  const byId = new Map<string, ProviderReceipt>();
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({
      inicio: new Date(span.fromMs).toISOString(),
      fim: new Date(span.toMs).toISOString(),
      'paginacao.paginaAtual': String(page),
      'paginacao.itensPorPagina': String(PER_PAGE),
    });
    const outcome = await send(endpoint, 'GET', `/pix?${query}`);
    if (outcome.kind === 'unavailable') return outcome;
    if (outcome.kind === 'unknown') return { kind: 'unavailable', detail: outcome.detail };
    if (outcome.kind === 'problem') return { kind: 'rejected', code: outcome.type, detail: outcome.detail };
    const list = WirePixList.safeParse(outcome.body);
    if (!list.success)
      return { kind: 'unavailable', detail: '/pix: the answer is not what API Pix 2.9 says' };
    for (const pix of list.data.pix) {
      const receipt = toReceipt(pix);
      // The list is of the whole account, and closed at both ends.
      const isAsked =
        receipt.paidAtMs >= span.fromMs &&
        receipt.paidAtMs < span.toMs &&
        (receipt.pixKey === null || receipt.pixKey === span.pixKey);
      if (isAsked) byId.set(receipt.receiptId, receipt);
    }
    if (page + 1 >= list.data.parametros.paginacao.quantidadeDePaginas)
      return { kind: 'found', receipts: [...byId.values()] };
  }
  return {
    kind: 'rejected',
    code: 'too_many',
    detail: `more than ${MAX_PAGES} pages: ask for a shorter span`,
  };
}
