import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StatementFile } from './import-statement.ts';
import type { StatementFormat } from './read-records.ts';

/** Of 200,000 lines with room to spare. */
const MAX_BYTES = 64 * 1024 * 1024;

export interface KeptFile extends StatementFile {
  dispose(): Promise<void>;
}

/**
 * Writes an upload to a file of ours, as it comes, and names it by its bytes.
 * @returns null for one that is too large; the caller disposes of the file
 */
export async function keepStatement(
  upload: AsyncIterable<Uint8Array>,
  format: StatementFormat,
): Promise<KeptFile | null> {
  const directory = await mkdtemp(join(tmpdir(), 'totem-statement-'));
  const path = join(directory, 'statement');
  const dispose = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await pipeline(
      upload,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          bytes += chunk.length;
          // Read to its end all the same, so that there is somebody to answer to.
          if (bytes > MAX_BYTES) continue;
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path, { mode: 0o600 }),
    );
  } catch (error) {
    await dispose();
    throw error;
  }
  if (bytes > MAX_BYTES) {
    await dispose();
    return null;
  }
  const open = (): AsyncIterable<string> => createReadStream(path, { encoding: 'utf8' });
  return { sha256: hash.digest('hex'), format, open, dispose };
}
