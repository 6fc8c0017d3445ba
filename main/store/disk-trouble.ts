/**
 * What a failed read or write says of the disk: `full`, `read_only`, `failing` (the disk or the file system answers
 * with errors), `damaged` (the disk works, but the database on it is no database any more).
 */
export type DiskTrouble = 'full' | 'read_only' | 'failing' | 'damaged';

/** @returns null for an error that is not the disk's: a bug, or a change that contradicts what is stored */
export function diskTroubleOf(error: unknown): DiskTrouble | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (typeof code !== 'string') return null;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL') return 'full';
  if (code === 'EROFS' || code.startsWith('SQLITE_READONLY')) return 'read_only';
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) return 'damaged';
  if (code === 'EIO' || code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN'))
    return 'failing';
  return null;
}

/** One line for whoever starts a kiosk on a disk that does not let it live. */
export function diskAdvice(trouble: DiskTrouble, dataDir: string, detail: string): string {
  switch (trouble) {
    case 'full':
      return `the disk that holds ${dataDir} is full: free some space, then start again (${detail})`;
    case 'read_only':
      return `${dataDir} can only be read: mount its disk for writing, or check it for errors, then start again (${detail})`;
    case 'failing':
      return `the disk that holds ${dataDir} answers with errors: check it, then start again (${detail})`;
    case 'damaged':
      return `the database in ${dataDir} is damaged and could not be set aside (${detail})`;
  }
}
