import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

type Schema = Record<string, unknown>;

const FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'simulators', 'provider', 'open-finance');
const ID = 'payments';

/** The published document (Apache-2.0), payment initiation 4.0.0: a judge of messages, and a source of examples. */
export interface Specification {
  /** Problems of a message by the specification's own name for its schema; empty when it holds. */
  check(schema: string, message: unknown): string[];
  /** The message that the document's own examples make up. */
  example(schema: string): Record<string, unknown>;
  enumOf(schema: string): string[];
}

export function loadSpecification(): Specification {
  const document = parse(readFileSync(join(FOLDER, 'ofb-payments-4.0.0.yaml'), 'utf8')) as {
    components: { schemas: Record<string, Schema> };
  };
  const { schemas } = document.components;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: ID, ...document });

  function exampleOf(schema: Schema): unknown {
    const reference = schema['$ref'];
    if (typeof reference === 'string') return exampleOf(schemas[reference.split('/').pop() ?? ''] ?? {});
    if (schema['example'] !== undefined) return schema['example'];
    if (Array.isArray(schema['enum'])) return schema['enum'][0] as unknown;
    if (schema['type'] === 'string') return 'texto';
    if (schema['type'] === 'array') return [exampleOf(schema['items'] as Schema)];
    const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
    // `schedule` excludes `date`, which is the one that an immediate payment has.
    const parts = Object.entries(properties).filter(([name]) => name !== 'schedule');
    return Object.fromEntries(parts.map(([name, part]) => [name, exampleOf(part)]));
  }

  return {
    check(schema, message) {
      const validate = ajv.compile({ $ref: `${ID}#/components/schemas/${schema}` });
      if (validate(message)) return [];
      return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
    },
    example: (schema) => exampleOf({ $ref: `#/components/schemas/${schema}` }) as Record<string, unknown>,
    enumOf: (schema) => (schemas[schema]?.['enum'] ?? []) as string[],
  };
}
