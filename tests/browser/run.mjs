// Runs the page tests against a real server in a real browser: run.mjs FAIRLEAD [FILE[.TEST]…]. README.md says how one is
// written. Results go to the console and, like those of a GoogleTest program, to the XML that GTEST_OUTPUT names.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const here = new URL('.', import.meta.url).pathname;
const require = createRequire(join(here, '../npm/package.json'));
const { chromium } = require('playwright-core');

const testTimeoutMs = 60_000;
const chromiumArguments = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** Starts the program and waits until it listens; `listen` is an address with a port, or port 0. */
async function startProgram(binary, folder, listen) {
  const child = spawn(binary, ['serve', '--data', join(folder, 'data'), '--listen', listen, '--config', join(folder, 'fairlead.yaml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => (log += chunk));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /listening on (http\S+)/.exec(line);
      if (match) resolve(match[1]);
    });
    exited.then((code) => reject(new Error(`the server ended with ${code} before it listened: ${log}`)));
  });
  const end = async () => {
    child.kill('SIGTERM');
    const code = await exited;
    if (code !== 0) throw new Error(`the server ended with ${code}: ${log}`);
  };
  return { url, end };
}

async function startServer(binary, { anonymous = 'operator', config = '' }) {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-browser-'));
  await writeFile(join(folder, 'fairlead.yaml'), `access:\n  anonymous: ${anonymous}\n${config}`);
  let program = await startProgram(binary, folder, '127.0.0.1:0');
  const { url } = program;
  return {
    url,
    /** What `fairlead ARGUMENT…` prints about this server's data. */
    async command(...args) {
      const { stdout } = await promisify(execFile)(binary, [...args, '--data', join(folder, 'data')]);
      return stdout.trim();
    },
    adminPassword: async () => (await readFile(join(folder, 'data', 'admin-password'), 'utf8')).trim(),
    /** Posts events of our own format and returns the sequence they got. */
    async postEvents(events, headers = {}) {
      const answer = await fetch(`${url}/api/v1/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(events),
      });
      if (answer.status !== 200) throw new Error(`events: ${answer.status} ${await answer.text()}`);
      return answer.headers.get('Fairlead-Sequence');
    },
    async stop() {
      await program?.end();
      program = null;
    },
    /** After `stop`: the same data at the same address. */
    async start() {
      program = await startProgram(binary, folder, new URL(url).host);
    },
    async remove() {
      await this.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function expectAccessible(page) {
  await page.addScriptTag({ path: require.resolve('axe-core/axe.min.js') });
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  if (violations.length > 0) {
    const list = violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target).join(', ')})`);
    throw new Error(`not accessible:\n${list.join('\n')}`);
  }
}

/** What was rejected with nobody to hear it; it fails the test that runs, and no other. */
const unheard = [];
process.on('unhandledRejection', (reason) => unheard.push(reason));

async function runOne(browser, binary, test) {
  const server = await startServer(binary, test);
  // Policies against inline scripts stay on for the page; only the tests' own axe script passes them by.
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(`exception in the page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()}`);
  });
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${testTimeoutMs} ms`)), testTimeoutMs);
  });
  try {
    await Promise.race([test({ page, context, server, expectAccessible }), timeout]);
    if (errors.length > 0) throw new Error(errors.join('\n'));
  } finally {
    clearTimeout(timer);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
    await server.remove();
  }
}

async function errorOf(run) {
  unheard.length = 0;
  try {
    await run();
    await new Promise((resolve) => setImmediate(resolve)); // rejections are told after the promises that they belong to
    if (unheard.length > 0) throw unheard[0];
    return undefined;
  } catch (caught) {
    return caught.stack ?? String(caught);
  }
}

const escapeXml = (text) =>
  text.replace(/[<>&"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c]);

function toXml(results) {
  const failures = results.filter((r) => r.error).length;
  const cases = results.map(({ file, name, error }) => {
    const open = `    <testcase name="${name}" status="run" result="completed" classname="${file}"`;
    return error ? `${open}>\n      <failure message="${escapeXml(error)}"/>\n    </testcase>` : `${open}/>`;
  });
  return `<testsuites tests="${results.length}" failures="${failures}">\n${cases.join('\n')}\n</testsuites>\n`;
}

const [binary, ...names] = process.argv.slice(2);
if (!binary) {
  console.error('usage: run.mjs FAIRLEAD [FILE[.TEST]…]');
  process.exit(2);
}
const files = (await readdir(here)).filter((f) => f.endsWith('.test.mjs')).sort();
const results = [];
const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: chromiumArguments });
let browser = await launch();
for (const file of files) {
  const label = file.replace('.test.mjs', '');
  if (names.length > 0 && !names.some((name) => name.split('.')[0] === label)) continue;
  const { tests } = await import(join(here, file));
  for (const [name, test] of Object.entries(tests)) {
    if (names.length > 0 && !names.includes(label) && !names.includes(`${label}.${name}`)) continue;
    if (!browser.isConnected()) browser = await launch(); // it died under the test before, which failed
    const error = await errorOf(() => runOne(browser, binary, test));
    console.log(`${error ? 'FAILED' : 'OK'} ${label}.${name}${error ? `\n${error}` : ''}`);
    results.push({ file: label, name, error });
  }
}
await browser.close();

const output = process.env.GTEST_OUTPUT;
if (output?.startsWith('xml:')) await writeFile(output.slice(4), toXml(results));
const failed = results.filter((r) => r.error).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || results.length === 0 ? 1 : 0);
