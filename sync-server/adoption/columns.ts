import { fold } from './fold.ts';

export const ROW_KINDS = ['transaction', 'session', 'customer'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** What columns are called, folded, the surest name first. The same in English and Portuguese, snake and camel case. */
const ALIASES = {
  clinic: [
    'clinicid',
    'clinicaid',
    'idclinica',
    'unitid',
    'unidadeid',
    'clinic',
    'clinica',
    'unidade',
    'loja',
  ],
  merchant: ['merchantid', 'lojistaid', 'sellerid', 'merchant', 'lojista'],
  provider: [
    'provider',
    'provedor',
    'gateway',
    'adquirente',
    'processador',
    'processadora',
    'paymentprovider',
  ],
  providerV2: ['providerv2', 'provedorv2'],
  routedProvider: ['routedprovider', 'provedorroteado'],
  status: ['status', 'situacao', 'estado', 'paymentstatus', 'statuspagamento'],
  statusV2: ['statusv2', 'situacaov2'],
  amountCents: [
    'amountcents',
    'amountincents',
    'valorcentavos',
    'valoremcentavos',
    'totalcents',
    'valorcents',
  ],
  amount: ['amount', 'valor', 'valortotal', 'valorpago', 'total', 'value', 'preco', 'price'],
  refundedCents: ['refundedamountcents', 'refundedcents', 'valorestornadocentavos', 'refundamountcents'],
  refunded: ['refundedamount', 'valorestornado', 'valordevolvido', 'refundamount', 'valorreembolsado'],
  /** What came, beside what was asked for. */
  paidCents: [
    'paidamountcents',
    'amountpaidcents',
    'valorpagocentavos',
    'receivedamountcents',
    'amountreceivedcents',
    'capturedamountcents',
    'amountcapturedcents',
  ],
  paid: [
    'paidamount',
    'amountpaid',
    'valorpago',
    'valorrecebido',
    'receivedamount',
    'amountreceived',
    'capturedamount',
    'amountcaptured',
  ],
  refundStatus: ['refundstatus', 'statusestorno', 'situacaoestorno'],
  currency: ['currency', 'moeda'],
  method: [
    'paymentmethodtype',
    'paymentmethod',
    'metodopagamento',
    'metododepagamento',
    'formapagamento',
    'formadepagamento',
    'tipopagamento',
    'metodo',
    'method',
  ],
  installments: ['installments', 'parcelas', 'numeroparcelas', 'qtdparcelas'],
  orderId: ['providerorderid', 'orderid', 'pixorderid', 'pedidoid', 'idpedido', 'pedido', 'order'],
  chargeId: [
    'providerchargeid',
    'chargeid',
    'cobrancaid',
    'idcobranca',
    'paymentintentid',
    'endtoendid',
    'txid',
  ],
  createdAt: ['createdat', 'criadoem', 'datacriacao', 'datadecriacao', 'created', 'datahora', 'data', 'date'],
  paidAt: ['paidat', 'pagoem', 'datapagamento', 'datadepagamento', 'capturedat', 'capturadoem'],
  refundedAt: ['refundedat', 'estornadoem', 'dataestorno', 'datadoestorno'],
  endedAt: ['completedat', 'endedat', 'finalizadoem', 'encerradoem', 'concluidoem'],
  customerKey: ['customerid', 'clienteid', 'idcliente', 'patientprofileid', 'pacienteid'],
  sessionKey: ['checkoutsessionid', 'sessionid', 'sessaoid', 'idsessao'],
  transactionKey: ['paymenttransactionid', 'transactionid', 'transacaoid', 'idtransacao'],
  name: [
    'customername',
    'nomecliente',
    'nomedocliente',
    'nomecompleto',
    'fullname',
    'nome',
    'name',
    'cliente',
    'comprador',
    'buyername',
  ],
  email: ['email', 'customeremail', 'emailcliente', 'buyeremail', 'emaildocliente'],
  document: [
    'document',
    'documento',
    'cpf',
    'cnpj',
    'cpfcnpj',
    'customerdocument',
    'customercpf',
    'taxid',
    'documentnumber',
  ],
  phone: ['phone', 'telefone', 'celular', 'whatsapp', 'customerphone', 'phonenumber', 'telefonecliente'],
  providerCustomerId: ['providercustomerid', 'gatewaycustomerid', 'clienteprovedorid'],
  cardBrand: ['cardbrand', 'bandeira', 'brand'],
  cardLast4: ['cardlast4', 'last4', 'cardlastfour', 'ultimosdigitos', 'finalcartao'],
  methodId: ['providerpaymentmethodid', 'cardid', 'cartaoid'],
  /** Whether the row is a sale at all. */
  type: [
    'type',
    'tipo',
    'transactiontype',
    'tipotransacao',
    'tipodetransacao',
    'operationtype',
    'tipooperacao',
    'tipodeoperacao',
    'operation',
    'operacao',
    'movementtype',
    'tipomovimento',
    'natureza',
    'kind',
  ],
  parentKey: [
    'parentid',
    'parenttransactionid',
    'originaltransactionid',
    'originalid',
    'refundedtransactionid',
    'transacaopaiid',
    'transacaooriginalid',
    'transacaooriginal',
  ],
  live: ['livemode', 'islive', 'isproduction', 'producao'],
  test: ['istest', 'testmode', 'test', 'teste', 'sandbox', 'issandbox', 'modoteste'],
  environment: ['environment', 'ambiente', 'env'],
  deletedAt: [
    'deletedat',
    'deletadoem',
    'excluidoem',
    'removidoem',
    'isdeleted',
    'deleted',
    'excluido',
    'deletado',
  ],
  rawPayload: ['rawpayload', 'payload', 'rawdata', 'dadosbrutos', 'rawresponse'],
} as const;

export type FieldName = 'id' | keyof typeof ALIASES;

/** The row's own id is `id`, or what other rows call it. */
const IDS: Readonly<Record<RowKind, readonly string[]>> = {
  transaction: [
    'id',
    'paymenttransactionid',
    'transactionid',
    'transacaoid',
    'idtransacao',
    'codigo',
    'uuid',
  ],
  session: ['id', 'checkoutsessionid', 'sessionid', 'sessaoid', 'idsessao', 'uuid'],
  customer: ['id', 'customerid', 'clienteid', 'idcliente', 'uuid'],
};

/** Which columns of a file a field may stand in, the surest first: of a row the first that is not empty counts. */
export type Columns = Readonly<Partial<Record<FieldName, readonly string[]>>>;

/** In a mapping: no column of the file says it, whatever its columns are called. */
export const NO_COLUMN = '-';

/**
 * @param own a company's own names, by field. Where the file has that column it alone counts,
 * and of an amount no other column besides
 */
export function columnsOf(
  kind: RowKind,
  header: readonly string[],
  own: Readonly<Partial<Record<string, string>>> = {},
): Columns {
  const columns: Partial<Record<FieldName, readonly string[]>> = {};
  const called = (name: string): string[] => header.filter((column) => fold(column) === name);
  for (const [field, aliases] of [['id', IDS[kind]], ...Object.entries(ALIASES)] as [
    FieldName,
    readonly string[],
  ][]) {
    const named = own[field]?.trim();
    if (named === NO_COLUMN) continue;
    const mine = named === undefined ? [] : called(fold(named));
    const found = mine.length > 0 ? mine : aliases.flatMap(called);
    if (found.length > 0) columns[field] = [...new Set(found)];
  }
  // Beside another it is where somebody lives.
  if ((columns.status?.length ?? 0) > 1)
    columns.status = columns.status?.filter((name) => fold(name) !== 'estado') ?? [];
  for (const [one, other] of SAME_MONEY) {
    if (own[one] !== undefined && own[other] === undefined) delete columns[other];
    if (own[other] !== undefined && own[one] === undefined) delete columns[one];
  }
  return columns;
}

/** Money in cents, and the same money as it is written. */
const SAME_MONEY = [
  ['amountCents', 'amount'],
  ['refundedCents', 'refunded'],
  ['paidCents', 'paid'],
] as const;

/** @returns a column that is read and stands in the header twice, as of a query that joins two tables */
export function repeatedColumn(columns: Columns, header: readonly string[]): string | null {
  const used = new Set(Object.values(columns).flat());
  return header.find((name, at) => used.has(name) && header.indexOf(name) !== at) ?? null;
}

/** Of a file whose name does not tell: what has money and its state is transactions. */
export function kindOf(fileName: string, header: readonly string[]): RowKind | null {
  const name = fold(fileName.replace(/\.[^.]*$/, ''));
  if (/session|sessao|sessoes/.test(name)) return 'session';
  if (/transaction|transac|payment|pagamento/.test(name)) return 'transaction';
  if (/customer|cliente/.test(name)) return 'customer';
  const columns = columnsOf('transaction', header);
  if (columns.status !== undefined && (columns.amount ?? columns.amountCents) !== undefined)
    return 'transaction';
  if (columns.email !== undefined || columns.document !== undefined)
    return columns.status === undefined ? 'customer' : 'session';
  return null;
}

/** Columns whose values are personal whatever they look like, folded. */
export function isPersonalColumn(column: string): boolean {
  const folded = fold(column);
  return (
    [ALIASES.name, ALIASES.email, ALIASES.document, ALIASES.phone] as readonly (readonly string[])[]
  ).some((aliases) => aliases.includes(folded));
}
