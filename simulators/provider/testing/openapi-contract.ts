import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

type Json = Record<string, unknown>;

/** The specification, as published (Apache-2.0), version 2.9.0. */
const FILE = join(import.meta.dirname, '..', 'pix-openapi.yaml');
const ID = 'pix';

export interface OpenApiContract {
  /** Problems of an answer, by the specification; empty when it holds. Throws when the operation is not in it. */
  checkAnswer(method: string, route: string, status: number, body: unknown): string[];
  checkRequest(method: string, route: string, body: unknown): string[];
  /** By the specification's own name for a schema. */
  checkSchema(name: string, body: unknown): string[];
}

/** BACEN's OpenAPI document as a judge, after the repair of its known defects. */
export function loadOpenApiContract(): OpenApiContract {
  const document = parse(readFileSync(FILE, 'utf8')) as Json;
  repairKnownDefects(document);
  // The document uses words of OpenAPI (`example`, `discriminator`) that are none of JSON Schema.
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: ID, ...document });
  const compiled = new Map<string, ValidateFunction>();

  function check(path: readonly string[], body: unknown): string[] {
    const pointer = path
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent);
    const reference = `${ID}#/${pointer.join('/')}`;
    let validate = compiled.get(reference);
    if (validate === undefined) {
      validate = ajv.compile({ $ref: reference });
      compiled.set(reference, validate);
    }
    if (validate(body)) return [];
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
  }

  return {
    checkAnswer(method, route, status, body) {
      const answer = at(document, ['paths', route, method.toLowerCase(), 'responses', String(status)]);
      // A gateway's 401 is in front of the API and not in the document; its body follows the other problems.
      if (answer === undefined && status === 401) return check(['components', 'schemas', 'Problema'], body);
      if (answer === undefined) throw new Error(`${method} ${route}: ${status} is not in the specification`);
      if (status >= 400) return check(['components', 'schemas', 'Problema'], body);
      const path = ['paths', route, method.toLowerCase(), 'responses', String(status), 'content'];
      if (at(document, path) === undefined) return [];
      return check([...path, 'application/json', 'schema'], body);
    },
    checkRequest(method, route, body) {
      const reference = at(document, ['paths', route, method.toLowerCase(), 'requestBody', '$ref']);
      if (typeof reference !== 'string')
        throw new Error(`${method} ${route} has no body in the specification`);
      return check([...reference.slice(2).split('/'), 'content', 'application/json', 'schema'], body);
    },
    checkSchema: (name, body) => check(['components', 'schemas', name], body),
  };
}

/** Every deviation from the published file, here and nowhere else. */
function repairKnownDefects(document: Json): void {
  const schemas = at(document, ['components', 'schemas']) as Record<string, Json>;
  // "/^\d{11}$/": the slashes of a JavaScript literal are in the pattern, so that no CPF matches.
  // Other patterns are not anchored: "xx1.00xx" would be an amount.
  visit(document, (node) => {
    if (typeof node['pattern'] === 'string') node['pattern'] = anchored(node['pattern']);
    // `default: "86400"` of an integer, and examples that break their own schema: neither constrains a value.
    delete node['default'];
    delete node['example'];
    delete node['examples'];
  });
  // The answer to GET /pix requires "cobs", a slip of the pen: its list is called "pix".
  (schemas['PixConsultados'] as Json)['required'] = ['parametros', 'pix'];
  // The list of charges requires "idCob", which no schema defines.
  visit(schemas['CobsConsultadas'] as Json, (node) => {
    if (Array.isArray(node['required']))
      node['required'] = node['required'].filter((name) => name !== 'idCob');
  });
  // A location is said to be a URI, and by the description of the same field comes without its scheme.
  visit(schemas as Json, (node) => {
    const location = (node['properties'] as Json | undefined)?.['location'] as Json | undefined;
    if (location !== undefined) delete location['format'];
  });
  // The lists answer 400 with their …ConsultaInvalida, says the text; their operations leave the status out.
  for (const route of ['/cob', '/pix', '/webhook']) {
    (at(document, ['paths', route, 'get', 'responses']) as Json)['400'] ??= {};
  }
  // Fields of Pix Automático that are required and that no schema defines, or that stand in another object.
  const withoutRequired: Readonly<Record<string, readonly string[]>> = {
    RecBase: ['idRec', 'retentativa'],
    SolicRecBase: ['pagador'],
    SolicRecCompleta: ['rec'],
    DadosPagadorRec: ['ispbParticipante'],
    PayloadLocationRecGerada: ['tipo'],
    RecNotification: ['atualizacao"'],
  };
  for (const [name, dropped] of Object.entries(withoutRequired)) {
    const schema = schemas[name] as Json;
    schema['required'] = (schema['required'] as string[]).filter((field) => !dropped.includes(field));
  }
  // Its two endings require nothing of their own, so that each is always both.
  const ending = at(schemas as Json, ['RecEncerramento', 'properties', 'encerramento']) as Json;
  ending['anyOf'] = ending['oneOf'];
  delete ending['oneOf'];
  // The amount of a Pix of a recurring charge is a text, and by another word beside it an object: nothing is both.
  delete (at(schemas as Json, ['PixAutomatico', 'properties', 'valor']) as Json)['anyOf'];
  // The txid of a Pix is {1,35}, but the schema also demands the {26,35} of a charge.
  const pixTxid = at(schemas as Json, ['Pix', 'properties']) as Json;
  pixTxid['txid'] = { type: 'string', pattern: '^[a-zA-Z0-9]{1,35}$' };
}

function anchored(pattern: string): string {
  const bare = pattern.startsWith('/^') && pattern.endsWith('$/') ? pattern.slice(1, -1) : pattern;
  return bare.startsWith('^') ? bare : `^(?:${bare})$`;
}

function visit(node: unknown, edit: (node: Json) => void): void {
  if (Array.isArray(node)) for (const item of node) visit(item, edit);
  else if (typeof node === 'object' && node !== null) {
    edit(node as Json);
    for (const value of Object.values(node)) visit(value, edit);
  }
}

function at(node: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((parent, key) => (parent as Json | undefined)?.[key], node);
}
