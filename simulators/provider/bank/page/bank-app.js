// The customer's bank app: reads a code, shows what it asks for, pays it as told, and follows what becomes of it.

const FOLLOW_EVERY_MS = 1000;

const STATE_TEXT = {
  open: 'Aguardando pagamento',
  expired: 'Vencida',
  paid: 'Paga',
  removed: 'Cancelada pelo recebedor',
};

const TITLE = {
  open: 'Você está pagando',
  expired: 'Cobrança vencida',
  paid: 'Você pagou',
  removed: 'Cobrança cancelada',
};

const ERROR_TEXT = {
  invalid_br_code: 'Este código está incompleto ou danificado. Copie-o de novo, inteiro.',
  unknown_charge: 'Este código é de uma cobrança que este banco não conhece.',
  recurrence_only: 'Este código pede autorização de Pix Automático, que este banco não oferece.',
  charge_already_paid: 'Esta cobrança já foi paga.',
  charge_removed: 'O recebedor cancelou esta cobrança.',
  charge_expired: 'Esta cobrança venceu. Para enviar mesmo assim, use “Pagar depois do vencimento”.',
  never_expires: 'Este código não vence, então não há como pagar depois do vencimento.',
  amount_required: 'Informe o valor, por exemplo 12,34.',
  invalid_request: 'Este código não pôde ser lido.',
};
const UNREACHABLE = 'O banco não respondeu. Confira se o simulador está no ar e tente de novo.';

const byId = (id) => document.getElementById(id);
const money = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
const clockTime = new Intl.DateTimeFormat('pt-BR', { dateStyle: 'short', timeStyle: 'medium' });

let code = '';
let followTimer;

byId('code-form').addEventListener('submit', (event) => {
  event.preventDefault();
  open(byId('code').value.trim());
});
byId('another').addEventListener('click', close);
for (const button of document.querySelectorAll('button[data-mode]')) {
  button.addEventListener('click', () => pay(button.dataset.mode));
}

// Opened from the QR: the code comes in the address.
const codeFromAddress = new URLSearchParams(location.search).get('code');
if (codeFromAddress) open(codeFromAddress);

async function open(text) {
  clearTimeout(followTimer);
  code = text;
  byId('code').value = text;
  if (text === '') return say('Cole um código para começar.', 'error');
  const answer = await call(`/bank/payable?code=${encodeURIComponent(text)}`);
  if (!answer.ok) {
    byId('payable').hidden = true;
    byId('receipts').hidden = true;
    return say(answer.message, 'error');
  }
  say('');
  show(answer.body);
  byId('payable-title').scrollIntoView({ block: 'nearest' });
  follow();
}

function close() {
  clearTimeout(followTimer);
  code = '';
  say('');
  for (const id of ['payable', 'receipts', 'another']) byId(id).hidden = true;
  byId('code-form').hidden = false;
  byId('code').value = '';
  byId('code').focus();
}

/** Asks again and again, each time after the last answer, so that refunds and expiry appear by themselves. */
function follow() {
  const followed = code;
  followTimer = setTimeout(async () => {
    const answer = await call(`/bank/payable?code=${encodeURIComponent(followed)}`);
    if (followed !== code) return;
    if (answer.ok) show(answer.body);
    follow();
  }, FOLLOW_EVERY_MS);
}

async function pay(mode) {
  const typed = byId('other-amount').value;
  const amountCents = typed === '' ? undefined : centsOf(typed);
  const needsAmount = mode === 'other_amount';
  if (amountCents === null || (needsAmount && amountCents === undefined)) {
    byId('other-amount').focus();
    return say(ERROR_TEXT.amount_required, 'error');
  }
  const buttons = document.querySelectorAll('button[data-mode]');
  for (const button of buttons) button.disabled = true;
  const answer = await call('/bank/payments', { brCode: code, mode, amountCents });
  for (const button of buttons) button.disabled = false;
  if (!answer.ok) return say(answer.message, 'error');
  say(...outcomeOf(mode, answer.body.payments));
  const fresh = await call(`/bank/payable?code=${encodeURIComponent(code)}`);
  if (fresh.ok) show(fresh.body, answer.body.payments);
  byId('notice').scrollIntoView({ block: 'nearest' });
}

function outcomeOf(mode, payments) {
  const first = payments[0];
  if (first === undefined) return ['Nada foi pago.', 'waiting'];
  if (first.scheduledFor !== undefined) {
    return [
      `Agendado: o Pix sai em ${clockTime.format(first.scheduledFor)}, depois do vencimento.`,
      'waiting',
    ];
  }
  if (mode === 'twice') return [`Dois Pix de ${money.format(first.amountCents / 100)} enviados.`];
  return [`Pix de ${money.format(first.amountCents / 100)} enviado.`];
}

