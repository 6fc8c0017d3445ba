export type Language = 'pt-BR' | 'en' | 'es';

/** What the customer reads on the phone; "paid" is only said of what the server calls paid. */
export interface PayText {
  readonly title: string;
  readonly loading: string;
  readonly timeLeft: (time: string) => string;
  readonly card: string;
  readonly formAway: string;
  readonly formLabel: string;
  readonly pay: (amount: string) => string;
  readonly paying: string;
  readonly declined: string;
  readonly tryAgain: string;
  readonly processing: { readonly title: string; readonly detail: string };
  readonly paid: { readonly title: string; readonly detail: string };
  readonly expired: { readonly title: string; readonly detail: string };
  readonly closed: { readonly title: string; readonly detail: string };
  readonly unknown: { readonly title: string; readonly detail: string };
  readonly offline: string;
}

export const TEXTS: Readonly<Record<Language, PayText>> = {
  'pt-BR': {
    title: 'Pagamento por cartão',
    loading: 'Carregando o pagamento',
    timeLeft: (time) => `Tempo para pagar: ${time}`,
    card: 'Seu cartão',
    formAway: 'O formulário do cartão não abriu. Verifique a conexão e tente de novo.',
    formLabel: 'Dados do cartão',
    pay: (amount) => `Pagar ${amount}`,
    paying: 'Enviando…',
    declined: 'O cartão não foi aceito. Nada foi cobrado. Tente de novo ou use outro cartão.',
    tryAgain: 'Tentar de novo',
    processing: {
      title: 'Confirmando o pagamento',
      detail: 'Não pague de novo e não feche esta página. Costuma levar poucos segundos.',
    },
    paid: { title: 'Pagamento confirmado', detail: 'Volte ao totem: sua senha sai lá.' },
    expired: {
      title: 'O tempo para pagar acabou',
      detail: 'Esta página não vale mais. Volte ao totem e comece de novo.',
    },
    closed: {
      title: 'Este pagamento foi encerrado',
      detail:
        'Se algo foi cobrado, o valor volta inteiro para o cartão. Volte ao totem ou procure a recepção.',
    },
    unknown: {
      title: 'Pagamento não encontrado',
      detail: 'O endereço não está certo, ou já não vale. Leia o código no totem de novo.',
    },
    offline: 'Sem conexão. Tentando de novo…',
  },
  en: {
    title: 'Card payment',
    loading: 'Loading the payment',
    timeLeft: (time) => `Time left to pay: ${time}`,
    card: 'Your card',
    formAway: 'The card form did not open. Check your connection and try again.',
    formLabel: 'Card details',
    pay: (amount) => `Pay ${amount}`,
    paying: 'Sending…',
    declined: 'The card was not accepted. Nothing was charged. Try again or use another card.',
    tryAgain: 'Try again',
    processing: {
      title: 'Confirming the payment',
      detail: 'Do not pay again and do not close this page. It usually takes a few seconds.',
    },
    paid: { title: 'Payment confirmed', detail: 'Go back to the totem: your ticket comes out there.' },
    expired: {
      title: 'The time to pay is over',
      detail: 'This page is no longer valid. Go back to the totem and start again.',
    },
    closed: {
      title: 'This payment was closed',
      detail:
        'If anything was charged, all of it goes back to your card. Go back to the totem or ask at the desk.',
    },
    unknown: {
      title: 'Payment not found',
      detail: 'The address is not right, or no longer valid. Scan the code on the totem again.',
    },
    offline: 'No connection. Trying again…',
  },
  es: {
    title: 'Pago con tarjeta',
    loading: 'Cargando el pago',
    timeLeft: (time) => `Tiempo para pagar: ${time}`,
    card: 'Su tarjeta',
    formAway: 'El formulario de la tarjeta no se abrió. Revise la conexión e intente de nuevo.',
    formLabel: 'Datos de la tarjeta',
    pay: (amount) => `Pagar ${amount}`,
    paying: 'Enviando…',
    declined: 'La tarjeta no fue aceptada. No se cobró nada. Intente de nuevo o use otra tarjeta.',
    tryAgain: 'Intentar de nuevo',
    processing: {
      title: 'Confirmando el pago',
      detail: 'No pague de nuevo ni cierre esta página. Suele tardar pocos segundos.',
    },
    paid: { title: 'Pago confirmado', detail: 'Vuelva al tótem: su turno sale allí.' },
    expired: {
      title: 'El tiempo para pagar terminó',
      detail: 'Esta página ya no es válida. Vuelva al tótem y empiece de nuevo.',
    },
    closed: {
      title: 'Este pago fue cerrado',
      detail: 'Si algo se cobró, todo vuelve a su tarjeta. Vuelva al tótem o pregunte en recepción.',
    },
    unknown: {
      title: 'Pago no encontrado',
      detail: 'La dirección no es correcta o ya no es válida. Lea de nuevo el código en el tótem.',
    },
    offline: 'Sin conexión. Intentando de nuevo…',
  },
};

/** @param wanted the phone's languages, best first; English for whoever wants none of ours */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split('-');
    if (language === 'pt') return 'pt-BR';
    if (language === 'es') return 'es';
    if (language === 'en') return 'en';
  }
  return 'en';
}
