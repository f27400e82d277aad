/* axe-core on every kind of page, light and dark; requests to other servers and errors of the console count as well.

   npm install axe-core@4.14.1 playwright-core   (anywhere; Chromium is Debian's)
   .venv/bin/headcat serve --port 8124 &
   NODE_PATH=…/node_modules node benchmarks/accessibility.mjs http://127.0.0.1:8124 benchmarks/results/accessibility.json

   For each page also the median time of twenty answers of the warm server, and its weight. */
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";

const require = createRequire(`${process.env.NODE_PATH}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , base, out] = process.argv;

const PAGES = [
  "/", "/search?q=induction", "/search?q=no+such+thing", "/stages", "/head-types", "/language-models", "/findings",
  "/verifications", "/circuits", "/papers", "/methods", "/metrics", "/detectors", "/benchmarks", "/human-analogues",
  "/mechanisms", "/crosswalks", "/releases", "/head-lists", "/coverage", "/transfer", "/reliability", "/jobs", "/about",
  "/about/api", "/stages/latent_reasoning", "/head-types/induction", "/language-models/openai-community--gpt2",
  "/language-models/openai-community--gpt2?show=claims", "/language-models/openai-community--gpt2?show=verdicts",
  "/language-models/yaofu--llama-2-7b-80k", "/language-models/yaofu--llama-2-7b-80k?view=table",
  "/language-models/openai-community--gpt2/heads/L5H1", "/findings/AHF-000001", "/circuits/AHC-0001",
  "/circuits/AHC-0002", "/papers/in-context-learning-and-induction-heads", "/nothing/here",
];
const LISTS = ["metrics", "detectors", "verifications", "releases", "jobs"];

async function first(kind) {
  const [item] = (await (await fetch(`${base}/api/v1/${kind}?limit=1`)).json()).items;
  return item && `/${kind}/${item.accession ?? item.slug ?? item.name ?? item.id}`;
}

async function cost(path) {
  const times = [];
  let bytes = 0;
  for (let at = 0; at < 20; at += 1) {
    const begin = performance.now();
    bytes = (await (await fetch(base + path)).arrayBuffer()).byteLength;
    times.push(performance.now() - begin);
  }
  return { ms: Math.round(times.sort((a, b) => a - b)[10] * 10) / 10, bytes };
}

const pages = [...PAGES, ...(await Promise.all(LISTS.map(first))).filter(Boolean)];
const costs = {};
for (const path of pages) costs[path] = await cost(path);
const switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: switches });
const found = [];
for (const colorScheme of ["light", "dark"]) {
  const tab = await (await browser.newContext({ colorScheme, bypassCSP: true })).newPage();
  const at = (rest) => found.push({ theme: colorScheme, page: tab.url().slice(base.length), ...rest });
  tab.on("request", (each) => each.url().startsWith(base) || at({ rule: "request elsewhere", what: each.url() }));
  tab.on("console", (each) => {
    if (each.type() === "error" && !each.text().includes("404 (Not Found)")) at({ rule: "console", what: each.text() });
  });
  for (const path of pages) {
    await tab.goto(base + path, { waitUntil: "load" });
    await tab.evaluate(axe);
    const { violations } = await tab.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    for (const each of violations) at({ rule: each.id, what: each.nodes[0].html.slice(0, 160), n: each.nodes.length });
  }
}
const versions = { axe: require("axe-core/package.json").version, chromium: browser.version() };
await browser.close();
const slowest = Object.entries(costs).sort((a, b) => b[1].ms - a[1].ms).slice(0, 5);
writeFileSync(out, `${JSON.stringify({ versions, n_pages: pages.length, themes: 2, violations: found, slowest, costs }, null, 2)}\n`);
console.log(pages.length, "pages in two themes,", found.length, "violations; slowest:", slowest);
process.exit(found.length ? 1 : 0);
