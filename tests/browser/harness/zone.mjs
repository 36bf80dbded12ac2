// Answers questions about src/web/core/until.js in the time zone of this process, which is TZ. Each
// argument is a question as JSON: `{now, rule, preferences}` or `{date, time}`.
import { endOf, ends, instant } from '../../../src/web/core/until.js';

const local = (at) => `${at.getDate()} ${at.toTimeString().slice(0, 5)}`;
const shown = (at) => (at ? { at: at.toISOString(), local: local(at) } : null);

function answer({ now, rule, preferences, date, time }) {
  if (date) {
    const { at, gap, twice } = instant(date, time);
    return { at: shown(at), gap: shown(gap), twice: twice?.map((each) => each.toISOString()) };
  }
  const offered = ends(new Date(now), preferences);
  const again = rule && endOf(rule, new Date(now), preferences);
  return { rules: offered.map((end) => end.rule), end: shown(offered.find((end) => end.rule === rule)?.at), again: shown(again) };
}

console.log(JSON.stringify(process.argv.slice(2).map((question) => answer(JSON.parse(question)))));
