// The pinned packages, which are installed outside of the source tree.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.BROWSER_PACKAGES}/package.json`);

/** Drives Chromium over its own protocol and Firefox over WebDriver BiDi. */
export const puppeteer = require('puppeteer-core');

/** The source of axe-core, to be run in a page. */
export const axe = () => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Lighthouse, which is published as a module only. */
export const lighthouse = async () => (await import(pathToFileURL(require.resolve('lighthouse')).href)).default;
