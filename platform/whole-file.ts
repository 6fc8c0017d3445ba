import { renameSync, writeFileSync } from 'node:fs';

/**
 * Writes `text` so that `file` is there whole or not at all, whenever the process is killed or the disk is full: a
 * secret that was cut in half would keep its program from ever starting again. Mode 0600.
 */
export function writeWholeSecretFile(file: string, text: string): void {
  writeFileSync(`${file}.part`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.part`, file);
}
