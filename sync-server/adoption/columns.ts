import { fold } from './fold.ts';

export const ROW_KINDS = [
  'transaction',
  'session',
  'customer',
  'subscription',
  'payment_method',
  'customer_provider',
] as const;
export type RowKind = (typeof ROW_KINDS)[number];
/** Customers and sessions first: a row of theirs may say whose a transaction is. */
export const READING_ORDER: readonly RowKind[] = [
  'customer',
  'customer_provider',
  'payment_method',
  'subscription',
  'session',
  'transaction',
];

/** `payer_email`, `email_pagador`: how else whoever pays is called, before and behind. */
function ofPayers(...words: readonly string[]): string[] {
  const payers = ['payer', 'client', 'cliente', 'buyer', 'pagador', 'comprador', 'customer', 'paciente'];
  return words.flatMap((word) => payers.flatMap((payer) => [`${payer}${word}`, `${word}${payer}`]));
}

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
    'operadora',
    'paymentprovider',
  ],
  providerV2: ['providerv2', 'provedorv2'],
  routedProvider: ['routedprovider', 'provedorroteado'],
  status: [
    'status',
    'situacao',
    'estado',
    'paymentstatus',
    'statuspagamento',
    'statusdopagamento',
    'orderstatus',
  ],
  statusV2: ['statusv2', 'situacaov2'],
  amountCents: [
    'amountcents',
    'amountincents',
    'valorcentavos',
    'valoremcentavos',
    'totalcents',
    'valorcents',
  ],
  amount: ['amount', 'valor', 'valortotal', 'valorpago', 'totalamount', 'total', 'value', 'preco', 'price'],
  refundedCents: ['refundedamountcents', 'refundedcents', 'valorestornadocentavos', 'refundamountcents'],
  refunded: [
    'refundedamount',
    'valorestornado',
    'valordevolvido',
    'refundamount',
    'valorreembolsado',
    'valordoestorno',
    'valordoreembolso',
    'valorreembolso',
  ],
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
  refundStatus: [
    'refundstatus',
    ...['status', 'situacao'].flatMap((word) => [
      `${word}estorno`,
      `${word}doestorno`,
      `${word}reembolso`,
      `${word}doreembolso`,
    ]),
  ],
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
  installments: ['installments', 'parcelas', 'numeroparcelas', 'qtdparcelas', 'ndeparcelas'],
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
  createdAt: [
    'createdat',
    'criadoem',
    'datacriacao',
    'datadecriacao',
    'created',
    'createdutc',
    'createddateutc',
    'datadacompra',
    'datahora',
    'data',
    'date',
  ],
  paidAt: ['paidat', 'pagoem', 'datapagamento', 'datadepagamento', 'capturedat', 'capturadoem'],
  refundedAt: [
    'refundedat',
    'estornadoem',
    'dataestorno',
    'datadoestorno',
    'reembolsadoem',
    'datareembolso',
    'datadoreembolso',
    'devolvidoem',
  ],
  updatedAt: ['updatedat', 'atualizadoem', 'dataatualizacao', 'modifiedat', 'alteradoem'],
  endedAt: ['completedat', 'endedat', 'finalizadoem', 'encerradoem', 'concluidoem'],
  customerKey: ['customerid', 'clienteid', 'idcliente'],
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
    'pagador',
    ...ofPayers('name', 'nome', 'fullname'),
  ],
  email: ['email', 'customeremail', 'emailcliente', 'emaildocliente', ...ofPayers('email')],
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
    'cpfdocliente',
    ...ofPayers('document', 'documento', 'cpf', 'cnpj', 'cpfcnpj', 'taxid'),
  ],
  phone: [
    'phone',
    'telefone',
    'celular',
    'whatsapp',
    'customerphone',
    'phonenumber',
    'telefonecliente',
    ...ofPayers('phone', 'telefone', 'celular'),
  ],
  providerCustomerId: ['providercustomerid', 'gatewaycustomerid', 'clienteprovedorid'],
  cardBrand: ['cardbrand', 'bandeira', 'brand'],
  cardLast4: [
    'cardlast4',
    'last4',
    'cardlastfour',
    'lastfour',
    'lastfourdigits',
    'ultimosdigitos',
    'ultimos4',
    'finalcartao',
  ],
  methodId: ['providerpaymentmethodid', 'providermethodid', 'cardid', 'cartaoid'],
  cardExpMonth: ['expmonth', 'cardexpmonth', 'expirationmonth', 'expirymonth', 'mesvalidade', 'mesexpiracao'],
  cardExpYear: ['expyear', 'cardexpyear', 'expirationyear', 'expiryyear', 'anovalidade', 'anoexpiracao'],
  cardExpiry: ['expiry', 'cardexpiry', 'expirydate', 'expirationdate', 'validade', 'vencimento'],
  fingerprint: ['fingerprint', 'cardfingerprint'],
  isDefault: ['isdefault', 'default', 'isprimary', 'padrao', 'principal', 'preferencial'],
  /** Of another row: the subscription that a payment is of. */
  subscriptionKey: [
    'subscriptionid',
    'customersubscriptionid',
    'assinaturaid',
    'idassinatura',
    'recorrenciaid',
  ],
  providerSubscriptionId: [
    'providersubscriptionid',
    'subscriptionproviderid',
    'gatewaysubscriptionid',
    'externalsubscriptionid',
    'stripesubscriptionid',
    'pagarmesubscriptionid',
    'assinaturaprovedorid',
    'idassinaturaprovedor',
    'idassinaturagateway',
  ],
  plan: ['plan', 'planname', 'plano', 'nomeplano', 'nomedoplano', 'planid', 'planoid', 'product', 'produto'],
  priceCents: [
    'pricecents',
    'priceincents',
    'nativepricecents',
    'precocentavos',
    'amountcents',
    'amountincents',
    'valorcentavos',
    'valoremcentavos',
  ],
  price: ['price', 'preco', 'amount', 'valor', 'valormensal', 'mensalidade', 'value'],
  native: ['isnative', 'native', 'nativa', 'nativo'],
  startedAt: [
    'startedat',
    'startdate',
    'startsat',
    'activatedat',
    'iniciadaem',
    'iniciadoem',
    'datainicio',
    'inicio',
  ],
  trialEndsAt: [
    'trialendsat',
    'trialend',
    'trialendat',
    'trialuntil',
    'fimtrial',
    'fimdotrial',
    'fimteste',
    'testeate',
    'fimperiodoteste',
  ],
  periodStart: [
    'currentperiodstart',
    'currentperiodstartat',
    'periodstart',
    'periodstartson',
    'periodstartat',
    'billingperiodstart',
    'inicioperiodo',
    'periodoinicio',
    'iniciodoperiodo',
  ],
  periodEnd: [
    'currentperiodend',
    'currentperiodendat',
    'periodend',
    'periodendson',
    'periodendat',
    'billingperiodend',
    'fimperiodo',
    'periodofim',
    'fimdoperiodo',
  ],
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
export const FIELD_NAMES: ReadonlySet<string> = new Set(['id', ...Object.keys(ALIASES)]);

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
  subscription: ['id', 'subscriptionid', 'customersubscriptionid', 'assinaturaid', 'idassinatura', 'uuid'],
  payment_method: ['id', 'paymentmethodid', 'customerpaymentmethodid', 'uuid'],
  customer_provider: ['id', 'customerproviderid', 'uuid'],
};

