// The provider's own form, in a frame of its own: the shop's page says when to pay and hears what became of it.
const MARK = 'simulated-stripe';
const TEXTS = {
  en: {
    note: 'Simulated provider: no money moves.',
    number: 'Card number',
    expiry: 'Expiration date',
    cvc: 'Security code',
    incomplete: 'Your card details are incomplete.',
    away: 'The payment could not be sent. Try again.',
  },
  pt: {
    note: 'Provedor simulado: nenhum dinheiro é movimentado.',
    number: 'Número do cartão',
    expiry: 'Validade',
    cvc: 'Código de segurança',
    incomplete: 'Os dados do cartão estão incompletos.',
    away: 'O pagamento não pôde ser enviado. Tente novamente.',
  },
};
const field = (id) => document.getElementById(id);
const fields = ['number', 'expiry', 'cvc'].map(field);
let settings;
let texts = TEXTS.en;
/** The only page that is answered: the one that sent the settings. */
let page;

function post(message) {
  if (page !== undefined) window.parent.postMessage({ mark: MARK, ...message }, page);
}

function isComplete() {
  const [number, expiry, cvc] = fields.map(({ value }) => value.replace(/\D/g, ''));
  return number.length >= 13 && expiry.length === 4 && cvc.length >= 3;
}

function showError(message) {
  field('error').textContent = message ?? '';
  field('error').hidden = message === undefined;
  tellHeight();
}

function tellHeight() {
  post({ kind: 'height', height: document.body.offsetHeight });
}

function begin(event) {
  const { kind: _kind, mark: _mark, ...given } = event.data;
  settings = given;
  page = event.origin;
  const wanted = settings.locale === 'auto' ? navigator.language : settings.locale;
  texts = wanted.startsWith('pt') ? TEXTS.pt : TEXTS.en;
  document.documentElement.lang = wanted.startsWith('pt') ? 'pt-BR' : 'en';
  for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = texts[element.dataset.text];
  field('form').setAttribute('aria-label', texts.form);
  tellHeight();
  post({ kind: 'ready' });
}

async function confirm() {
  if (!isComplete()) {
    showError(texts.incomplete);
    return { error: { type: 'validation_error', code: 'incomplete_number', message: texts.incomplete } };
  }
  const id = settings.clientSecret.split('_secret_')[0];
  const body = new URLSearchParams({
    key: settings.publishableKey,
    client_secret: settings.clientSecret,
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': field('number').value,
  });
  try {
    const response = await fetch(`/stripe/v1/payment_intents/${id}/confirm`, { method: 'POST', body });
    const answer = await response.json();
    if (answer.error === undefined) {
      showError(undefined);
      return { paymentIntent: answer };
    }
    showError(answer.error.message);
    return { error: answer.error };
  } catch (error) {
    console.warn('confirm failed', error);
    showError(texts.away);
    return { error: { type: 'api_connection_error', message: texts.away } };
  }
}

window.addEventListener('message', async (event) => {
  if (event.source !== window.parent || event.data?.mark !== MARK) return;
  if (event.data.kind === 'settings' && settings === undefined) begin(event);
  if (event.data.kind === 'confirm' && event.origin === page)
    post({ kind: 'confirmed', result: await confirm() });
});
for (const input of fields) {
  input.addEventListener('input', () => {
    showError(undefined);
    post({ kind: 'change', complete: isComplete(), empty: fields.every(({ value }) => value === '') });
  });
}
// Whoever frames this may know that it is here; anything else is told to the page of the settings alone.
window.parent.postMessage({ mark: MARK, kind: 'loaded' }, '*');