function show(payable, justPaid) {
  const { payee, charge } = payable;
  byId('code-form').hidden = true;
  byId('payable').hidden = false;
  byId('another').hidden = false;
  byId('payee').textContent = `${payee.name}, ${payee.city}`;
  byId('amount').textContent =
    payable.amountCents === null ? 'Valor livre' : money.format(payable.amountCents / 100);
  byId('txid').textContent = payable.txid ?? 'sem identificador';

  const state = charge?.state ?? 'open';
  // A Pix that was scheduled has gone out: its announcement is out of date.
  if (state === 'paid' && byId('notice').classList.contains('waiting')) say('Pix enviado.');
  byId('payable-title').textContent = TITLE[state];
  byId('state').textContent = STATE_TEXT[state];
  byId('state').className = `state ${state}`;
  byId('message-row').hidden = !charge?.messageToPayer;
  byId('message').textContent = charge?.messageToPayer ?? '';
  byId('expires-row').hidden = charge === null;
  byId('expires').textContent = charge === null ? '' : expiryText(charge, payable.serverTime);
  byId('pay-exact').textContent =
    payable.amountCents === null
      ? 'Pagar o valor informado'
      : `Pagar ${money.format(payable.amountCents / 100)}`;
  byId('pay-exact').hidden = state === 'expired';
  byId('pay-late').hidden = charge === null;
  byId('pay-late').textContent = state === 'expired' ? 'Pagar mesmo vencida' : 'Pagar depois do vencimento';
  for (const mode of ['twice', 'other_amount']) {
    const button = document.querySelector(`button[data-mode="${mode}"]`);
    (button.closest('.other') ?? button).hidden = state === 'expired';
  }
  byId('actions').hidden = state === 'paid' || state === 'removed';
  // A static code has no charge that remembers its payments: show those just made.
  if (charge !== null || justPaid !== undefined) showReceipts(charge?.payments ?? justPaid);
}

function expiryText(charge, serverTime) {
  if (charge.state !== 'open') return clockTime.format(charge.expiresAt);
  const seconds = Math.max(0, Math.ceil((charge.expiresAt - serverTime) / 1000));
  return `em ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function showReceipts(payments) {
  byId('receipts').hidden = payments.length === 0;
  const signature = JSON.stringify(payments);
  const list = byId('receipt-list');
  // Rebuilt only on change: a reader's place and a selection stay.
  if (list.dataset.signature === signature) return;
  list.dataset.signature = signature;
  list.replaceChildren(...payments.map(receiptOf));
}

function receiptOf(payment) {
  const item = document.createElement('li');
  item.append(
    line('strong', money.format(payment.amountCents / 100)),
    line(
      'p',
      payment.paidAt === undefined
        ? `Agendado para ${clockTime.format(payment.scheduledFor)}`
        : `Pago em ${clockTime.format(payment.paidAt)}`,
    ),
    line('p', payment.endToEndId, 'code'),
  );
  for (const refund of payment.refunds ?? []) {
    const amount = money.format(refund.amountCents / 100);
    const text =
      refund.settledAt === null
        ? `Devolução de ${amount} em andamento`
        : `Devolvido: ${amount} em ${clockTime.format(refund.settledAt)}`;
    item.append(line('p', text, 'refund'));
  }
  return item;
}

function line(tag, text, className = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function say(text, kind = '') {
  byId('notice').hidden = text === '';
  byId('notice').textContent = text;
  byId('notice').className = `notice ${kind}`;
}

/** "12,34", "12" or "1.234,50" in cents; null when it is no positive amount. By digits, never through a float. */
function centsOf(text) {
  const match = /^(\d{1,3}(?:\.\d{3})+|\d{1,10})(?:,(\d{1,2}))?$/.exec(text.trim());
  if (match === null) return null;
  const cents = Number(match[1].replaceAll('.', '') + (match[2] ?? '').padEnd(2, '0'));
  return cents > 0 ? cents : null;
}

async function call(path, body) {
  const request =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  try {
    const response = await fetch(path, request);
    const answer = await response.json();
    if (response.ok) return { ok: true, body: answer };
    return { ok: false, message: ERROR_TEXT[answer.error?.code] ?? UNREACHABLE };
  } catch {
    // Offline, or an answer that is no JSON: for the customer the same thing, and said on the screen.
    return { ok: false, message: UNREACHABLE };
  }
}
