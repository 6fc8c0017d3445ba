import type { Language } from '../pay/texts.ts';

/** What the customer reads where the receipt is asked for. */
export interface ReceiptText {
  readonly title: string;
  readonly loading: string;
  readonly ticket: (label: string) => string;
  readonly ask: string;
  readonly label: string;
  /** Why it is asked for, and what becomes of it (LGPD). */
  readonly why: string;
  readonly send: string;
  readonly sending: string;
  readonly sent: { readonly title: string; readonly detail: string };
  readonly sentTo: (email: string) => string;
  readonly again: string;
  readonly invalid: string;
  readonly tooMany: string;
  readonly tooFast: string;
  readonly offline: string;
  readonly unknown: { readonly title: string; readonly detail: string };
}

export const RECEIPT_TEXTS: Readonly<Record<Language, ReceiptText>> = {
  'pt-BR': {
    title: 'Comprovante por e-mail',
    loading: 'Carregando',
    ticket: (label) => `Senha ${label}`,
    ask: 'Receber o comprovante por e-mail',
    label: 'Seu e-mail',
    why: 'Opcional. Só para enviar a confirmação e o comprovante desta compra; peça à unidade e nós apagamos (LGPD).',
    send: 'Enviar o comprovante',
    sending: 'Enviando…',
    sent: {
      title: 'Pedido anotado',
      detail:
        'A confirmação sai agora, e o comprovante assim que a senha estiver na fila. Veja também o spam.',
    },
    sentTo: (email) => `Vai para ${email}.`,
    again: 'Corrigir o e-mail',
    invalid: 'Este e-mail não parece certo. Confira: nome@provedor.com.br',
    tooMany: 'O e-mail já foi corrigido vezes demais. Peça o comprovante na recepção.',
    tooFast: 'Tentativas demais. Espere um minuto e tente de novo.',
    offline: 'Sem conexão. Tente de novo.',
    unknown: {
      title: 'Página não encontrada',
      detail: 'O código não está certo, ou tem mais de sete dias. Peça o comprovante na recepção.',
    },
  },
  en: {
    title: 'Receipt by e-mail',
    loading: 'Loading',
    ticket: (label) => `Ticket ${label}`,
    ask: 'Get your receipt by e-mail',
    label: 'Your e-mail',
    why: 'Optional. Only to send the confirmation and receipt of this purchase; ask the desk and we erase it (LGPD).',
    send: 'Send the receipt',
    sending: 'Sending…',
    sent: {
      title: 'Request noted',
      detail:
        'The confirmation leaves now, and the receipt once your ticket is in the queue. Check your spam folder too.',
    },
    sentTo: (email) => `It goes to ${email}.`,
    again: 'Correct the e-mail',
    invalid: 'This e-mail does not look right. Check it: name@provider.com',
    tooMany: 'The e-mail was corrected too many times. Ask for the receipt at the desk.',
    tooFast: 'Too many attempts. Wait a minute and try again.',
    offline: 'No connection. Try again.',
    unknown: {
      title: 'Page not found',
      detail: 'The code is not right, or is more than seven days old. Ask for the receipt at the desk.',
    },
  },
  es: {
    title: 'Comprobante por correo',
    loading: 'Cargando',
    ticket: (label) => `Turno ${label}`,
    ask: 'Recibir el comprobante por correo',
    label: 'Su correo electrónico',
    why: 'Opcional. Solo para enviar la confirmación y el comprobante de esta compra; pídalo y lo borramos (LGPD).',
    send: 'Enviar el comprobante',
    sending: 'Enviando…',
    sent: {
      title: 'Pedido anotado',
      detail:
        'La confirmación sale ahora, y el comprobante cuando su turno esté en la fila. Revise también el correo no deseado.',
    },
    sentTo: (email) => `Va a ${email}.`,
    again: 'Corregir el correo',
    invalid: 'Este correo no parece correcto. Revíselo: nombre@proveedor.com',
    tooMany: 'El correo ya se corrigió demasiadas veces. Pida el comprobante en recepción.',
    tooFast: 'Demasiados intentos. Espere un minuto e intente de nuevo.',
    offline: 'Sin conexión. Intente de nuevo.',
    unknown: {
      title: 'Página no encontrada',
      detail: 'El código no es correcto o tiene más de siete días. Pida el comprobante en recepción.',
    },
  },
};