/** Fields that rows of some kinds have and others do not: a column called so means something else there. */
const ONLY_OF: Readonly<Partial<Record<FieldName, readonly RowKind[]>>> = {
  cardExpMonth: ['payment_method'],
  cardExpYear: ['payment_method'],
  cardExpiry: ['payment_method'],
  fingerprint: ['payment_method'],
  isDefault: ['payment_method'],
  subscriptionKey: ['transaction'],
  providerSubscriptionId: ['subscription'],
  plan: ['subscription'],
  priceCents: ['subscription'],
  price: ['subscription'],
  native: ['subscription'],
  startedAt: ['subscription'],
  trialEndsAt: ['subscription'],
  periodStart: ['subscription', 'transaction'],
  periodEnd: ['subscription', 'transaction'],
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
    if (ONLY_OF[field]?.includes(kind) === false) continue;
    const named = own[field]?.trim();
    if (named === NO_COLUMN) continue;
    const mine = named === undefined ? [] : [...called(fold(named)), ...pathsIn(header, named)];
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

/** `raw_payload.amount`: of a column of JSON what stands there. */
function pathsIn(header: readonly string[], named: string): string[] {
  const [column = '', ...keys] = named.split('.');
  return keys.length === 0 ? [] : header.filter((one) => one === column).map(() => named);
}

/** Columns that hold ids, folded: they tell of no person, or are hidden. */
const ID_COLUMNS: ReadonlySet<string> = new Set([
  ...Object.values(IDS).flat(),
  ...ALIASES.orderId,
  ...ALIASES.chargeId,
  ...ALIASES.customerKey,
  ...ALIASES.sessionKey,
  ...ALIASES.transactionKey,
  ...ALIASES.parentKey,
]);

export function isIdColumn(column: string): boolean {
  return ID_COLUMNS.has(fold(column));
}

/** Money in cents, and the same money as it is written. */
const SAME_MONEY = [
  ['amountCents', 'amount'],
  ['refundedCents', 'refunded'],
  ['paidCents', 'paid'],
] as const;

/** Columns that no field is read from. */
export function columnsNotRead(columns: Columns, header: readonly string[]): string[] {
  const used = new Set(Object.values(columns).flat());
  const within = new Set([...used].map((name) => name.split('.')[0]));
  return header.filter((name) => name !== '' && !used.has(name) && !within.has(name));
}

/** An amount, a day or a state of what went back, and not why it did or who asked for it. */
export function soundsLikeMoneyBack(column: string, ignored: readonly string[]): boolean {
  const folded = fold(column);
  if (ignored.some((one) => fold(one) === folded)) return false;
  return (
    /refund|estorn|reembols|devol|chargeback/.test(folded) &&
    !/reason|motivo|note|obs|id$|by$|por$|polic|politic|metadata|able|avel|type|tipo|fee|tax|prazo|until|risk|risco/.test(
      folded,
    )
  );
}

/** @returns a column that is read and stands in the header twice, as of a query that joins two tables */
export function repeatedColumn(columns: Columns, header: readonly string[]): string | null {
  const used = new Set(Object.values(columns).flat());
  return header.find((name, at) => used.has(name) && header.indexOf(name) !== at) ?? null;
}

/** Columns whose values are personal whatever they look like, folded. */
export function isPersonalColumn(column: string): boolean {
  const folded = fold(column);
  return (
    [ALIASES.name, ALIASES.email, ALIASES.document, ALIASES.phone] as readonly (readonly string[])[]
  ).some((aliases) => aliases.includes(folded));
}
