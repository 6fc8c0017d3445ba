// Writes docs/coverage.md; with `--check` says whether it is as it should be, for `npm run check`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coveragePage } from '../sync-server/unified/coverage/coverage-page.ts';
import { projectDir } from './project.ts';

const file = join(projectDir, 'docs', 'coverage.md');
const page = coveragePage();
if (!process.argv.includes('--check')) writeFileSync(file, page);
else if (readFileSync(file, 'utf8') !== page) {
  console.error('docs/coverage.md is not what the matrix says: node scripts/coverage-page.ts');
  process.exitCode = 1;
}
