/** A number with its noun: "1 senha", "2 senhas". */
export const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
