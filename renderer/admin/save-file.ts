/** Hands the reader of the page a file. */
export function saveFile(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** The civil day where the page is read, YYYY-MM-DD. */
export function dayOf(epochMs: number): string {
  return new Date(epochMs).toLocaleDateString('sv-SE');
}
