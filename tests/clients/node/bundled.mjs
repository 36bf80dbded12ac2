// How Node.js finds the published packages. They lie outside of the tree, and @rocket.chat/rest-typings is written for bundlers: it
// names files without their ending, and folders. These hooks find what a bundler would; no published file is changed.
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
