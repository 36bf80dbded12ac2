// The shapes of requests and responses by route: shipped validators where they exist, else shipped models combined as in the packages'
// types (published.mjs lists what is shipped).
import { ajv, models, typings } from './published.mjs';

const text = { type: 'string' };
const number = { type: 'number' };
const model = (name) => ({ $ref: `#/components/schemas/${name}` });
const list = (items) => ({ type: 'array', items });

/** An object of exactly these fields; a field whose name ends in `?` may be missing. */
function exactly(parts) {
  const names = Object.keys(parts);
  const properties = Object.fromEntries(names.map((name) => [name.replace('?', ''), parts[name]]));
  return { type: 'object', properties, required: names.filter((name) => !name.endsWith('?')), additionalProperties: false };
}

/** Exactly the named fields of a shipped model; a field whose name ends in `?` may be missing. */
function some(name, ...parts) {
  return exactly(Object.fromEntries(parts.map((part) => [part, models[name].properties[part.replace('?', '')]])));
}

const success = { const: true };
const answer = (parts = {}) => exactly({ ...parts, success });
const page = (parts) => answer({ ...parts, count: number, offset: number, total: number });

const DEFAULT_USER = ['_id', 'username?', 'name?', 'status?', 'roles?', 'emails?', 'active?', 'avatarETag?', 'lastLogin?', 'type?'];
const PRESENCE = ['_id', 'username?', 'name?', 'status?', 'utcOffset?', 'statusText?', 'statusSource?', 'statusExpiresAt?', 'avatarETag?', 'roles?'];
const IN_ROLE = ['_id', 'username', 'name?', 'emails?', 'avatarETag?', 'createdAt?', '_updatedAt?'];
const token = exactly({ 'name': text, 'createdAt': { type: 'string', format: 'date-time' }, 'lastTokenPart': text, 'bypassTwoFactor?': { type: 'boolean' } });
const { _updatedAt, ...listedRole } = models.IRole.properties;
const ours = { type: 'object', properties: { version: text, success }, required: ['version', 'success'] };

const answers = {
  'POST /v1/login': exactly({
    'status': { const: 'success' },
    'data': exactly({ userId: text, authToken: text, me: model('IMeApiUser') }),
    'success?': success,
  }),
  'POST /v1/logout': exactly({ 'status': { const: 'success' }, 'data': exactly({ message: text }), 'success?': success }),
  'GET /v1/me': typings.meSuccessResponseSchema,
  'GET /info': ours,
  'POST /v1/custom-user-status.create': answer({ customUserStatus: model('ICustomUserStatus') }),
  'POST /v1/custom-user-status.update': answer({ customUserStatus: model('ICustomUserStatus') }),
  'POST /v1/custom-user-status.delete': answer(),
  'GET /v1/custom-user-status.list': page({ statuses: list(model('ICustomUserStatus')) }),
  'POST /v1/users.create': answer({ user: model('IUser') }),
  'POST /v1/users.update': answer({ user: model('IUser') }),
  'POST /v1/users.updateOwnBasicInfo': answer({ user: model('IUser') }),
  'POST /v1/users.setPreferences': answer({ user: some('IUser', '_id', 'settings') }),
  'POST /v1/users.delete': answer({ 'deletedRooms?': list(text) }),
  'POST /v1/users.logout': answer({ message: text }),
  'GET /v1/users.info': answer({ user: { ...models.IUser, required: ['_id', 'username', 'name', 'status', 'active', 'type'] } }),
  'GET /v1/users.list': page({ users: list({ ...models.IUser, required: some('IUser', ...DEFAULT_USER).required }) }),
  'POST /v1/users.generatePersonalAccessToken': answer({ token: text }),
  'POST /v1/users.regeneratePersonalAccessToken': answer({ token: text }),
  'POST /v1/users.removePersonalAccessToken': answer(),
  'GET /v1/users.getPersonalAccessTokens': answer({ tokens: list(token) }),
  'POST /v1/users.setStatus': answer(),
  'GET /v1/users.getStatus': answer({
    '_id': text,
    'status': model('UserStatus'),
    'connectionStatus?': model('UserStatus'),
    'statusSource?': model('PresenceSource'),
    'statusExpiresAt?': { type: 'string', format: 'date-time' },
  }),
  'GET /v1/users.getPresence': answer({
    'presence': model('UserStatus'),
    'connectionStatus?': model('UserStatus'),
    'lastLogin?': { type: 'string', format: 'date-time' },
  }),
  'GET /v1/users.presence': answer({ users: list(some('IUser', ...PRESENCE)), full: { type: 'boolean' } }),
  'GET /v1/presence.getConnections': answer({ current: number, max: number }),
  'POST /v1/presence.enableBroadcast': answer(),
  'GET /v1/roles.list': answer({ roles: list({ ...models.IRole, properties: listedRole, required: ['_id', 'name', 'scope', 'protected', 'description'] }) }),
  'GET /v1/roles.sync': answer({ roles: exactly({ update: list(model('IRole')), remove: list(model('IRole')) }) }),
  'POST /v1/roles.addUserToRole': answer({ role: model('IRole') }),
  'POST /v1/roles.removeUserFromRole': answer({ role: model('IRole') }),
  'GET /v1/roles.getUsersInRole': answer({ 'users': list(some('IUser', ...IN_ROLE)), 'total': number, 'count?': number, 'offset?': number }),
  'GET /v1/roles.getUsersInPublicRoles': answer({ users: list(some('IUser', '_id', 'username', 'roles')) }),
  'GET /v1/permissions.listAll': answer({ update: list(model('IPermission')), remove: list(exactly({ '_id': text, '_deletedAt': text })) }),
  'POST /v1/permissions.update': answer({ permissions: list(model('IPermission')) }),
  'POST /v1/permissions.addRole': answer(),
  'POST /v1/permissions.removeRole': answer(),
  'GET /v1/settings.public': page({ settings: list(exactly({ '_id': text, 'value': {}, 'enterprise?': {}, 'invalidValue?': {}, 'modules?': {} })) }),
  'GET /v1/settings.oauth': answer({ services: { type: 'array' } }),
  'GET /v1/service.configurations': answer({ configurations: { type: 'array' } }),
  'GET /v1/settings/:_id': answer({ '_id': text, 'value': {} }),
  'POST /v1/settings/:_id': answer(),
  'POST /v1/method.call/:method': answer({ message: text }),
};

