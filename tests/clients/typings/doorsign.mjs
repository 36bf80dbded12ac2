// The requests that doorsign accepts, found out by sending them to a running server.
import { propertiesIn, sample } from './schema.mjs';

const UNKNOWN = 'neverHeardOf'; // A property that does not exist.
const PARAMETERS = { _id: 'Site_Name', method: 'getUserRoles' }; // What stands for them in a path.

/** A running server, used by an administrator. */
export class Doorsign {
  constructor(url, user, password) {
    Object.assign(this, { url, user, password, headers: {} });
  }

  /** Logs in, and reads the OpenAPI document. */
  async open() {
    this.document = await (await fetch(`${this.url}/api/v1/openapi.json`)).json();
    this.routes = this.readRoutes();
    await this.logIn();
    return this;
  }

  async logIn() {
    const { data } = await this.send('POST', '/v1/login', { user: this.user, password: this.password });
    this.headers = { 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken };
  }

  /** The routes with their descriptions, in the form of Rocket.Chat's types: `POST /v1/settings/:_id`. */
  readRoutes() {
    const routes = new Map();
    for (const [path, methods] of Object.entries(this.document.paths)) {
      const name = path.replace(/^\/api/, '').replace(/\{(\w+)\}/g, ':$1');
      for (const [method, route] of Object.entries(methods)) routes.set(`${method.toUpperCase()} ${name}`, route);
    }
    return routes;
  }

  /**
   * The properties of a request that the server accepts. Some objects may have any property, because unknown ones are ignored. Of those,
   * only the documented properties count: another one would be accepted without an effect. If none is documented, any value is kept.
   */
  async accepted(route, properties) {
    const documented = this.documented(route);
    const isStrict = new Map();
    const accepted = new Set();
    for (const property of properties) {
      const [, inside, object] = /^((.*?)(?:\[\])?\.)?[^.]+$/.exec(property);
      if (!isStrict.has(inside)) isStrict.set(inside, await this.refuses(route, (inside ?? '') + UNKNOWN));
      const isFree = () => accepted.has(object) && ![...documented].some((name) => name.startsWith(inside));
      const isAccepted = isStrict.get(inside) ? !(await this.refuses(route, property)) : documented.has(property) || isFree();
      if (isAccepted) accepted.add(property);
    }
    return accepted;
  }

  /** The properties of a request in the OpenAPI document. */
  documented(route) {
    const { parameters = [] } = this.routes.get(route);
    return new Set([...parameters.map((parameter) => this.resolve(parameter).name), ...propertiesIn(this.body(route), this.resolve)]);
  }

  /** Whether the server refuses a request because of this property. */
  async refuses(route, property) {
    const [method, path] = route.split(' ');
    const { error } = await this.send(method, path, withProperty(this.smallest(route), property));
    const text = JSON.stringify(error ?? '');
    const isUndecided = property.endsWith(UNKNOWN) && text.includes('must have required property');
    if (isUndecided) throw new Error(`${route}: the OpenAPI document lacks a required property: ${text}`);
    return text.includes('must NOT have additional properties');
  }

  /** The smallest request that the document allows. */
  smallest(route) {
    const { parameters = [] } = this.routes.get(route);
    const required = parameters.map(this.resolve).filter((parameter) => parameter.required && parameter.in === 'query');
    const query = required.map(({ name, schema }) => [name, sample(schema, this.resolve)]);
    return { ...Object.fromEntries(query), ...sample({ type: 'object', allOf: [this.body(route)] }, this.resolve) };
  }

  body(route) {
    const { requestBody } = this.routes.get(route);
    return this.resolve(requestBody ?? {}).content?.['application/json'].schema ?? {};
  }

  resolve = (part) => {
    const { $ref, ...beside } = part;
    return $ref ? { ...this.resolve($ref.slice(2).split('/').reduce((found, name) => found[name], this.document)), ...beside } : part;
  };

  /** Sends a request, again after a new login if it ended the last one. Returns the body of the response. */
  async send(method, path, fields, isLast = path === '/v1/login') {
    const url = new URL(`/api${path.replace(/:(\w+)/g, (_, name) => PARAMETERS[name])}`, this.url);
    const hasBody = method !== 'GET';
    const headers = { ...this.headers, ...(hasBody && { 'Content-Type': 'application/json' }) };
    if (!hasBody) url.search = new URLSearchParams(fields);
    const response = await fetch(url, { method, headers, body: hasBody ? JSON.stringify(fields) : undefined });
    if (response.status === 401 && !isLast) {
      await this.logIn();
      return this.send(method, path, fields, true);
    }
    if ([404, 405, 429].includes(response.status) || response.status >= 500) throw new Error(`${method} ${path}: ${response.status}`);
    return response.json();
  }
}

/** The request with this property, such as `data.email` or `items[].name`, unless it has it. */
function withProperty(request, property) {
  const [, name, kind, rest] = /^([^.[]+(?:\[\])?$|[^.[]+)(\[\]\.|\.)?(.*)$/.exec(property);
  const current = request[name];
  if (!kind) return { [name]: 'probe', ...request };
  const object = (kind === '.' ? current : current?.[0]) ?? {};
  const inside = withProperty(object, rest);
  return { ...request, [name]: kind === '.' ? inside : [inside] };
}
