import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MASK, maskPersonalWords, maskWords } from './personal-words.ts';

const masked = (value: unknown): unknown => JSON.parse(maskPersonalWords(JSON.stringify(value)));

describe('what providers send', () => {
  test('a Pix keeps what it is found by, and loses its payer', () => {
    const pix = {
      endToEndId: 'E00000000202603101200abcdefghijk',
      txid: 'a'.repeat(32),
      valor: '50.00',
      chave: '+5511999999999',
    };
    expect(
      masked({
        pix: [{ ...pix, pagador: { cpf: '52998224725', nome: 'MARIA SOUZA' }, infoPagador: 'da Maria' }],
      }),
    ).toEqual({ pix: [{ ...pix, pagador: { cpf: MASK, nome: MASK }, infoPagador: MASK }] });
  });

  test('an order keeps its products and ids, and loses its customer', () => {
    const order = { id: 'or_1', code: '12345678909', items: [{ name: 'Consulta', amount: 5_000 }] };
    expect(
      masked({
        type: 'order.paid',
        data: {
          ...order,
          customer: {
            id: 'cus_1',
            name: 'Maria Souza',
            email: 'maria@example.com',
            document: 52998224725,
            phones: { mobile_phone: { area_code: '11', number: '999999999' } },
            address: { line_1: '10, Rua das Flores', country: 'BR' },
          },
        },
      }),
    ).toEqual({
      type: 'order.paid',
      data: {
        ...order,
        customer: {
          id: 'cus_1',
          name: MASK,
          email: MASK,
          document: MASK,
          phones: { mobile_phone: { area_code: MASK, number: MASK } },
          address: { line_1: MASK, country: MASK },
        },
      },
    });
  });

  test('a document or an e-mail in a text is seen by its shape; an id of eleven digits is not taken for one', () => {
    expect(masked({ message: 'CPF 529.982.247-25 de maria@example.com, 52998224725' })).toEqual({
      message: `CPF ${MASK} de ${MASK}, ${MASK}`,
    });
    expect(masked({ order_id: '52998224725', count: 12_345_678_901 })).toEqual({
      order_id: '52998224725',
      count: 12_345_678_901,
    });
    expect(maskPersonalWords('not JSON: maria@example.com')).toBe(`not JSON: ${MASK}`);
  });

  test('whatever is not personal stays as it came, character for character', () => {
    for (const body of [
      '{ "pix" : [ ] , "id":12345678901234567890, "v":1.10}\n',
      '',
      '[]',
      '{"a":"\\u00e9\\n"}',
      'x=1',
    ])
      expect(maskPersonalWords(body)).toBe(body);
    expect(maskPersonalWords('{ "nome":"Jo\\u00e3o",  "id":12345678901234567890 }')).toBe(
      `{ "nome":"${MASK}",  "id":12345678901234567890 }`,
    );
  });

  test('any JSON stays JSON of the same shape, and masking twice is masking once', () => {
    fc.assert(
      fc.property(fc.json(), (body) => {
        const once = maskPersonalWords(body);
        expect(maskPersonalWords(once)).toBe(once);
        if (once === body) return;
        expect(shapeOf(JSON.parse(once))).toEqual(shapeOf(JSON.parse(body)));
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('email', 'customer_name', 'CPF'), (rest, key) => {
        const body = JSON.stringify({ rest, [key]: 'Maria Souza' });
        expect(maskPersonalWords(body)).not.toContain('Maria Souza');
      }),
    );
  });
});

/** Keys and lists, with every value in it the same. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return 'value';
  return Object.entries(value).map(([key, held]) => [key, shapeOf(held)]);
}

describe('words that are known', () => {
  test('they go wherever they stand, in any case, and never out of a longer word or number', () => {
    expect(
      maskWords('{"a":"de MARIA SOUZA.","n":52998224725,"at":1529982247250}', ['Maria Souza', '52998224725']),
    ).toBe(`{"a":"de ${MASK}.","n":"${MASK}","at":1529982247250}`);
    expect(maskWords('maria souzas, Maria Souza!', ['Maria Souza'])).toBe(`maria souzas, ${MASK}!`);
    expect(maskWords('a.b+c@x.de aXb+c@x.de', ['a.b+c@x.de'])).toBe(`${MASK} aXb+c@x.de`);
  });

  test('letters that JSON writes by their numbers are the same letters', () => {
    expect(maskWords('{"a":"Jo\\u00e3o Lima"}', ['João Lima'])).toBe(`{"a":"${MASK}"}`);
  });
});

test('a long text that holds no address is gone through all the same', () => {
  const text = JSON.stringify({ a: 'x'.repeat(500_000) });
  expect(maskPersonalWords(text)).toBe(text);
});

test('words inside of base64 are masked with all of it; ids and other base64 stay', () => {
  const words = ['Benedita Quixabá Trovão', 'bene@example.com'];
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const held = {
    a: encode(`de ${words[0]};1`),
    b: `x.${Buffer.from(`{"e":"${words[1]}"}`).toString('base64url')}.y`,
  };
  const kept = {
    txid: 'a'.repeat(32),
    id: '01a203df60447073949ffc50a2beafab',
    c: encode('nada de ninguém aqui'),
  };
  expect(JSON.parse(maskWords(JSON.stringify({ ...held, ...kept }), words))).toEqual({
    a: MASK,
    b: `x.${MASK}.y`,
    ...kept,
  });
  expect(maskWords(`solto ${held.a}`, words)).toBe(`solto ${MASK}`);
  // Whatever its length: one character more holds nothing, and is no error.
  for (let length = 16; length < 24; length += 1)
    expect(maskWords('A'.repeat(length), words)).toBe('A'.repeat(length));
});
