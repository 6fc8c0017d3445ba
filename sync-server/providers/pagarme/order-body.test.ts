import { expect, test } from 'vitest';
import type { ChargeOrder } from '../provider.ts';
import { orderBody } from './order-body.ts';

const settings = {
  fallbackCustomer: {
    name: 'Clínica Aurora',
    email: 'recepcao@aurora.example',
    cpf: '52998224725',
    phone: '5511999999999',
  },
  split: { merchantRecipientId: 're_merchant', partsAreLiable: false, partsPayFees: false },
};
const order: ChargeOrder = {
  txid: '7978c0c97ea847e78e8849634473c1f1',
  pixKey: 'not used',
  amountCents: 3_700,
  expiresSeconds: 300,
  description: 'Consulta geral',
  merchantName: 'Clínica Aurora',
  city: 'São Paulo',
  customer: null,
  split: [],
  mayExist: false,
};

test('the txid is the code, and the same order gives the same body: its key wants that', () => {
  const built = orderBody(order, settings);
  expect(built).toMatchObject({
    body: {
      code: order.txid,
      items: [{ amount: 3_700, quantity: 1, description: 'Consulta geral' }],
      payments: [{ payment_method: 'pix', amount: 3_700, pix: { expires_in: 300 } }],
    },
  });
  expect(JSON.stringify(orderBody({ ...order, mayExist: true }, settings))).toBe(JSON.stringify(built));
});

test('who was asked is the customer; the placeholder stands in otherwise, whole', () => {
  const asked = { name: 'Maria Silva', cpf: '111.444.777-35', email: 'maria@example.com' };
  expect(orderBody({ ...order, customer: asked }, settings)).toMatchObject({
    body: { customer: { name: 'Maria Silva', document: '11144477735', email: 'maria@example.com' } },
  });
  const placeholder = { name: 'Clínica Aurora', document: '52998224725' };
  for (const customer of [
    null,
    { name: 'Maria' },
    { cpf: '11144477735' },
    { name: 'Maria', cpf: '12345678900' },
  ])
    expect(orderBody({ ...order, customer }, settings)).toMatchObject({ body: { customer: placeholder } });
});

test('parts of others are flat, and the merchant’s is the rest', () => {
  const split = [{ recipientId: 're_doctor', amountCents: 1_200 }];
  expect(orderBody({ ...order, split }, settings)).toMatchObject({
    body: {
      payments: [
        {
          split: [
            { recipient_id: 're_doctor', amount: 1_200, type: 'flat', options: { liable: false } },
            { recipient_id: 're_merchant', amount: 2_500, type: 'flat', options: { liable: true } },
          ],
        },
      ],
    },
  });
  expect(orderBody({ ...order, split, amountCents: 1_000 }, settings)).toMatchObject({
    code: 'split_mismatch',
  });
  expect(orderBody({ ...order, split }, { ...settings, split: undefined })).toMatchObject({
    code: 'split_not_configured',
  });
});
