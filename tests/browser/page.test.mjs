// What holds for the whole page: policy, size, speed, hostile text, keyboard, types, the drawer, the login.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { apiTypes, typesFile } from '../../ui/scripts/api-types.mjs';
import { card, deployment, expectAtMost, expectFineEverywhere, history, hours, live, section, separatePage } from './support.mjs';

const DEBIAN_NODE = [18, 13, 0]; // Debian 12 began with it
const BYTES_MAX = 90_000;
const FIRST_PAINT_MS = 400;
const SLOW_PAINT_MS = 1000; // 1.6 Mb/s, 150 ms, a processor four times slower
const BLOCKED_MS = 300;

/** Loads the page as a new visitor, and says when the first content was painted and how long its script blocked. */
async function load(context, server, slow = false) {
  const { page, close } = await separatePage(context);
  if (slow) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 });
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  }
  await page.addInitScript(() => {
    globalThis.blocked = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.blocked += entry.duration - 50;
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(server.url);
  await section(page, 'Recent activity').getByText('2.0').waitFor();
  const measured = await page.evaluate(() => (
    { painted: performance.getEntriesByName('first-contentful-paint')[0].startTime, blocked: globalThis.blocked }));
  console.log(`    ${slow ? 'slow: ' : ''}first contentful paint after ${measured.painted.toFixed(0)} ms, blocked for ${measured.blocked.toFixed(0)} ms`);
  await close();
  return measured;
}

/** Whether a range of versions as packages write it (`^18.0.0 || >=20`) holds `version`. */
function holds(range, version) {
  const numbers = (text) => (text.match(/\d+/g) ?? []).map(Number);
  const compare = (left, right) => [0, 1, 2].map((i) => (left[i] ?? 0) - (right[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
  return range.split('||').some((all) => all.trim().replace(/([<>=^~]) +/g, '$1').split(/\s+/).every((one) => {
    const [, sign, text] = /^(>=|<=|>|<|\^|~|=|)v?([\d.*x]*)$/.exec(one) ?? assert.fail(`the range ${range} cannot be read`);
    const difference = compare(version, numbers(text));
    if (sign === '' && numbers(text).length === 0) return true;
    if (sign === '' || sign === '=' || sign === '~' || sign === '^') return version[0] === numbers(text)[0] && difference >= 0;
    return { '>=': difference >= 0, '<=': difference <= 0, '>': difference > 0, '<': difference < 0 }[sign];
  }));
}

const drawer = (page, name) => page.getByRole('dialog', { name });

export const tests = {
  async its_packages_run_on_the_node_of_debian_12() {
    assert.deepEqual(['^18.0.0 || >=20', '>= 16', '>=20', '^20.19.0 || >=22.12.0', '>=18.20', '*'].map((range) => holds(range, DEBIAN_NODE)),
      [true, true, false, false, false, true]);
    const refused = [];
    for (const lock of ['ui', 'tests/npm']) {
      const { packages } = JSON.parse(await readFile(new URL(`../../${lock}/package-lock.json`, import.meta.url), 'utf8'));
      for (const [name, { engines }] of Object.entries(packages)) {
        if (engines?.node && !holds(engines.node, DEBIAN_NODE)) refused.push(`${lock}/${name}: ${engines.node}`);
      }
    }
    assert.deepEqual(refused, []);
  },

  async the_types_are_those_of_the_served_description({ server }) {
    const document = await (await fetch(`${server.url}/openapi.json`)).json();
    assert.equal(await readFile(typesFile, 'utf8'), apiTypes(document), `run: node ui/scripts/api-types.mjs ${server.url}`);
  },

  async it_is_small({ server }) {
    let bytes = 0;
    for (const file of ['page.js', 'page.css']) {
      bytes += gzipSync(Buffer.from(await (await fetch(`${server.url}/${file}`)).arrayBuffer())).length;
    }
    console.log(`    script and style: ${bytes} bytes gzipped`);
    assert.ok(bytes <= BYTES_MAX, `${bytes} bytes`);
  },

  async it_is_soon_painted({ context, server }) {
    await server.postEvents(history());
    await expectAtMost(FIRST_PAINT_MS, 5, async () => (await load(context, server)).painted);
  },

  async over_a_slow_line_on_a_slow_processor_it_is_soon_there({ context, server }) {
    await server.postEvents(history());
    await expectAtMost(1, 5, async () => {
      const { painted, blocked } = await load(context, server, true);
      return Math.max(painted / SLOW_PAINT_MS, blocked / BLOCKED_MS); // as shares of their limits
    });
  },

  async simulated_data_is_said_and_kept_apart({ page, server }) {
    await server.postEvents([deployment('real', hours(2), { version: '1.0' })]);
    await page.goto(server.url);
    await card(page, 'deployment_frequency').getByText('n = 1 deployment').waitFor();
    assert.equal(await page.getByText('Simulated data.').count(), 0);
    await page.goto(`${server.url}/?simulated=true`);
    await page.getByText('Simulated data.').waitFor();
    await card(page, 'deployment_frequency').getByText('Unknown').waitFor();
    await section(page, 'How it stands').getByText('Nothing is known about production yet.').waitFor();
  },

  async nothing_breaks_the_policy_and_nothing_comes_from_elsewhere({ context, server }) {
    const { page, close } = await separatePage(context);
    const errors = [];
    const elsewhere = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => request.url().startsWith(server.url) || elsewhere.push(request.url()));
    await server.postEvents(history());
    await page.goto(server.url);
    await card(page, 'change_fail_rate').getByRole('button', { name: 'Explain' }).click();
    await drawer(page, 'Change fail rate').locator('tbody tr').first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    await page.goto(`${server.url}/sources`);
    await section(page, 'Sources').getByText('All deliveries').waitFor();
    assert.deepEqual(errors, []);
    assert.deepEqual(elsewhere, []);
    await close();
  },

  async a_number_opens_its_rows_and_gives_the_focus_back({ page, server }) {
    await server.postEvents(history());
    await page.goto(server.url);
    const open = card(page, 'change_fail_rate').getByRole('button', { name: 'Explain' });
    await open.focus();
    await page.keyboard.press('Enter');
    const dialog = drawer(page, 'Change fail rate');
    await dialog.locator('tbody tr').nth(1).waitFor();
    assert.match(page.url(), /explain=change_fail_rate/);
    assert.match(await dialog.textContent(), /divided by all that have a verdict/);
    const rows = await dialog.locator('tbody').textContent();
    assert.match(rows, /deployment second/);
    assert.match(rows, /yes.*explicit: checkout is down/s);
    const json = await dialog.getByRole('link', { name: 'JSON' }).getAttribute('href');
    assert.equal((await (await fetch(new URL(json, `${server.url}/`))).json()).items.length, 2);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForURL(`${server.url}/`);
    await open.and(page.locator(':focus')).waitFor();
  },

  async rows_come_in_pages_and_those_left_out_have_their_reason({ page, server }) {
    await server.postEvents(Array.from({ length: 60 }, (_, i) => deployment(`d${i}`, hours(1) + i, i === 3 ? { status: 'failed' } : {})));
    await page.goto(`${server.url}/?explain=deployment_frequency`);
    const dialog = drawer(page, 'Deployment frequency');
    await dialog.getByText('50 rows shown, there are more').waitFor();
    await dialog.getByRole('button', { name: 'Show more' }).click();
    await dialog.getByText('60 rows shown').waitFor();
    assert.match(await dialog.locator('dl').textContent(), /Left out\s*1 The deployment itself failed/);
    await dialog.getByRole('button', { name: 'Left out' }).click();
    await dialog.getByText('1 row shown').waitFor();
    assert.match(await dialog.locator('tbody').textContent(), /left out: The deployment itself failed/);
  },

  async an_open_drawer_is_accessible_and_fits_every_width({ page, server, expectAccessible }) {
    await server.postEvents(history());
    await page.goto(`${server.url}/?explain=change_lead_time`);
    await drawer(page, 'Change lead time').locator('tbody tr').first().waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async a_source_shows_its_deliveries_as_they_come({ page, server }) {
    await server.postEvents(history());
    await page.goto(`${server.url}/sources`);
    const events = page.locator('[data-source="events"]');
    await events.getByText('1 accepted').waitFor();
    await page.locator('[data-source="github"]').getByText('nothing yet').waitFor();
    await page.locator('[data-source="github"]').getByText(`${server.url}/hooks/github`).waitFor(); // how to connect it
    await live(page).waitFor();
    await server.postEvents([deployment('another', 60)]);
    await events.getByText('2 accepted').waitFor();
    assert.equal(await events.locator('ol > li').count(), 2);
    const rows = await events.getByRole('link').getAttribute('href');
    assert.equal((await (await fetch(new URL(rows, `${server.url}/`))).json()).items.length, 2);
  },

  async the_sources_are_accessible_and_fit_every_width({ page, server, expectAccessible }) {
    await server.postEvents(history());
    await page.goto(`${server.url}/sources`);
    await section(page, 'Sources').getByText('All deliveries').waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async commands_are_found_by_words_and_run_by_keyboard({ page, server, expectAccessible }) {
    await server.postEvents(history());
    await page.goto(server.url);
    await page.locator('#service option[value="shop"]').waitFor({ state: 'attached' });
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Commands' });
    await palette.getByRole('option').first().waitFor();
    await expectAccessible(page);
    await page.keyboard.type('service shop');
    await palette.getByRole('option', { name: /shop/ }).waitFor();
    await page.keyboard.press('Enter');
    await palette.waitFor({ state: 'detached' });
    assert.match(page.url(), /service=shop/);
    await page.keyboard.press('/');
    await palette.waitFor();
    await page.keyboard.type('recovery');
    await page.keyboard.press('Enter');
    await drawer(page, 'Recovery time').waitFor();
  },

  async single_keys_work_and_can_be_switched_off({ page, server }) {
    await page.goto(server.url);
    await live(page).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.waitForURL(`${server.url}/sources`);
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.waitForURL(`${server.url}/`);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Shortcuts of a single key').uncheck();
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('?');
    await page.keyboard.press('Control+k'); // comes after, so the help would have opened by now
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    assert.equal(await page.getByRole('dialog', { name: 'Keyboard' }).count(), 0);
  },

  async the_keyboard_alone_reaches_everything({ page, server }) {
    await server.postEvents(history());
    await page.goto(server.url);
    await page.getByText('Half of all changes').waitFor();
    await page.evaluate(() => document.activeElement.blur());
    const reached = new Set();
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => {
        const { activeElement } = document;
        return activeElement.getAttribute('aria-label') ?? (activeElement.id || activeElement.textContent.trim());
      }));
    }
    for (const name of ['Skip to the content', 'Overview', 'Sources', 'Commands', 'state', 'Settings', 'service', 'environment', 'range', 'compare',
      'Explain Deployment frequency', 'Explain Rework rate', 'Table', 'Explain Coding']) {
      assert.ok(reached.has(name), `${name} is not among ${[...reached].join(', ')}`);
    }
  },
};

/** A server that lets nobody in without a login. */
const closed = (test) => Object.assign(test, { anonymous: 'none' });

Object.assign(tests, {
  a_token_opens_the_page_and_can_be_forgotten: closed(async ({ context, server, expectAccessible }) => {
    const { page, close } = await separatePage(context, { bypassCSP: true });
    const token = await server.command('token', 'create', '--role', 'operator');
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await expectFineEverywhere(page, expectAccessible);
    await page.getByText('Use a token instead').click();
    await page.getByLabel('Token').fill('fl_wrong');
    await page.getByRole('button', { name: 'Use this token' }).click();
    await page.getByRole('alert').getByText(/token/).waitFor();
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await live(page).waitFor();
    assert.match(await page.locator('#command').textContent(), /Bearer \$FAIRLEAD_TOKEN/);
    await server.postEvents([deployment('live', 60, { version: 'seen' })], { Authorization: `Bearer ${token}` });
    await section(page, 'Recent activity').getByText('seen').waitFor();
    assert.ok(!(await page.content()).includes(token));
    await page.reload();
    await section(page, 'Recent activity').getByText('seen').waitFor();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await section(page, 'Recent activity').count(), 0);
    await close();
  }),

  a_stranger_logs_in_sends_the_command_and_sees_its_row: closed(async ({ context, server }) => {
    const { page, close } = await separatePage(context);
    await page.goto(server.url);
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The name or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill(await server.adminPassword());
    await page.keyboard.press('Enter');
    await live(page).waitFor();
    await page.getByRole('button', { name: 'Put a new token into the command' }).click();
    await page.getByText('It is shown this once.').waitFor();
    await promisify(execFile)('sh', ['-c', await page.locator('#command').textContent()]);
    await section(page, 'Recent activity').getByText('1.0.0').waitFor();
    await card(page, 'deployment_frequency').getByRole('button', { name: 'Explain' }).click();
    await drawer(page, 'Deployment frequency').getByText('deployment first').waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(`${server.url}/`);
    await page.reload();
    await section(page, 'Recent activity').getByText('1.0.0').waitFor();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByText('Signed in as admin (admin)').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await close();
  }),
});
