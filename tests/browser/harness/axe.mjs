// Accessibility rules of WCAG 2.2 A and AA, checked by axe-core in the page.
import { axe } from './packages.mjs';

const SOURCE = axe();
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The violations in the page, in a line each. */
export async function violations(page) {
  const devtools = await page.createCDPSession();
  // Evaluated by the browser's tools, which the content security policy of the page does not bind.
  await devtools.send('Runtime.evaluate', { expression: SOURCE });
  const expression = `axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] }).then((result) => JSON.stringify(result.violations.map((each) => each.id + ': ' + each.nodes.map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? node.failureSummary)).join(' | '))))`;
  const { result } = await devtools.send('Runtime.evaluate', { expression, awaitPromise: true });
  await devtools.detach();
  return JSON.parse(result.value);
}

export const useTheme = (page, theme) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
