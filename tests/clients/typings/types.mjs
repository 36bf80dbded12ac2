// What the declarations of @rocket.chat/rest-typings say, read with the TypeScript compiler: the parameters of each route in the type
// `Endpoints`, and the type that each exported validator checks.
import { join } from 'node:path';

const PACKAGE = '@rocket.chat/rest-typings';
const DEEPEST = 4; // Levels of objects that are read in a body. No request has more.

const SOURCE = `
import type { Endpoints } from '${PACKAGE}';
import * as validators from '${PACKAGE}';
export declare const endpoints: Endpoints;
export declare const exported: typeof validators;
`;

/** Reads the package that is installed in a folder. Types are compared by identity: a validator and a route share theirs. */
export function readTypes(ts, folder) {
  const program = compile(ts, join(folder, 'requests.ts'));
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(join(folder, 'requests.ts'));
  const broken = program.getSemanticDiagnostics(file);
  if (broken.length) throw new Error(broken.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n'));
  const constants = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
  const [endpoints, exported] = constants.map((symbol) => checker.getTypeOfSymbol(symbol));
  return {
    routes: routesIn(checker, endpoints),
    validators: new Map(exported.getProperties().map((symbol) => [symbol.name, checker.getTypeOfSymbol(symbol).aliasTypeArguments?.[0]])),
    propertiesOf: (type, levels = DEEPEST) => [...propertiesIn(ts, checker, type, levels)],
  };
}

/** Compiles SOURCE as if it were a file in the folder. */
function compile(ts, file) {
  const moduleResolution = ts.ModuleResolutionKind.Bundler;
  const options = { strict: true, skipLibCheck: true, noEmit: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution };
  const host = ts.createCompilerHost(options);
  const disk = { ...host };
  host.fileExists = (name) => name === file || disk.fileExists(name);
  host.readFile = (name) => (name === file ? SOURCE : disk.readFile(name));
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, SOURCE, ...rest) : disk.getSourceFile(name, ...rest));
  return ts.createProgram([file], options, host);
}

/** The type of the parameters by route, such as `GET /v1/me`; undefined for a route without any. */
function routesIn(checker, endpoints) {
  const routes = new Map();
  for (const path of endpoints.getProperties()) {
    for (const method of checker.getTypeOfSymbol(path).getProperties()) {
      const [parameters] = checker.getTypeOfSymbol(method).getCallSignatures()[0].getParameters();
      routes.set(`${method.name} ${path.name}`, parameters && checker.getTypeOfSymbol(parameters));
    }
  }
  return routes;
}

/** The properties of an object, of every variant of a union, and of the objects inside: `data.email`, `items[].name`. */
function* propertiesIn(ts, checker, type, levels, prefix = '') {
  for (const variant of type.isUnion() ? type.types : [type]) {
    if (!isObject(ts, checker, variant)) continue;
    for (const property of checker.getPropertiesOfType(variant)) {
      const name = prefix + property.name;
      yield name;
      if (levels > 1) yield* propertiesInside(ts, checker, checker.getTypeOfSymbol(property), levels - 1, name);
    }
  }
}

function* propertiesInside(ts, checker, type, levels, name) {
  for (const variant of type.isUnion() ? type.types : [type]) {
    const item = checker.isArrayType(variant) && checker.getTypeArguments(variant)[0];
    yield* propertiesIn(ts, checker, item || variant, levels, item ? `${name}[].` : `${name}.`);
  }
}

/** Whether a type is an object with fields of its own: no text, list, function or `Date`. */
function isObject(ts, checker, type) {
  const isOurs = type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection);
  const declared = type.getSymbol()?.declarations?.[0]?.getSourceFile().fileName ?? '';
  return isOurs && !checker.isArrayType(type) && !checker.isTupleType(type) && !/\/typescript\/lib\//.test(declared);
}
