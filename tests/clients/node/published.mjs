// The published packages as the tests use them: Rocket.Chat's own REST client, its two realtime clients, and its own schemas to check
// what goes out and comes in. Knows no route.
//
// What is shipped, and therefore used:
// - @rocket.chat/rest-typings 8.8.1: compiled validators of requests (`isUserCreateParamsPOST`, …), of failures
//   (`validateBadRequestErrorResponse`, `validateUnauthorizedErrorResponse`, `validateForbiddenErrorResponse`), and one schema of a
//   whole answer, `meSuccessResponseSchema`.
// - @rocket.chat/core-typings 8.8.1, which the former needs: `schemas`, the models that answers are made of (IUser, IRole,
//   IPermission, ICustomUserStatus, IMeApiUser, …).
// What is not shipped: validators for the requests of custom-user-status.*, permissions.*, users.setStatus and the tokens, and schemas
// of the other answers. Those stand in the server's own source; here they are put together from the shipped models, by the types of
// the same packages (`shapes.mjs`).
//
// Of the realtime clients:
// - @rocket.chat/ddp-client 1.1.2 is written for browsers. Their WebSocket, which Node.js has from 22 on, is here that of `ws`, with
//   which the package's authors test it; so it is one and the same everywhere, and can be cut like a bad line.
// - @rocket.chat/sdk 0.2.9 asks for a fork of asteroid that no registry has. The release that was forked stands in (package.json): the
//   frames are the same, the fork differs in swallowing a login that cannot be resumed.
import { register } from 'node:module';

register('./bundled.mjs', import.meta.url);

export const { RestClient } = await import('@rocket.chat/api-client');
export const { WebSocket } = await import('ws');
globalThis.WebSocket = WebSocket;
export const { DDPSDK, RocketchatSdkLegacyImpl } = await import('@rocket.chat/ddp-client');
export const { driver } = (await import('@rocket.chat/sdk')).default;
export const typings = await import('@rocket.chat/rest-typings');
export const models = (await import('@rocket.chat/core-typings')).default.schemas.components.schemas;
// Not Rocket.Chat's: the reference library of Standard Webhooks, which has no imports by name.
export const { Webhook, WebhookVerificationError } = (await import('standardwebhooks')).default;
const { default: Ajv } = await import('ajv/dist/2020.js');
const { default: addFormats } = await import('ajv-formats');

/** Unlike the shipped instance it turns nothing into the type that is asked for: a number is no string. */
export const ajv = new Ajv.default({ allowUnionTypes: true, discriminator: true });
addFormats.default(ajv);
for (const [name, model] of Object.entries(models)) {
  ajv.addSchema(model, `#/components/schemas/${name}`);
}
