// The published packages for the tests: Rocket.Chat's REST client, its two realtime clients, and its schemas, which check requests and
// responses.
//
// The packages ship:
// - @rocket.chat/rest-typings 8.8.1: compiled validators of requests (`isUserCreateParamsPOST`, …), of failures
//   (`validateBadRequestErrorResponse`, `validateUnauthorizedErrorResponse`, `validateForbiddenErrorResponse`), and one schema of a
//   whole response, `meSuccessResponseSchema`.
// - @rocket.chat/core-typings 8.8.1, which the former needs: `schemas`, the models in responses (IUser, IRole,
//   IPermission, ICustomUserStatus, IMeApiUser, …).
// They do not ship validators for the requests of custom-user-status.*, permissions.*, users.setStatus and the tokens, nor schemas of
// the other responses, which are in the server's source. `shapes.mjs` builds these from the shipped models, following the types of the
// same packages.
//
// Of the realtime clients:
// - @rocket.chat/ddp-client 1.1.2 is written for browsers. The WebSocket here is that of `ws`, with which its authors test it: it is the
//   same in every version of Node.js, and can be terminated like a broken connection.
// - @rocket.chat/sdk 0.2.9 depends on a fork of asteroid that no registry has. The forked release replaces it (package.json): the
//   frames are the same, but the fork ignores a login that cannot be resumed.
import { register } from 'node:module';

register('./bundled.mjs', import.meta.url);

export const { RestClient } = await import('@rocket.chat/api-client');
export const { WebSocket } = await import('ws');
globalThis.WebSocket = WebSocket;
export const { DDPSDK, RocketchatSdkLegacyImpl } = await import('@rocket.chat/ddp-client');
export const { driver } = (await import('@rocket.chat/sdk')).default;
export const typings = await import('@rocket.chat/rest-typings');
export const models = (await import('@rocket.chat/core-typings')).default.schemas.components.schemas;
// The reference library of Standard Webhooks, which is not Rocket.Chat's and has no named exports.
export const { Webhook, WebhookVerificationError } = (await import('standardwebhooks')).default;
// The reference client of SockJS, which has no named exports.
export const SockJS = (await import('sockjs-client')).default;
const { default: Ajv } = await import('ajv/dist/2020.js');
const { default: addFormats } = await import('ajv-formats');

/** Unlike the shipped instance, it does not coerce types: a number is not accepted as a string. */
export const ajv = new Ajv.default({ allowUnionTypes: true, discriminator: true });
addFormats.default(ajv);
for (const [name, model] of Object.entries(models)) {
  ajv.addSchema(model, `#/components/schemas/${name}`);
}
