/**
 * What the engine and the system say in English, in the technician's words. What stands in nobody's table (a text of
 * the operating system, of a bank's server) is shown as it is: better foreign than lost.
 */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  // main/diagnostics/layers.ts
  [/^the server is on this machine$/, 'o servidor está nesta máquina'],
  [/^no network interface is up$/, 'nenhuma interface de rede está ativa: confira o cabo ou o Wi-Fi'],
  [/^no printer is configured$/, 'nenhuma impressora configurada'],
  [/^the server does not reach it$/, 'o servidor não alcança o banco'],
  // main/identity/identity-file.ts
  [
    /^(.+) has mode (\d+): others can read the private key; chmod 600, then enrol again$/,
    'Outros usuários desta máquina podem ler a chave privada. Execute “chmod 600 $1” (modo atual: $2) e cadastre o totem de novo.',
  ],
  // main/printing
  [/^the printer answers no status request$/, 'a impressora não responde à consulta de estado'],
  [/^the printer reports a mechanical or cutter error$/, 'a impressora acusa falha mecânica ou do cortador'],
  [/^the printer says that it is offline$/, 'a impressora diz que está fora de linha'],
  [/^the printer is not ready: (.+)$/, 'a impressora não está pronta: $1'],
  [/^the printer stopped while printing: (.+)$/, 'a impressora parou durante a impressão: $1'],
  [/^the printer driver failed$/, 'falha no programa da impressora'],
  [/^the connection broke while printing: (.+)$/, 'a conexão caiu durante a impressão: $1'],
  [/^no confirmation within (\d+) ms$/, 'sem confirmação em $1 ms'],
  [/^paper ran out$/, 'o papel acabou'],
  [
    /^it waited too long to be printed without being asked for$/,
    'esperou demais: agora só imprime se alguém pedir',
  ],
  [/^its stored document cannot be read$/, 'o documento guardado não pode ser lido'],
  // main/store
  [
    /^only (\d+) KiB are free, (\d+) are needed to sell$/,
    'só $1 KiB livres; são necessários $2 para vender: libere espaço',
  ],
  [/^database or disk is full$/, 'sem espaço em disco: libere espaço'],
  [/^attempt to write a readonly database$/, 'o disco só aceita leitura'],
  [/^disk I\/O error$/, 'o disco responde com erros'],
  [/^the copy is not whole: (.+)$/, 'a cópia não está íntegra: $1'],
  // sync-server/payments/refunds.ts
  [/^refused by the provider$/, 'recusada pelo provedor'],
  [/^the provider does not know the refund$/, 'o provedor não conhece a devolução'],
  [/^the provider has another amount for it$/, 'o provedor tem outro valor para ela'],
  [/^unavailable: (.*)$/, 'provedor indisponível: $1'],
  [/^unknown: (.*)$/, 'sem resposta do provedor: $1'],
  [/^rejected: (.*)$/, 'recusada pelo provedor: $1'],
  // sync-server/fulfilment
  [/^no ticket was heard of in time$/, 'o totem não informou a senha a tempo'],
  [/^no paper was heard of in time$/, 'o totem não informou o papel a tempo'],
  [/^the server ended in the midst of it$/, 'o servidor parou no meio do envio'],
  [
    /^what the customer told was sealed with another key$/,
    'os dados do cliente foram guardados com outra chave',
  ],
  [/^email: (.*)$/, 'e-mail: $1'],
  // main/sync
  [/^(?:feed|push): (.+)$/, '$1'],
  [/^feed entry (\d+) \((.+?)\) was skipped: (.+)$/, 'entrada $1 do servidor ($2) ignorada: $3'],
  [/^no answer within (\d+) ms$/, 'sem resposta em $1 ms'],
  [/^this totem was revoked$/, 'este totem foi revogado'],
  [/^this totem is not enrolled$/, 'este totem não está cadastrado'],
  [/^an answer of another shape: (.*)$/, 'resposta em formato desconhecido: $1'],
  [/^HTTP (\d+) without an error of this API$/, 'HTTP $1 de algo que não é o servidor do totem'],
  [/^(\d+) times HTTP (\d+) (.+)$/, 'HTTP $2 por $1 vezes ($3)'],
  // The system's codes; the rest of its line says to which address.
  [/^(?:connect )?ECONNREFUSED(?: connect)? ?(.*)$/, 'conexão recusada: $1 (ECONNREFUSED)'],
  [/^(?:connect )?ETIMEDOUT(?: connect)? ?(.*)$/, 'sem resposta no prazo: $1 (ETIMEDOUT)'],
  [/^(?:connect )?EHOSTUNREACH(?: connect)? ?(.*)$/, 'endereço fora de alcance: $1 (EHOSTUNREACH)'],
  [/^(?:connect )?ENETUNREACH(?: connect)? ?(.*)$/, 'rede fora de alcance: $1 (ENETUNREACH)'],
  [/^(?:read )?ECONNRESET(?: read)? ?(.*)$/, 'conexão interrompida pelo outro lado $1(ECONNRESET)'],
  [
    /^(?:getaddrinfo )?ENOTFOUND(?: getaddrinfo)?(?: ENOTFOUND)? ?(.*)$/,
    'nome não encontrado: $1 (ENOTFOUND)',
  ],
  [
    /^(?:getaddrinfo )?EAI_AGAIN(?: getaddrinfo)?(?: EAI_AGAIN)? ?(.*)$/,
    'sem resposta do DNS: $1 (EAI_AGAIN)',
  ],
];

/** One word of ours at the head of a longer text: a printer's status, a reason of the server. */
const WORDS: Readonly<Record<string, string>> = {
  ready: 'pronta',
  paper_low: 'pouco papel',
  paper_out: 'sem papel',
  cover_open: 'tampa aberta',
  offline: 'desligada ou sem rede',
  error: 'com defeito',
  unknown: 'estado desconhecido',
  ticket_taken: 'a senha já estava com outro guichê',
  counter_busy: 'o guichê já tinha um atendimento',
  not_allowed: 'a situação da senha não permitia',
  unknown_ticket: 'o servidor não conhece a senha',
  unknown_counter: 'o guichê não existe',
  null: 'sem detalhe',
};

/** Deeper than any text of ours nests another; a bound all the same. */
const MAX_DEPTH = 4;

/** @param english a `detail`, `reason` or error text of the technician's snapshot */
export function technicalWords(english: string, depth = 0): string {
  if (depth === MAX_DEPTH) return english;
  const word = Object.hasOwn(WORDS, english) ? WORDS[english] : undefined;
  if (word !== undefined) return word;
  for (const [pattern, words] of PHRASES) {
    const found = pattern.exec(english);
    if (found === null) continue;
    return words
      .replace(/\$(\d)/g, (_, group: string) => technicalWords(found[Number(group)] ?? '', depth + 1))
      .trim();
  }
  const [head, ...rest] = english.split(': ');
  if (head !== undefined && rest.length > 0 && Object.hasOwn(WORDS, head)) {
    return `${WORDS[head]}: ${technicalWords(rest.join(': '), depth + 1)}`;
  }
  return english;
}
