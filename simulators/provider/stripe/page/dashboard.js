// What a merchant does by hand in Stripe's pages: refunds, and the end of disputes; and what banks do to merchants.
const notice = document.getElementById('notice');
const list = document.getElementById('payments');

async function call(path, body) {
  const response = await fetch(`/stripe/sim${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  notice.textContent = response.ok ? 'Feito.' : answer.error.message;
  await show();
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function button(text, path, body) {
  const made = element('button', text);
  made.type = 'button';
  made.addEventListener('click', () => void call(path, body));
  return made;
}

function amount({ amount: minor, currency }) {
  const format = new Intl.NumberFormat('pt-BR', { style: 'currency', currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function paymentItem({ intent, charge, refunds, disputes }) {
  const item = document.createElement('li');
  item.append(
    element('h2', `${amount(intent)} · ${intent.status}`),
    element('p', intent.description ?? intent.id),
  );
  const card = charge?.payment_method_details.card;
  if (card !== undefined) item.append(element('p', `${card.brand} •••• ${card.last4} · ${charge.status}`));
  const paymentIntent = intent.id;
  if (intent.status === 'requires_payment_method') {
    item.append(button('Pagar com 4242', '/payments', { paymentIntent }));
  }
  if (charge?.paid && !charge.refunded && !charge.disputed) {
    item.append(button('Reembolsar', '/refunds', { paymentIntent }));
  }
  if (charge?.paid && !charge.disputed) item.append(button('Contestar', '/disputes', { paymentIntent }));
  for (const refund of refunds) {
    item.append(element('p', `Reembolso de ${amount(refund)} · ${refund.status}`));
    if (refund.status === 'succeeded')
      item.append(button('Reembolso falha', `/refunds/${refund.id}/fail`, {}));
  }
  for (const dispute of disputes) {
    item.append(element('p', `Contestação de ${amount(dispute)} · ${dispute.status}`));
    if (dispute.status !== 'needs_response') continue;
    item.append(
      button('Ganhar contestação', `/disputes/${dispute.id}/close`, { status: 'won' }),
      button('Perder contestação', `/disputes/${dispute.id}/close`, { status: 'lost' }),
    );
  }
  return item;
}

async function show() {
  const response = await fetch('/stripe/sim/payments');
  const { payments } = await response.json();
  list.replaceChildren(...payments.map(paymentItem));
}

document.getElementById('reload').addEventListener('click', () => void show());
await show();
