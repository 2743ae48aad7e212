// The live page in a real browser: empty, filled, failing, with a token, in both themes and at three widths.

import assert from 'node:assert/strict';

const WIDTHS = [1440, 390, 320];
const THEMES = ['light', 'dark'];

const at = (secondsAgo) => new Date(Math.floor(Date.now() / 1000 - secondsAgo) * 1000).toISOString().replace('.000Z', 'Z');
const hours = (n) => n * 3600;

const deployment = (id, secondsAgo, more = {}) => ({ type: 'deployment', id, service: 'shop', environment: 'production',
  status: 'success', started_at: at(secondsAgo + 60), finished_at: at(secondsAgo), ...more });

/** Two deployments of three commits; an incident names the second. */
const history = () => {
  const repository = 'github.com/acme/shop';
  const commit = (sha, parents, secondsAgo) => ({ type: 'commit', repository, sha, parents, message: `change ${sha}`,
    authored_at: at(secondsAgo), committed_at: at(secondsAgo) });
  return [
    commit('a1', [], hours(60)), commit('b2', ['a1'], hours(50)), commit('c3', ['b2'], hours(49)),
    deployment('first', hours(55), { repository, sha: 'a1' }),
    deployment('second', hours(48), { repository, sha: 'c3', version: '2.0' }),
    { type: 'incident', id: 'i1', service: 'shop', environment: 'production', title: 'checkout is down',
      opened_at: at(hours(47)), resolved_at: at(hours(46)), deployment_id: 'second' },
  ];
};

const card = (page, name) => page.locator(`.card[data-metric="${name}"]`);

/** A page in a context of its own: refused requests there are part of the test and no error. */
async function separatePage(context, options = {}) {
  const other = await context.browser().newContext(options);
  const page = await other.newPage();
  return { page, close: () => other.close() };
}

async function expectFits(page) {
  const [content, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
}

async function expectFineEverywhere(page, expectAccessible) {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await expectFits(page);
      await expectAccessible(page);
    }
  }
}

/** Answers 401 to whoever sends no token, as a server without anonymous access does; lets the others through. */
const demandToken = (page, token) => page.route('**/api/v1/**', (route) => {
  const { authorization, ...headers } = route.request().headers();
  if (authorization === `Bearer ${token}`) return route.continue({ headers });
  return route.fulfill({ status: 401, contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title: 'Unauthorized', status: 401, detail: 'The token is unknown.' }) });
});

