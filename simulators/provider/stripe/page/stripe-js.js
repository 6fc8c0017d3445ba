// Stands in for Stripe.js: as much of it as the shop's page uses, with the same names and answers. The card's number
// is typed into a frame of this server's, so that the shop's page never sees it.
(() => {
  const origin = new URL(document.currentScript.src).origin;
  const MARK = 'simulated-stripe';

  function Stripe(publishableKey) {
    if (typeof publishableKey !== 'string' || !publishableKey.startsWith('pk_')) {
      throw new Error('Stripe(): a publishable key starts with pk_');
    }
    return {
      elements: (options) => elements(publishableKey, options),
      confirmPayment: ({ elements: group, redirect }) => {
        if (redirect !== 'if_required')
          throw new Error("confirmPayment(): redirect has to be 'if_required' here");
        return group.confirm();
      },
    };
  }

  function elements(publishableKey, { clientSecret, locale = 'auto' }) {
    if (typeof clientSecret !== 'string' || !clientSecret.includes('_secret_')) {
      throw new Error('elements(): clientSecret is missing');
    }
    let payment;
    return {
      create(kind) {
        if (kind !== 'payment') throw new Error(`elements.create(): no ${kind} here`);
        if (payment !== undefined) throw new Error('elements.create(): there is a payment element already');
        payment = paymentElement({ publishableKey, clientSecret, locale });
        return payment.shown;
      },
      getElement: (kind) => (kind === 'payment' && payment !== undefined ? payment.shown : null),
      confirm() {
        if (payment === undefined) throw new Error('confirmPayment(): there is no payment element');
        return payment.confirm();
      },
    };
  }

  function paymentElement(settings) {
    const frame = document.createElement('iframe');
    frame.src = `${origin}/stripe/card-form`;
    frame.title = 'Secure payment input frame';
    frame.style.cssText = 'width:100%;height:300px;border:0;display:block';
    const listeners = new Map();
    let answer;
    let ready = false;

    const tell = (name, detail) => {
      for (const listener of listeners.get(name) ?? []) listener({ elementType: 'payment', ...detail });
    };
    const post = (message) => frame.contentWindow?.postMessage({ mark: MARK, ...message }, origin);
    const onMessage = (event) => {
      if (event.source !== frame.contentWindow || event.origin !== origin || event.data?.mark !== MARK)
        return;
      const { kind } = event.data;
      if (kind === 'loaded') post({ kind: 'settings', ...settings });
      if (kind === 'ready') {
        ready = true;
        tell('ready', {});
      }
      if (kind === 'height') frame.style.height = `${event.data.height}px`;
      if (kind === 'change') tell('change', { complete: event.data.complete, empty: event.data.empty });
      if (kind === 'confirmed') {
        answer?.(event.data.result);
        answer = undefined;
      }
    };
    window.addEventListener('message', onMessage);

    const shown = {
      mount(target) {
        const place = typeof target === 'string' ? document.querySelector(target) : target;
        if (place === null) throw new Error(`mount(): nothing is ${target}`);
        place.replaceChildren(frame);
      },
      on(name, listener) {
        listeners.set(name, [...(listeners.get(name) ?? []), listener]);
        return shown;
      },
      unmount: () => frame.remove(),
      destroy() {
        frame.remove();
        window.removeEventListener('message', onMessage);
      },
    };
    return {
      shown,
      confirm() {
        if (!ready) throw new Error('confirmPayment(): the payment element is not ready');
        if (answer !== undefined) throw new Error('confirmPayment(): one is under way already');
        return new Promise((resolve) => {
          answer = resolve;
          post({ kind: 'confirm' });
        });
      },
    };
  }

  window.Stripe = Stripe;
})();
