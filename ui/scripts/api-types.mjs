// Writes the types of the answers that the page reads: node scripts/api-types.mjs http://HOST:PORT
// They come from the server's own /openapi.json; a page test fails when src/lib/api-types.ts is not what this writes.

import { writeFile } from 'node:fs/promises';

/** What the page reads; everything that these refer to comes along. */
const ROOTS = [
  'Report', 'Explanation', 'DeploymentList', 'RunList', 'IncidentList', 'AlertList', 'ChangeList', 'Matrix', 'SourceList',
  'DeliveryList', 'Problem', 'CreatedToken', 'DeploymentDetail', 'DeploymentOutcomes', 'RunDetail',
  'TeamList', 'Import', 'ImportList', 'ServerHealth',
];

const nameOf = (reference) => reference.slice(reference.lastIndexOf('/') + 1);

function objectType(schema, indent) {
  const { properties, additionalProperties, required = [] } = schema;
  if (!properties) {
    return typeof additionalProperties === 'object' ? `Record<string, ${typeOf(additionalProperties, indent)}>` : 'Record<string, unknown>';
  }
  const inner = `${indent}  `;
  const members = Object.keys(properties).sort().map((name) => {
    const mark = required.includes(name) ? '' : '?';
    return `${inner}${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)}${mark}: ${typeOf(properties[name], inner)};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

function namedType(type, schema, indent) {
  switch (type) {
    case 'string': return 'string';
    case 'integer':
    case 'number': return 'number';
    case 'boolean': return 'boolean';
    case 'null': return 'null';
    case 'array': return `Array<${schema.items ? typeOf(schema.items, indent) : 'unknown'}>`;
    case 'object': return objectType(schema, indent);
    default: return 'unknown';
  }
}

function typeOf(schema, indent = '') {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return parts.map((part) => typeOf(part, indent)).join(' | ');
  if (schema.allOf) return schema.allOf.map((part) => `(${typeOf(part, indent)})`).join(' & ');
  const types = [schema.type ?? (schema.properties ? 'object' : 'unknown')].flat();
  return types.map((type) => namedType(type, schema, indent)).join(' | ');
}

function referencesIn(value) {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, member]) => (key === '$ref' ? [nameOf(member)] : referencesIn(member)));
}

/** The TypeScript of `document` (an OpenAPI document). */
export function apiTypes(document) {
  const { schemas } = document.components;
  const wanted = new Set();
  const queue = [...ROOTS];
  while (queue.length > 0) {
    const name = queue.pop();
    if (wanted.has(name)) continue;
    if (!schemas[name]) throw new Error(`the OpenAPI document has no schema ${name}`);
    wanted.add(name);
    queue.push(...referencesIn(schemas[name]));
  }
  const types = [...wanted].sort().map((name) => `export type ${name} = ${typeOf(schemas[name])};\n`);
  return `// Written by scripts/api-types.mjs from /openapi.json; do not edit.\n\n${types.join('\n')}`;
}

export const typesFile = new URL('../src/lib/api-types.ts', import.meta.url);

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [, , server] = process.argv;
  if (!server) {
    console.error('usage: api-types.mjs http://HOST:PORT');
    process.exit(2);
  }
  const answer = await fetch(new URL('/openapi.json', server));
  if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}`);
  await writeFile(typesFile, apiTypes(await answer.json()));
}