export const tests = {
  async an_empty_server_shows_the_command_that_fills_it_and_it_does({ page, server }) {
    await page.goto(server.url);
    const command = await page.locator('#command').textContent();
    const [, url] = /'(http[^']*)'/.exec(command);
    const [, body] = /-d '([^']*)'/.exec(command);
    assert.equal(url, `${server.url}/api/v1/events`);
    assert.match(await card(page, 'deployment_frequency').textContent(), /Unknown/);
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    assert.equal(answer.status, 200, await answer.text());
    await page.locator('#delivery-list li').first().waitFor();
    assert.match(await page.locator('#delivery-list li').first().textContent(), /accepted.*events/);
    await card(page, 'deployment_frequency').getByText('From 1 deployment').waitFor();
    assert.ok(await page.locator('#empty').isHidden());
  },

  async a_delivery_is_visible_as_it_comes({ page, server }) {
    await page.goto(server.url);
    await page.locator('#state[data-state="live"]').waitFor();
    const times = [];
    for (let i = 1; i <= 7; i += 1) {
      const began = performance.now();
      await server.postEvents([deployment(`d${i}`, hours(i))]);
      await page.locator(`#delivery-list li[data-place="0.${i}"]`).waitFor();
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    console.log(`    POST to visible: median ${times[3].toFixed(0)} ms, slowest of 7 ${times[6].toFixed(0)} ms`);
    await card(page, 'deployment_frequency').getByText('1 per day').waitFor();
  },

  async each_number_says_what_it_is_made_of_and_opens_its_rows({ page, server }) {
    await server.postEvents(history());
    await page.goto(server.url);
    const rate = card(page, 'change_fail_rate');
    await rate.getByText('50 %').waitFor();
    assert.match(await rate.textContent(), /From 2 deployments/);
    assert.match(await card(page, 'change_lead_time').textContent(), /From 2 changes/);
    assert.match(await card(page, 'failed_deployment_recovery_time').textContent(), /2 hours/);
    assert.equal(await card(page, 'deployment_rework_rate').locator('.value').textContent(), 'Unknown');
    assert.doesNotMatch(await card(page, 'deployment_rework_rate').textContent(), /%/);

    const open = rate.getByRole('button');
    await open.click();
    const dialog = page.getByRole('dialog', { name: 'Change fail rate' });
    await dialog.locator('tbody tr').nth(1).waitFor();
    const rows = await dialog.locator('tbody').textContent();
    assert.match(rows, /deployment second/);
    assert.match(rows, /yes \(explicit\)/);
    assert.notEqual(await dialog.locator('#rows-formula').textContent(), '');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await open.and(page.locator(':focus')).waitFor();
  },

  async rows_that_do_not_count_are_listed_with_their_reason({ page, server }) {
    await server.postEvents(history());
    await page.goto(server.url);
    await card(page, 'change_lead_time').getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('tbody tr').first().waitFor();
    assert.match(await dialog.locator('#rows-exclusions').textContent(), /baseline deployment/);
    assert.match(await dialog.locator('tbody').textContent(), /left out: baseline deployment/);
  },

  async everything_can_be_done_by_keyboard({ page, server }) {
    await server.postEvents(history());
    await page.goto(server.url);
    await card(page, 'change_lead_time').waitFor();
    const reached = [];
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.id));
    }
    assert.ok(reached.includes('range'), reached.join());
    assert.ok(reached.includes('Show its rows: Change lead time'), reached.join());
    await card(page, 'change_lead_time').getByRole('button').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
  },

  async the_range_is_in_the_address_and_comes_back_with_it({ page, server }) {
    await server.postEvents([deployment('old', hours(24 * 20))]);
    await page.goto(server.url);
    await card(page, 'deployment_frequency').getByText('From 0 deployments').waitFor();
    await page.locator('#range').selectOption('now-30d');
    await card(page, 'deployment_frequency').getByText('From 1 deployment').waitFor();
    assert.match(page.url(), /\?from=now-30d$/);
    await page.goBack();
    await card(page, 'deployment_frequency').getByText('From 0 deployments').waitFor();
    await page.goto(`${server.url}/?from=now-30d&service=nobody`);
    await page.locator('.card').first().waitFor();
    assert.equal(await page.locator('#range').inputValue(), 'now-30d');
  },

  async what_comes_from_outside_is_text_only({ page, server }) {
    const evil = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>';
    await server.postEvents([deployment(evil, hours(2), { service: evil, version: evil })]);
    await page.goto(`${server.url}/?service=${encodeURIComponent(evil)}`);
    await card(page, 'deployment_frequency').getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('tbody tr').first().waitFor();
    assert.match(await dialog.locator('tbody').textContent(), /<img src=x onerror/);
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.evaluate(() => window.owned), undefined);
  },

  async rows_do_not_move_under_the_pointer({ page, server }) {
    await server.postEvents([deployment('one', hours(1))]);
    await page.goto(server.url);
    await page.locator('#delivery-list li').first().hover();
    await server.postEvents([deployment('two', hours(2))]);
    const fresh = page.getByRole('button', { name: 'Show 1 new delivery' });
    await fresh.waitFor();
    assert.equal(await page.locator('#delivery-list li').count(), 1);
    await fresh.press('Enter'); // the pointer stays where it is
    await page.locator('#delivery-list li').nth(1).waitFor();
    await server.postEvents([deployment('three', hours(3))]);
    await page.getByRole('button', { name: 'Show 1 new delivery' }).waitFor();
    await page.mouse.move(0, 0);
    await page.locator('#delivery-list li').nth(2).waitFor();
  },

  async a_lost_connection_is_said_and_old_numbers_stay({ context, server }) {
    const { page, close } = await separatePage(context);
    await server.postEvents(history());
    let lost = false;
    await page.route('**/api/v1/**', (route) => {
      if (!lost) return route.request().url().endsWith('/stream') ? route.abort() : route.continue();
      return route.abort();
    });
    await page.goto(server.url);
    await card(page, 'change_fail_rate').getByText('50 %').waitFor();
    await page.locator('#state[data-state="reconnecting"]').waitFor();
    lost = true;
    await page.locator('#failure').waitFor();
    assert.match(await page.locator('#failure').textContent(), /does not answer/);
    assert.match(await card(page, 'change_fail_rate').textContent(), /50 %/);
    lost = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('#failure').waitFor({ state: 'hidden' });
    await close();
  },

  async a_token_opens_numbers_and_stream_and_can_be_forgotten({ context, server, expectAccessible }) {
    const { page, close } = await separatePage(context, { bypassCSP: true });
    await demandToken(page, 'fl_right');
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'A token is needed' }).waitFor();
    await expectFineEverywhere(page, expectAccessible);
    await page.locator('#token').fill('fl_wrong');
    await page.getByRole('button', { name: 'Show the numbers' }).click();
    await page.getByText('The token is unknown.').waitFor();
    await page.locator('#token').fill('fl_right');
    await page.keyboard.press('Enter');
    await page.locator('#state[data-state="live"]').waitFor();
    await server.postEvents([deployment('live', hours(1))]);
    await page.locator('#delivery-list li').first().waitFor();
    assert.doesNotMatch(await page.content(), /fl_right/);
    await page.reload();
    await page.locator('#delivery-list li').first().waitFor();
    await page.getByRole('button', { name: 'Forget token' }).click();
    await page.getByRole('heading', { name: 'A token is needed' }).waitFor();
    assert.equal(await page.locator('#delivery-list').isHidden(), true);
    await close();
  },

  async nothing_is_inline_and_nothing_comes_from_elsewhere({ context, server }) {
    const { page, close } = await separatePage(context);
    const errors = [];
    const elsewhere = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('request', (request) => request.url().startsWith(server.url) || elsewhere.push(request.url()));
    await server.postEvents(history());
    await page.goto(server.url);
    await card(page, 'change_fail_rate').getByRole('button').click();
    await page.getByRole('dialog').locator('tbody tr').first().waitFor();
    assert.deepEqual(errors, []);
    assert.deepEqual(elsewhere, []);
    await close();
  },

  async empty_it_is_accessible_and_fits_every_width({ page, server, expectAccessible }) {
    await page.goto(server.url);
    await page.locator('#command').waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async filled_it_is_accessible_and_fits_every_width({ page, server, expectAccessible }) {
    await server.postEvents(history());
    await page.goto(server.url);
    await page.locator('#delivery-list li').first().waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async an_open_dialog_is_accessible_and_fits_every_width({ page, server, expectAccessible }) {
    await server.postEvents(history());
    await page.goto(server.url);
    await card(page, 'change_lead_time').getByRole('button').click();
    await page.getByRole('dialog').locator('tbody tr').first().waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async failing_it_is_accessible_and_fits_every_width({ context, server, expectAccessible }) {
    const { page, close } = await separatePage(context, { bypassCSP: true });
    await page.route('**/api/v1/**', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Unavailable', status: 503, detail: 'Not now.', request_id: 'r-1' }) }));
    await page.goto(server.url);
    await page.getByText('Not now. (request r-1)').waitFor();
    await expectFineEverywhere(page, expectAccessible);
    await close();
  },
};
