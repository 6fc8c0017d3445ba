import { describe, expect, it } from 'vitest';
import { COMMAND_REFUSALS } from '../../domain/protocol/screen-commands.ts';
import { ptBr } from './pt-br.ts';

describe('what the screens say', () => {
  it('has words for every refusal', () => {
    expect(Object.keys(ptBr.refusal).sort()).toEqual([...COMMAND_REFUSALS].sort());
  });

  it('calls nothing paid while money goes back', () => {
    expect(JSON.stringify(ptBr.totem.refunding)).not.toMatch(/\bpag[oa]s?\b/i);
  });

  it('counts people', () => {
    expect(ptBr.totem.ticket.ahead(0)).toBe('Você é o próximo da fila.');
    expect(ptBr.totem.ticket.ahead(1)).toBe('Há 1 pessoa antes de você.');
    expect(ptBr.totem.ticket.ahead(2)).toBe('Há 2 pessoas antes de você.');
    expect(ptBr.panel.waiting(1)).toBe('1 pessoa aguardando');
  });
});
