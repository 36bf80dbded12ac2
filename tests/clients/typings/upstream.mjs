// The requests that Rocket.Chat accepts, by an installed @rocket.chat/rest-typings: the properties that its types name, and those that
// its validators accept. Both are needed, because some routes have only one of them.
import { propertiesIn } from './schema.mjs';

/**
 * A map from `POST /v1/users.create` to the set of its properties, such as `data.email` and `items[].name`. `types` are those of
 * types.mjs, `validators` what the package exports. `further` names routes that may have a validator, but no type.
 */
export function requestsOf(types, validators, further = []) {
  const parameters = new Map([...further.map((route) => [route, undefined]), ...types.routes]);
  const requests = new Map();
  for (const [route, type] of parameters) {
    requests.set(route, new Set(type && types.propertiesOf(type, route.startsWith('GET') ? 1 : undefined)));
  }
  for (const [name, { schema }] of Object.entries(validators)) {
    for (const route of schema ? routesOf(name, types.validators.get(name), parameters) : []) {
      for (const property of propertiesIn(schema)) requests.get(route).add(property);
    }
  }
  return requests;
}

/**
 * The routes of a validator: those whose parameters have its type, and those with its name, as `isUsersGetStatusParamsGET`. Names of
 * validators for `DELETE` always have the method.
 */
function routesOf(name, type, parameters) {
  const [, first, noun, inner, last] = /^is(GET|POST|DELETE)?(.*?)(GET|POST|DELETE)?(?:Params|Props?)?(GET|POST|DELETE)?$/.exec(name) ?? [];
  const method = first ?? inner ?? last;
  const hasMethod = (route) => (method ? route.startsWith(`${method} `) : !route.startsWith('DELETE '));
  const isNamed = (route) => noun && hasMethod(route) && plain(route.replace(/^\w+ \/(v1\/)?/, '')) === plain(noun);
  return [...parameters.keys()].filter((route) => (type && parameters.get(route) === type) || isNamed(route));
}

const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
