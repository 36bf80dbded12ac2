// The comparison of the requests that Rocket.Chat accepts with those that doorsign accepts and with the rows of unserved.json.

/**
 * Returns one line per difference. `upstream` is a map of routes to sets of properties; `served` has the routes of doorsign;
 * `accepts(route, properties)` returns the set of those that
 * doorsign accepts.
 */
export async function differences(upstream, served, accepts, rows) {
  const used = new Set();
  const found = [];
  for (const [route, properties] of upstream) {
    if (!served.has(route)) {
      const row = rows.routes.flatMap(({ routes }) => routes).filter((pattern) => fits(pattern, route));
      row.forEach((pattern) => used.add(pattern));
      if (!row.length) found.push(`${route}: Rocket.Chat has this route, doorsign does not`);
      continue;
    }
    const accepted = await accepts(route, properties);
    for (const property of properties) {
      if (accepted.has(property)) continue;
      const listed = listedIn(rows, route, property);
      if (listed) used.add(`${route} ${listed}`);
      else found.push(`${route}: Rocket.Chat accepts "${property}", doorsign does not`);
    }
  }
  return [...found, ...unneeded(rows, used)];
}

/** The listed property that covers this one: itself, or an object that it is part of. */
function listedIn({ properties }, route, property) {
  const listed = properties.filter((row) => row.route === route).flatMap((row) => row.properties);
  return listed.find((name) => name === property || property.startsWith(`${name}.`) || property.startsWith(`${name}[].`));
}

function unneeded({ routes, properties }, used) {
  const listed = new Map(routes.flatMap((row) => row.routes).map((pattern) => [pattern, `"${pattern}"`]));
  for (const row of properties) {
    for (const name of row.properties) listed.set(`${row.route} ${name}`, `"${name}" of ${row.route}`);
  }
  const rest = [...listed].filter(([key]) => !used.has(key));
  return rest.map(([, name]) => `unserved.json: ${name} is not needed any more: remove it`);
}

/** Whether a pattern covers a route. `*` at the end stands for anything; without a method, it means every method. */
function fits(pattern, route) {
  const name = /^[A-Z]+ /.test(pattern) ? route : route.replace(/^[A-Z]+ /, '');
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