const requests = {
  'POST /v1/login': typings.isLoginProps,
  'POST /v1/users.create': typings.isUserCreateParamsPOST,
  'POST /v1/users.update': typings.isUsersUpdateParamsPOST,
  'POST /v1/users.updateOwnBasicInfo': typings.isUsersUpdateOwnBasicInfoParamsPOST,
  'POST /v1/users.setPreferences': typings.isUsersSetPreferencesParamsPOST,
  'POST /v1/users.logout': typings.isUserLogoutParamsPOST,
  'GET /v1/users.info': typings.isUsersInfoParamsGetProps,
  'GET /v1/users.list': typings.isUsersListParamsGET,
  'GET /v1/users.getStatus': typings.isUsersGetStatusParamsGET,
  'GET /v1/users.getPresence': typings.isUsersGetPresenceParamsGET,
  'GET /v1/users.presence': typings.isUsersPresenceParamsGET,
  'POST /v1/roles.addUserToRole': typings.isRoleAddUserToRoleProps,
  'POST /v1/roles.removeUserFromRole': typings.isRoleRemoveUserFromRoleProps,
  'GET /v1/roles.getUsersInRole': typings.isRolesGetUsersInRoleProps,
  'GET /v1/settings.public': typings.isSettingsPublicWithPaginationProps,
  'POST /v1/settings/:_id': typings.isSettingsUpdatePropDefault,
};

const failures = {
  400: typings.validateBadRequestErrorResponse,
  401: typings.validateUnauthorizedErrorResponse,
  403: typings.validateForbiddenErrorResponse,
};

const checks = Object.fromEntries(Object.entries(answers).map(([route, schema]) => [route, ajv.compile(schema)]));
const named = (route) => route.replace(/\/(settings|method\.call)\/.*$/, (_, group) => `/${group}/:${group === 'settings' ? '_id' : 'method'}`);

/** Throws unless the value passes. The shipped validators modify the value, so they get a copy. */
function validate(what, check, value) {
  if (!check) throw new Error(`${what}: no schema`);
  if (!check(structuredClone(value))) throw new Error(`${what}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(value)}`);
}

/** Throws unless Rocket.Chat's validator accepts the request, if one is shipped. */
export function validateRequest(route, params) {
  const check = requests[named(route)];
  if (check) validate(`request ${route}`, check, params ?? {});
}

/** Throws unless the response has the shape of its route. */
export function validateAnswer(route, body) {
  validate(`answer ${route}`, checks[named(route)], body);
}

/** Throws unless the failure has the shape of its status. */
export function validateFailure(status, body) {
  validate(`failure ${status}`, failures[status], body);
}
