import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectDir } from './project.ts';

/** A test as docs/rivals.md names it: `file` › `title`. */
const NAMED_TEST = /`([\w./-]+\.(?:test|spec)\.tsx?)` › `([^`]+)`/g;
const page = readFileSync(join(projectDir, 'docs/rivals.md'), 'utf8');

/** What is wrong with the page: tests that it names and that are not there, and failures without a test. */
function faultsOf(markdown: string): string[] {
  const missing = [...markdown.matchAll(NAMED_TEST)].flatMap(([, file = '', title = '']) => {
    const path = join(projectDir, file);
    if (!existsSync(path)) return [`${file} does not exist`];
    const source = readFileSync(path, 'utf8');
    // As the first argument of test, it, describe or a table of them: on the line of the bracket, or on its own.
    const isThere = [`'`, '"', '`'].some((quote) => source.includes(`${quote}${title}${quote},`));
    return isThere ? [] : [`${file} has no test "${title}"`];
  });
  const rows = markdown.split('\n').filter((line) => /^\| (?!failure |---)/.test(line));
  const bare = rows.filter((row) => row.match(NAMED_TEST) === null).map((row) => `no test in: ${row}`);
  return [...missing, ...bare];
}

test('each failure in docs/rivals.md names tests that exist', () => {
  expect(faultsOf(page)).toEqual([]);
  expect(page.match(NAMED_TEST)?.length).toBeGreaterThan(40);
});

test('twin: a test that was renamed, a file that is gone and a row without a test are found', () => {
  const row = (file: string, title: string): string => `| Rival #1 | it fails | \`${file}\` › \`${title}\` |`;
  expect(
    faultsOf(
      [
        row('scripts/rivals.test.ts', 'each failure in docs/rivals.md names tests that exist'),
        row('scripts/rivals.test.ts', 'a title that nobody wrote'),
        row('scripts/gone.test.ts', 'any'),
        '| Rival #2 | it fails | |',
      ].join('\n'),
    ),
  ).toEqual([
    'scripts/rivals.test.ts has no test "a title that nobody wrote"',
    'scripts/gone.test.ts does not exist',
    'no test in: | Rival #2 | it fails | |',
  ]);
});
