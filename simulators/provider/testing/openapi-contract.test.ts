import { expect, it } from 'vitest';
import { loadOpenApiContract } from './openapi-contract.ts';

const contract = loadOpenApiContract();
const charge = {
  calendario: { criacao: '2026-03-10T15:00:00.000Z', expiracao: 300 },
  txid: '7978c0c97ea847e78e8849634473c1f1',
  revisao: 0,
  status: 'ATIVA',
  valor: { original: '10.00' },
  chave: 'a@b.com.br',
};

it('accepts a charge, and refuses one with anything wrong (so that a pass means something)', () => {
  const check = (body: unknown) => contract.checkAnswer('PUT', '/cob/{txid}', 201, body);
  expect(check(charge)).toEqual([]);
  expect(check({ ...charge, status: 'EXPIRADA' })).not.toEqual([]);
  expect(check({ ...charge, valor: { original: 'x10.00' } })).not.toEqual([]);
  expect(check({ ...charge, txid: 'short' })).not.toEqual([]);
  expect(check({ ...charge, revisao: undefined })).not.toEqual([]);
});

it('judges the CPF of a payer', () => {
  const body = { calendario: {}, valor: { original: '1.00' }, chave: 'a@b.com.br' };
  const check = (cpf: string) =>
    contract.checkRequest('PUT', '/cob/{txid}', { ...body, devedor: { cpf, nome: 'Fulano' } });
  expect(check('12345678909')).toEqual([]);
  expect(check('123')).not.toEqual([]);
});

it('knows nothing of an operation or a status that is not in the file', () => {
  expect(() => contract.checkAnswer('GET', '/nothing', 200, {})).toThrow('not in the specification');
  expect(() => contract.checkAnswer('PUT', '/cob/{txid}', 418, {})).toThrow('not in the specification');
});
