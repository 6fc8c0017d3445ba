import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutations.ts';

const PROJECT = join(import.meta.dirname, '..');
const MARK = 'mutation';

/**
 * Lets the whole source be loaded once more with one bug in it, beside the good one: the address of a module says with
 * which bug, and whatever it imports of ours has the same.
 */
export function allowMutations(mutations: readonly Mutation[]): void {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const name = context.parentURL === undefined ? null : mutationIn(context.parentURL);
      if (name === null || mutationIn(resolved.url) !== null || !isOurs(resolved.url)) return resolved;
      return { ...resolved, url: `${resolved.url}?${MARK}=${encodeURIComponent(name)}` };
    },
    load(url, context, next) {
      const name = mutationIn(url);
      if (name === null) return next(url, context);
      const mutation = mutations.find((one) => one.name === name);
      if (mutation === undefined) throw new Error(`there is no mutation ${name}`);
      const path = fileURLToPath(url.split('?', 1)[0] ?? url);
      const file = relative(PROJECT, path).split(sep).join('/');
      const text = readFileSync(path, 'utf8');
      const source = applyMutation(mutation, text, file);
      return { format: 'module', source: stripTypeScriptTypes(source), shortCircuit: true };
    },
  });
}

/**
 * @param file whose text it is, from the project's folder
 * @throws when the text to be replaced is not there exactly once: the mutation has to follow the source
 */
export function applyMutation(mutation: Mutation, text: string, file = mutation.file): string {
  let changed = text;
  for (const change of [mutation, ...(mutation.also ?? [])]) {
    if (change.file !== file) continue;
    const parts = changed.split(change.find);
    if (parts.length !== 2)
      throw new Error(
        `mutation "${mutation.name}": its text is ${parts.length - 1} times in ${file}, not once`,
      );
    changed = parts.join(change.replace);
  }
  return changed;
}

function isOurs(url: string): boolean {
  return url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/');
}

function mutationIn(url: string): string | null {
  return url.startsWith('file:') ? new URL(url).searchParams.get(MARK) : null;
}
