import type { FastifyReply } from 'fastify';
import type { z } from 'zod';

/** Error types of API Pix 2.9.0 that this provider uses, with their HTTP status and title. */
const PROBLEMS = {
  RequisicaoInvalida: [400, 'Requisição inválida.'],
  AcessoNegado: [403, 'Acesso negado.'],
  NaoEncontrado: [404, 'Entidade não encontrada.'],
  ErroInternoDoServidor: [500, 'Erro interno do servidor.'],
  ServicoIndisponivel: [503, 'Serviço indisponível.'],
  CobNaoEncontrado: [404, 'Cobrança não encontrada.'],
  CobOperacaoInvalida: [400, 'Cobrança inválida.'],
  CobConsultaInvalida: [400, 'Consulta inválida.'],
  PixNaoEncontrado: [404, 'Pix não encontrado.'],
  PixConsultaInvalida: [400, 'Consulta inválida.'],
  PixDevolucaoNaoEncontrada: [404, 'Devolução não encontrada.'],
  PixDevolucaoInvalida: [400, 'Devolução inválida.'],
  RecNaoEncontrada: [404, 'Recorrência não encontrada.'],
  RecOperacaoInvalida: [400, 'Recorrência inválida.'],
  RecConsultaInvalida: [400, 'Consulta inválida.'],
  SolicRecNaoEncontrada: [404, 'Solicitação não encontrada.'],
  SolicRecOperacaoInvalida: [400, 'Solicitação inválida.'],
  CobRNaoEncontrada: [404, 'Cobrança não encontrada.'],
  CobROperacaoInvalida: [400, 'Cobrança inválida.'],
  WebhookNaoEncontrado: [404, 'Webhook não encontrado.'],
  WebhookOperacaoInvalida: [400, 'Webhook inválido.'],
  WebhookConsultaInvalida: [400, 'Consulta inválida.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemType = keyof typeof PROBLEMS;

export interface Violation {
  readonly razao: string;
  readonly propriedade: string;
}

/** Answers `application/problem+json` (RFC 7807) as API Pix words it. `status` only where a gateway would differ. */
export function sendProblem(
  reply: FastifyReply,
  type: ProblemType,
  detail: string,
  violations: readonly Violation[] = [],
  status: number = PROBLEMS[type][0],
): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json; charset=utf-8')
    .send({
      type: `https://pix.bcb.gov.br/api/v2/error/${type}`,
      title: PROBLEMS[type][1],
      status,
      detail,
      correlationId: reply.request.id,
      ...(violations.length === 0 ? {} : { violacoes: violations }),
    });
}

/** What zod found, in the words of API Pix. */
export function violationsOf(root: string, error: z.ZodError): Violation[] {
  return error.issues.map((issue) => ({
    razao: issue.message,
    propriedade: [root, ...issue.path].join('.'),
  }));
}
