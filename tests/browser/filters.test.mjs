// What is shown: service, team, environment, period, zone and comparison, all of it in the address.

import assert from 'node:assert/strict';

import { card, deployment, expectFineEverywhere, hours, live, section } from './support.mjs';

const days = (n) => hours(24 * n);
const frequency = (page) => card(page, 'deployment_frequency');
const known = (page, count) => frequency(page).getByText(`n = ${count} deployment${count === 1 ? '' : 's'}`, { exact: false }).waitFor();

export const tests = {
  async any_period_can_be_typed({ page, server }) {
    await server.postEvents([deployment('one', days(1)), deployment('two', days(3)), deployment('three', days(10))]);
    await page.goto(server.url);
    await known(page, 2);
    await page.locator('#range').selectOption({ label: 'From … to …' });
    await page.locator('#from').and(page.locator(':focus')).waitFor();
    assert.equal(await page.locator('#from').inputValue(), 'now-7d');
    await page.locator('#from').fill('now-12d');
    await page.locator('#to').fill('now-2d');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.url}/?from=now-12d&to=now-2d`);
    await known(page, 2);
    await section(page, 'Deployments').getByText('2 successful').waitFor();
    assert.equal(await page.locator('#range option:checked').textContent(), '12 days ago to 2 days ago');
    await page.locator('#range').and(page.locator(':focus')).waitFor(); // where the fields were opened
    assert.equal(await page.locator('#from').count(), 0);
    await page.locator('#range').selectOption('now-30d');
    await known(page, 3);
    assert.equal(page.url(), `${server.url}/?from=now-30d`);
  },

  async what_is_wrong_with_a_period_stands_at_its_field({ page, server, expectAccessible }) {
    await page.goto(server.url);
    await page.locator('#range').selectOption({ label: 'From … to …' });
    await page.locator('#from').fill('yesterday');
    await page.getByRole('button', { name: 'Show' }).click();
    const from = page.getByRole('textbox', { name: /^From/ });
    assert.equal(await from.getAttribute('aria-invalid'), 'true');
    assert.match(await page.locator(`[id="${(await from.getAttribute('aria-describedby')).split(' ')[0]}"]`).textContent(), /This is no time/);
    await expectFineEverywhere(page, expectAccessible);
    await from.fill('now-1d');
    await page.locator('#to').fill('now-2d');
    await page.keyboard.press('Enter');
    await page.getByText('The period ends before it begins.').waitFor();
    await page.locator('#to').and(page.locator(':focus')).waitFor();
    assert.equal(page.url(), `${server.url}/`);
    await page.keyboard.press('Escape');
    await from.waitFor({ state: 'detached' });
  },

  async a_period_that_the_server_refuses_is_shown_with_its_reason({ context, server }) {
    const page = await context.browser().newPage(); // refused requests are part of this
    await page.goto(`${server.url}/?from=2026-02-30`);
    await page.getByRole('textbox', { name: /^From/ }).waitFor();
    assert.equal(await page.locator('#from').inputValue(), '2026-02-30');
    await page.getByText(/the parameter from: '2026-02-30' is no time/).first().waitFor();
    await page.locator('#range').selectOption('now-7d');
    await live(page).waitFor();
    await page.locator('#from').waitFor({ state: 'detached' });
    await page.close();
  },

  async brackets_move_the_period({ page, server }) {
    await server.postEvents([deployment('one', days(1)), deployment('two', days(10))]);
    await page.goto(server.url);
    await known(page, 1);
    await page.keyboard.press('[');
    await page.waitForURL(`${server.url}/?from=now-14d&to=now-7d`);
    await known(page, 1);
    await page.keyboard.press('[');
    await page.waitForURL(`${server.url}/?from=now-21d&to=now-14d`);
    await frequency(page).getByText('n = 0 deployments').waitFor();
    await page.keyboard.press(']');
    await page.keyboard.press(']');
    await page.waitForURL(`${server.url}/?from=now-7d`);
    await page.keyboard.press(']'); // later than now is nothing
    await known(page, 1);
    assert.equal(page.url(), `${server.url}/?from=now-7d`);
  },

  async times_are_those_of_the_chosen_zone({ page, server }) {
    await server.postEvents([deployment('one', hours(2))]);
    await page.goto(server.url);
    const time = section(page, 'Recent activity').locator('time').first();
    await time.waitFor();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Times are shown in').selectOption('America/New_York');
    await page.waitForURL(`${server.url}/?tz=America%2FNew_York`);
    const expected = new Date(await time.getAttribute('datetime')).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'America/New_York' });
    assert.equal(await time.getAttribute('title'), `${expected} America/New_York`);
    await page.keyboard.press('Escape');
    await page.goto(`${server.url}/?tz=UTC&explain=deployment_frequency`);
    await page.getByRole('dialog').locator('dd time').first().getByText(/UTC$/).waitFor();
  },

  async the_comparison_is_in_the_address({ page, server }) {
    await server.postEvents([deployment('one', days(1)), deployment('two', days(10)), deployment('three', days(60))]);
    await page.goto(server.url);
    await frequency(page).getByText(/^was /).waitFor();
    await page.locator('#compare').selectOption('none');
    await page.waitForURL(`${server.url}/?compare=none`);
    await frequency(page).getByText(/^was /).waitFor({ state: 'detached' });
    await page.locator('#compare').selectOption('previous');
    await page.waitForURL(`${server.url}/?compare=previous`);
    await frequency(page).getByText(/^was /).waitFor();
  },

  async without_teams_there_is_no_choice_of_one({ page, server }) {
    await server.postEvents([deployment('one', hours(1))]);
    await page.goto(server.url);
    await known(page, 1);
    assert.equal(await page.locator('#team').count(), 0);
  },

  a_team_shows_its_services: Object.assign(async ({ page, server }) => {
    await server.postEvents([deployment('one', hours(1)), deployment('two', hours(2), { service: 'api' }), deployment('three', hours(3), { service: 'api' })]);
    await page.goto(`${server.url}/?service=shop`);
    await known(page, 1);
    await page.locator('#team').selectOption('backend');
    await page.waitForURL(`${server.url}/?team=backend`);
    await known(page, 2);
    await page.locator('#team').selectOption('');
    await known(page, 3);
  }, { config: 'teams:\n  backend:\n    services: [api]\n  web:\n    services: [shop]\n' }),
};
