export interface FormTree {
  [name: string]: string | FormTree;
}

/** Stripe's bodies and queries: "metadata[txid]=…&expand[0]=…" as a tree; lists are trees with numbers for names. */
export function parseForm(fields: URLSearchParams): FormTree {
  const tree = emptyTree();
  for (const [name, value] of fields) {
    const path = name.split(/[[\]]+/).filter((part) => part !== '');
    const last = path.pop();
    if (last === undefined) continue;
    let node = tree;
    for (const part of path) {
      const child = node[part];
      const next = typeof child === 'object' ? child : emptyTree();
      node[part] = next;
      node = next;
    }
    node[last] = value;
  }
  return tree;
}

/** Without a prototype: "__proto__" is a name like any other. */
function emptyTree(): FormTree {
  return Object.create(null) as FormTree;
}

export function textOf(tree: FormTree, name: string): string | undefined {
  const value = tree[name];
  return typeof value === 'string' ? value : undefined;
}

export function textsOf(tree: FormTree, name: string): readonly string[] {
  return Object.values(recordOf(tree, name));
}

export function recordOf(tree: FormTree, name: string): Record<string, string> {
  const value = tree[name];
  if (value === undefined || typeof value === 'string') return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (typeof item === 'string' ? [[key, item]] : [])),
  );
}

/** Undefined where it is no whole number from 1 on. */
export function amountOf(tree: FormTree, name: string): number | undefined {
  const text = textOf(tree, name) ?? '';
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}
