// The overview in a real browser: empty, filled, failing, in both themes and at three widths.

import assert from 'node:assert/strict';

import { WIDTHS, card, deployment, expectAtMost, expectFineEverywhere, history, hours, live, section, separatePage, watchShifts } from './support.mjs';

const VISIBLE_P95_MS = 250;
const SHIFT_MAX = 0.01;

const refuse = (page) => page.route('**/api/v1/**', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json',
  body: JSON.stringify({ title: 'Unavailable', status: 503, detail: 'Not now.', request_id: 'r-1' }) }));

export const tests = {
  async an_empty_server_shows_the_command_that_fills_it_and_it_does({ page, server }) {
    await page.goto(server.url);
    const command = await page.locator('#command').textContent();
    const [, url] = /'(http[^']*)'/.exec(command);
    const [, body] = /-d '([^']*)'/.exec(command);
    assert.equal(url, `${server.url}/api/v1/events`);
    assert.match(await card(page, 'deployment_frequency').textContent(), /Unknown/);
    await section(page, 'Deployments').getByText('successful: unknown').first().waitFor(); // and not 0
    const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    assert.equal(answer.status, 200, await answer.text());
    await card(page, 'deployment_frequency').getByText('n = 1 deployment').waitFor();
    await page.locator('#command').waitFor({ state: 'hidden' });
    await section(page, 'Recent activity').getByText('1.0.0').waitFor();
  },

  async a_deployment_is_visible_as_it_comes_and_nothing_jumps({ page, server }) {
    const shifts = await watchShifts(page);
    await server.postEvents(history());
    await page.goto(server.url);
    await live(page).waitFor();
    await section(page, 'Recent activity').getByText('2.0').waitFor();
    await page.getByText('Half of all changes').waitFor();
    await expectAtMost(VISIBLE_P95_MS, 3, async (round) => {
      const times = [];
      for (let i = 1; i <= 20; i += 1) {
        const version = `9.${round}.${i}`;
        const began = performance.now();
        await server.postEvents([deployment(version, 80 - 20 * round - i, { version })]);
        await section(page, 'Recent activity').getByText(version, { exact: true }).waitFor();
        times.push(performance.now() - began);
      }
      times.sort((a, b) => a - b);
      console.log(`    POST to visible: median ${times[10].toFixed(0)} ms, p95 ${times[18].toFixed(0)} ms`);
      return times[18];
    });
    console.log(`    layout shift with live updates: ${(await shifts()).toFixed(4)}`);
    assert.ok((await shifts()) <= SHIFT_MAX, `content moved by ${await shifts()}`);
  },

  async nothing_jumps_while_it_loads_empty_or_simulated({ context, server }) {
    const load = async (width, simulated) => {
      const { page, close } = await separatePage(context, { viewport: { width, height: 900 } });
      const shifts = await watchShifts(page);
      if (simulated) {
        await page.route('**/metrics/delivery?*', async (route) => {
          const answer = await route.fetch();
          await route.fulfill({ response: answer, json: { ...(await answer.json()), simulated: true } });
        });
      }
      await page.goto(server.url);
      await live(page).waitFor();
      await section(page, 'How it stands').getByText('Nothing is known').waitFor();
      if (simulated) await page.getByText('Simulated data.').waitFor();
      await section(page, 'Sources').getByText('All deliveries').waitFor();
      const moved = await shifts();
      await close();
      return moved;
    };
    for (const width of WIDTHS) {
      for (const simulated of [false, true]) {
        const moved = await load(width, simulated);
        assert.ok(moved <= SHIFT_MAX, `${width} px, ${simulated ? 'simulated' : 'empty'}: content moved by ${moved}`);
      }
    }
  },

  async the_verdict_says_what_is_wrong_and_takes_it_back({ page, server }) {
    await server.postEvents([deployment('d1', hours(3), { version: '1.2' })]);
    await page.goto(server.url);
    const verdict = section(page, 'How it stands');
    await verdict.getByText('Nothing is wrong that Fairlead knows of.').waitFor();
    await verdict.getByText('Last production deployment 3 h ago: shop 1.2.').waitFor();
    const incident = { type: 'incident', id: 'i', service: 'shop', environment: 'production', title: 'shop is down',
      opened_at: '2026-01-05T10:00:00Z' };
    await server.postEvents([incident]);
    await verdict.getByText('1 incident is open.').waitFor();
    await section(page, 'Needs attention').getByText('shop is down').waitFor();
    await server.postEvents([{ ...incident, resolved_at: '2026-01-05T11:00:00Z' }]);
    await verdict.getByText('Nothing is wrong that Fairlead knows of.').waitFor();
  },

  async a_number_says_what_it_is_made_of_and_unknown_is_never_zero({ page, server }) {
    await server.postEvents(history());
    await page.goto(server.url);
    const rate = card(page, 'change_fail_rate');
    await rate.getByText('50%').waitFor();
    assert.match(await rate.textContent(), /n = 2 deployments/);
    assert.match(await rate.textContent(), /no previous data/);
    const rework = await card(page, 'deployment_rework_rate').textContent();
    assert.match(rework, /Unknown.*planned/);
    assert.doesNotMatch(rework, /0\s*%/);
    await card(page, 'change_lead_time').locator('svg[aria-label*="parts known"]').waitFor();
  },

  async deployments_are_drawn_by_outcome_and_are_a_table_as_well({ page, server }) {
    await server.postEvents([deployment('d1', hours(3)), deployment('d2', hours(2)), deployment('d3', hours(1), { status: 'failed' }),
      deployment('s1', hours(1), { environment: 'staging' })]);
    await page.goto(server.url);
    const chart = section(page, 'Deployments');
    await chart.getByText('2 successful', { exact: true }).waitFor();
    await chart.getByText('1 failed', { exact: true }).waitFor();
    await chart.getByRole('button', { name: 'Table' }).click();
    const cells = await chart.locator('tbody td').allTextContents();
    // Of days before the first deployment nothing is known.
    const sum = (column) => cells.filter((text, i) => i % 3 === column && text !== 'unknown').reduce((total, text) => total + Number(text), 0);
    assert.deepEqual([sum(0), sum(1), sum(2)], [2, 1, 0]);
  },

  async choices_are_in_the_address_and_come_back_with_it({ page, server }) {
    await server.postEvents([deployment('old', hours(24 * 20)), deployment('new', hours(1), { service: 'other' })]);
    await page.goto(server.url);
    const frequency = card(page, 'deployment_frequency');
    await frequency.getByText('n = 1 deployment').waitFor();
    await page.locator('#range').selectOption('now-30d');
    await frequency.getByText('n = 2 deployments').waitFor();
    assert.match(page.url(), /\?from=now-30d$/);
    await page.locator('#service').selectOption('shop');
    await frequency.getByText('n = 1 deployment').waitFor();
    assert.match(page.url(), /\?from=now-30d&service=shop$/);
    await page.goBack();
    await frequency.getByText('n = 2 deployments').waitFor();
    await page.goto(`${server.url}/?from=now-30d&service=nobody`);
    await page.locator('#service').getByText('nobody').waitFor({ state: 'attached' });
    assert.equal(await page.locator('#range').inputValue(), 'now-30d');
    assert.equal(await page.locator('#service').inputValue(), 'nobody');
    assert.doesNotMatch(await section(page, 'Recent activity').textContent(), /old/);
  },

  async rows_do_not_move_under_the_pointer({ page, server }) {
    await server.postEvents([deployment('one', hours(3))]);
    await page.goto(server.url);
    const rows = section(page, 'Recent activity').getByRole('listitem');
    await rows.first().hover();
    await server.postEvents([deployment('two', hours(2))]);
    const fresh = page.getByRole('button', { name: '1 new event' });
    await fresh.waitFor();
    assert.equal(await rows.count(), 1);
    await fresh.press('Enter'); // the pointer stays where it is
    await rows.nth(1).waitFor();
    await server.postEvents([deployment('three', hours(1))]);
    await page.getByRole('button', { name: '1 new event' }).waitFor();
    await page.mouse.move(0, 0);
    await page.evaluate(() => document.activeElement.blur());
    await rows.nth(2).waitFor();
  },

  async a_server_that_goes_and_comes_back_is_said_and_old_numbers_stay({ context, server }) {
    const { page, close } = await separatePage(context);
    await server.postEvents(history());
    await page.goto(server.url);
    await live(page).waitFor();
    await card(page, 'change_fail_rate').getByText('50%').waitFor();
    await server.stop();
    await live(page, 'reconnecting').waitFor();
    assert.match(await card(page, 'change_fail_rate').textContent(), /50%/);
    await server.start();
    await live(page).waitFor();
    await server.postEvents([deployment('after', 5, { version: 'after-the-restart' })]);
    await section(page, 'Recent activity').getByText('after-the-restart').waitFor();
    await close();
  },

  async paused_it_stands_still_until_told_otherwise({ page, server }) {
    await server.postEvents([deployment('one', hours(3))]);
    await page.goto(server.url);
    await live(page).click();
    await live(page, 'paused').waitFor();
    assert.match(page.url(), /live=0/);
    await server.postEvents([deployment('two', hours(2))]);
    assert.equal(await section(page, 'Recent activity').getByRole('listitem').count(), 1);
    await live(page, 'paused').click();
    await section(page, 'Recent activity').getByRole('listitem').nth(1).waitFor();
  },

  async a_card_that_fails_says_so_alone_and_can_be_tried_again({ context, server }) {
    const { page, close } = await separatePage(context);
    await server.postEvents(history());
    let broken = true;
    await page.route('**/api/v1/sources', (route) => (broken
      ? route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"title":"x","status":500,"detail":"The disk is gone.","request_id":"r-7"}' })
      : route.continue()));
    await page.goto(server.url);
    const sources = section(page, 'Sources');
    await sources.getByText('The disk is gone. (request r-7)').waitFor();
    await card(page, 'change_fail_rate').getByText('50%').waitFor();
    assert.equal(await page.getByRole('alert').count(), 1);
    broken = false;
    await sources.getByRole('button', { name: 'Retry' }).click();
    await sources.getByText('All deliveries').waitFor();
    await close();
  },

  async themes_follow_the_system_until_chosen_and_are_there_before_the_first_paint({ context, server }) {
    const { page, close } = await separatePage(context);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(server.url);
    assert.equal(await background(), 'rgb(246, 247, 249)');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Theme').selectOption('dark');
    assert.equal(await background(), 'rgb(15, 18, 22)');
    await page.route('**/page.js', (route) => route.abort()); // so only the script inside of the document can do it
    await page.reload({ waitUntil: 'domcontentloaded' }).catch(() => {});
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await close();
  },

  async empty_it_is_accessible_and_fits_every_width({ page, server, expectAccessible }) {
    await page.goto(server.url);
    await page.locator('#command').waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async filled_it_is_accessible_and_fits_every_width({ page, server, expectAccessible }) {
    await server.postEvents([...history(), { type: 'alert', fingerprint: 'f', name: 'Slow', severity: 'high', service: 'shop',
      environment: 'production', status: 'firing', starts_at: '2026-01-05T10:00:00Z' }, deployment('bad', 60, { status: 'failed' })]);
    await page.goto(server.url);
    await page.getByText('Half of all changes').waitFor();
    await section(page, 'Recent activity').getByText('2.0').waitFor();
    await section(page, 'Needs attention').getByText('Slow').waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async failing_it_is_accessible_and_fits_every_width({ context, server, expectAccessible }) {
    const { page, close } = await separatePage(context, { bypassCSP: true });
    await refuse(page);
    await page.goto(server.url);
    await page.getByText('Not now. (request r-1)').first().waitFor();
    await card(page, 'deployment_frequency').getByText('Not read').waitFor(); // and nothing that looks as if it still came
    await expectFineEverywhere(page, expectAccessible);
    await close();
  },
};
