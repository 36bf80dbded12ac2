// Runs every suite of this folder in one process, so that the published schemas are compiled once.
import { readdirSync } from 'node:fs';

for (const file of readdirSync(new URL('.', import.meta.url)).sort()) {
  if (file.endsWith('.test.mjs')) await import(`./${file}`);
}
