import { ptBr } from './pt-br.ts';

/** Every word that a screen says. One language so far; another one is a second value of this type. */
export type Texts = typeof ptBr;
export const text: Texts = ptBr;
