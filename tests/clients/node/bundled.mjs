// Module hooks with which Node.js finds the published packages. They are outside the tree, and @rocket.chat/rest-typings is written
// for bundlers: it imports files without their extension, and folders. No published file is changed.
import { pathToFileURL } from 'node:url';

const published = pathToFileURL(`${process.env.CLIENTS_NODE}/package.json`).href;
const isBare = (name) => !/^(\.|\/|node:|file:)/.test(name);

export async function resolve(name, context, next) {
  const from = isBare(name) && !context.parentURL?.includes('/node_modules/') ? { ...context, parentURL: published } : context;
  for (const ending of ['', '.js', '/index.js']) {
    try {
      return await next(name + ending, from);
    } catch (error) {
      if (ending === '/index.js') throw error;
    }
  }
}

export async function load(url, context, next) {
  const isWrittenAsModule = url.includes('/@rocket.chat/rest-typings/dist/');
  return next(url, isWrittenAsModule ? { ...context, format: 'module' } : context);
}
