import { ptBrStaff } from './pt-br-staff.ts';
import { ptBrTotem } from './pt-br-totem.ts';

/** Brazilian Portuguese: what all screens share, then each screen's own. */
export const ptBr = {
  screenTitle: {
    totem: 'Totem de autoatendimento',
    queue: 'Fila de atendimento',
    panel: 'Painel de senhas',
    technician: 'Técnico',
    admin: 'Gestão',
  },
  common: {
    loading: 'Carregando…',
    back: 'Voltar',
    cancel: 'Cancelar',
    confirm: 'Confirmar',
    close: 'Fechar',
    minutes: (count: number) => `cerca de ${count} min`,
  },
  broken: {
    title: 'Esta tela teve um problema',
    detail: 'Ela vai recarregar sozinha em instantes. Nenhum pagamento ou senha se perde com isso.',
    reload: 'Recarregar agora',
  },
  link: {
    lost: 'Sem contato com este totem. Reconectando…',
    lostAdmin: 'Sem contato com o servidor. Reconectando…',
    unreadable: 'Esta tela está desatualizada em relação ao totem. Os dados podem estar parados: recarregue.',
    reload: 'Recarregar',
  },
  server: {
    offline: 'Sem conexão com o servidor. Tentando de novo…',
    connecting: 'Conectando ao servidor…',
    state: { connecting: 'Conectando', online: 'Conectado', offline: 'Sem conexão' },
  },
  refusal: {
    invalid_command: 'Não foi possível: dados inválidos.',
    invalid_cpf: 'CPF inválido. Confira os números.',
    service_unknown: 'Este serviço não está mais disponível. Escolha outro.',
    checkout_in_progress: 'Já há um atendimento em andamento neste totem.',
    unknown_session: 'Este atendimento já terminou.',
    too_late_to_cancel: 'Não dá mais para cancelar: o pagamento já foi recebido.',
    wrong_pin: 'PIN incorreto.',
    too_many_attempts: 'Muitas tentativas. Aguarde um minuto e tente de novo.',
    unknown_ticket: 'Senha não encontrada.',
    print_in_progress: 'Já há uma impressão em andamento. Aguarde.',
    server_unreachable: 'Sem conexão no momento. Tente de novo em instantes.',
    unauthorized: 'Este equipamento não tem permissão para isso.',
    internal_error: 'Algo deu errado. Tente de novo.',
    queue_empty: 'Não há ninguém aguardando.',
    counter_busy: 'Este guichê ainda tem um atendimento aberto. Conclua-o antes de chamar o próximo.',
    unknown_counter: 'Este guichê não existe mais. Escolha outro.',
    ticket_taken: 'Esta senha já está com outro guichê.',
    not_allowed: 'A situação da senha mudou e não permite mais esta ação.',
  },
  totem: ptBrTotem,
  ...ptBrStaff,
};
