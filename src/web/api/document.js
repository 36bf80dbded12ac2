// The API reference. This file reads the OpenAPI document: references, fields, and examples.
import { announce, base, copyText, fill, find, page, searchKey, word } from "./core.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const DEEPEST = 3; // Levels of fields that a table shows.

// Resolves the reference of `node`. Properties beside it are added to those that it names.
function resolve(openapi, node) {
  if (!node?.$ref) {
    return node ?? {};
  }
  const { $ref, ...beside } = node;
  const path = $ref.slice(2).split("/");
  const target = resolve(openapi, path.reduce((found, name) => found?.[name], openapi));
  const properties = { ...target.properties, ...beside.properties };
  return { ...target, ...beside, properties };
}

// The operations of the document in its order.
function operations(openapi) {
  return Object.entries(openapi.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method])
      .map((method) => describe(openapi, path, method, methods[method])));
}

function describe(openapi, path, method, operation) {
  const parameters = (operation.parameters ?? []).map((each) => resolve(openapi, each));
  const security = operation.security ?? openapi.security;
  const answers = Object.entries(operation.responses);
  return {
    id: `call-${operation.operationId}`,
    tag: operation.tags[0],
    method: method.toUpperCase(),
    path,
    summary: operation.summary,
    description: operation.description,
    needsLogin: security.every((needed) => Object.keys(needed).length > 0) && security.length > 0,
    parameters,
    body: bodyOf(openapi, operation.requestBody),
    responses: answers.map(([status, answer]) => responseOf(openapi, status, answer)),
  };
}

// The JSON body, or that of the type that is accepted instead: `{type, schema, sample}`.
function bodyOf(openapi, requestBody) {
  if (!requestBody) {
    return null;
  }
  const { content } = resolve(openapi, requestBody);
  const type = content["application/json"] ? "application/json" : Object.keys(content)[0];
  const schema = resolve(openapi, content[type].schema);
  return { type, schema, sample: samples(openapi, content[type])[0]?.value ?? {} };
}

// `type` is the content type, `codes` are the values of `errorType`.
function responseOf(openapi, status, reference) {
  const response = resolve(openapi, reference);
  const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
  const schema = resolve(openapi, content?.schema);
  const code = resolve(openapi, schema.properties?.errorType);
  const codes = code.enum ?? (code.const ? [code.const] : []);
  const { description } = response;
  return { status, type, description, codes, schema, samples: samples(openapi, content) };
}

function samples(openapi, content = {}) {
  if (content.example !== undefined) {
    return [{ value: content.example }];
  }
  return Object.values(content.examples ?? {}).map((example) => resolve(openapi, example));
}

// The fields of an object, nested ones as `user.name` and `people[].name`.
function fields(openapi, schema, prefix = "", depth = 1) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, reference]) => {
    const field = resolve(openapi, reference);
    const row = {
      name: prefix + name,
      required: schema.required?.includes(name),
      type: typeOf(openapi, field),
      description: field.description,
    };
    const inner = field.items ? resolve(openapi, field.items) : field;
    const next = `${prefix}${name}${field.items ? "[]." : "."}`;
    return depth < DEEPEST ? [row, ...fields(openapi, inner, next, depth + 1)] : [row];
  });
}

// A schema in a few words: `string, 1–120`, `online | busy`, `list of string`.
function typeOf(openapi, reference) {
  const schema = resolve(openapi, reference);
  if (schema.const !== undefined) {
    return JSON.stringify(schema.const);
  }
  if (schema.enum) {
    return schema.enum.map(String).join(" | ");
  }
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices && !schema.type) {
    return choices.map((choice) => typeOf(openapi, choice)).join(" | ");
  }
  if (schema.items) {
    return word("api.listOf", { type: typeOf(openapi, schema.items) });
  }
  const types = [schema.type ?? "any"].flat().join(" | ");
  return [types, schema.format, range(schema)].filter(Boolean).join(", ");
}

function range(schema) {
  const from = schema.minimum ?? schema.minLength;
  const to = schema.maximum ?? schema.maxLength;
  if (to === undefined) {
    return from === undefined ? "" : `≥ ${from}`;
  }
  return from === undefined ? `≤ ${to}` : `${from}–${to}`;
}

// The value that the form starts with. Only required parameters have one.
function startValue(parameter) {
  const value = parameter.required ? parameter.example ?? parameter.schema?.default : "";
  return typeof value === "object" ? JSON.stringify(value) : String(value ?? "");
}

// Whether a program can send the request and read the whole response. A stream does not end.
function isCall({ body, responses }) {
  const success = responses.find(({ status }) => status.startsWith("2"));
  const isJson = !body || body.type === "application/json";
  return Boolean(success) && success.type !== "text/event-stream" && isJson;
}
