/** The package ships no types; the part that the cross-checks use. */
declare module 'steplix-emvqr' {
  interface DecodedField {
    readonly id: string;
    readonly len: number;
    readonly data: unknown;
  }
  const emvqr: { decode(text: string): Record<string, DecodedField | undefined> };
  // biome-ignore lint/style/noDefaultExport: a CommonJS package, its whole export is the default
  export default emvqr;
}
