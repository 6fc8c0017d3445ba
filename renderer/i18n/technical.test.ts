import { expect, it } from 'vitest';
import { technicalWords } from './technical.ts';

it.each([
  ['no network interface is up', 'nenhuma interface de rede está ativa: confira o cabo ou o Wi-Fi'],
  ['paper_out', 'sem papel'],
  [
    'error: the printer reports a mechanical or cutter error',
    'com defeito: a impressora acusa falha mecânica ou do cortador',
  ],
  ['feed: ECONNREFUSED connect 10.0.0.9:443', 'conexão recusada: 10.0.0.9:443 (ECONNREFUSED)'],
  ['connect ECONNREFUSED 127.0.0.1:4100', 'conexão recusada: 127.0.0.1:4100 (ECONNREFUSED)'],
  ['push: this totem was revoked', 'este totem foi revogado'],
  [
    'the connection broke while printing: connect ETIMEDOUT 10.0.0.7:9100',
    'a conexão caiu durante a impressão: sem resposta no prazo: 10.0.0.7:9100 (ETIMEDOUT)',
  ],
  ['the connection broke while printing: null', 'a conexão caiu durante a impressão: sem detalhe'],
  ['3 times HTTP 500 internal_error', 'HTTP 500 por 3 vezes (internal_error)'],
  [
    '/var/lib/totem/identity.json has mode 644: others can read the private key; chmod 600, then enrol again',
    'Outros usuários desta máquina podem ler a chave privada. Execute “chmod 600 /var/lib/totem/identity.json” (modo atual: 644) e cadastre o totem de novo.',
  ],
])('%s', (english, words) => {
  expect(technicalWords(english)).toBe(words);
});

it.each(['certificate has expired', '', 'constructor: x', 'DLE EOT 4 = 0x72'])(
  'leaves "%s" as it is',
  (unknown) => {
    expect(technicalWords(unknown)).toBe(unknown);
  },
);

it('ends, whatever nests', () => {
  expect(technicalWords('feed: '.repeat(50))).toContain('feed');
});
