// Rows: the keyboard walks through them, and each opens what is known of it.

import assert from 'node:assert/strict';

import { at, deployment, expectFineEverywhere, history, hours, live, section, separatePage } from './support.mjs';

const rowText = (page) => page.evaluate(() => document.activeElement?.closest('li, tr')?.textContent ?? '');

export const tests = {
  async keys_walk_through_rows_and_open_them({ page, server }) {
    await server.postEvents([deployment('one', hours(1), { version: '1.0' }), deployment('two', hours(2), { version: '2.0' }), deployment('three', hours(3), { version: '3.0' })]);
    await page.goto(server.url);
    await section(page, 'Recent activity').getByText('3.0').waitFor();
    await page.keyboard.press('j');
    assert.match(await rowText(page), /1\.0/);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('j'); // there is no further one
    assert.match(await rowText(page), /3\.0/);
    await page.keyboard.press('k');
    assert.match(await rowText(page), /2\.0/);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Deployment 2.0' });
    await dialog.waitFor();
    assert.match(page.url(), /open=deployment%3A[0-9a-f]+$/);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForURL(`${server.url}/`);
    assert.match(await rowText(page), /2\.0/); // the focus is back
  },

  async an_opened_deployment_says_what_it_shipped_and_what_followed({ page, server, expectAccessible }) {
    await server.postEvents(history());
    await page.goto(`${server.url}/?explain=change_fail_rate`);
    const numbers = page.getByRole('dialog', { name: 'Change fail rate' });
    await numbers.locator('tbody tr').nth(1).waitFor();
    await numbers.getByRole('button', { name: '2.0' }).press('Enter');
    const row = page.getByRole('dialog', { name: 'Deployment 2.0' });
    await row.getByText('Shipped 2 commits').waitFor();
    await row.getByText('change c3').waitFor();
    await row.getByText('explicit: checkout is down').waitFor();
    await expectFineEverywhere(page, expectAccessible);
    const address = page.url();
    await page.keyboard.press('Escape');
    await row.waitFor({ state: 'detached' });
    await numbers.waitFor(); // what lies below stays
    await page.goto(address);
    await row.getByText('Shipped 2 commits').waitFor();
  },

  async an_opened_run_changes_as_it_goes_on({ page, server }) {
    const run = { type: 'run', id: 'r1', pipeline: 'build', service: 'shop', branch: 'main', status: 'running', started_at: at(hours(1)), url: 'https://ci.example/r1' };
    await server.postEvents([run]);
    await page.goto(server.url);
    await live(page).waitFor();
    await section(page, 'Recent activity').getByText('build · main').click();
    const dialog = page.getByRole('dialog', { name: 'Run build' });
    await dialog.getByText('running').waitFor();
    assert.equal(await dialog.getByRole('link', { name: 'Open where it ran' }).getAttribute('href'), 'https://ci.example/r1');
    await server.postEvents([{ ...run, status: 'failed', finished_at: at(hours(1) - 600) },
      { type: 'task', run_id: 'r1', id: 't', name: 'unit tests', status: 'failed', started_at: at(hours(1)), finished_at: at(hours(1) - 600) },
      ...['x', 'y', 'z'].map((id, i) => ({ type: 'task', run_id: 'r1', id, name: `step ${id}`, status: 'running', started_at: at(500 + 100 * i) }))]);
    await dialog.getByText('failed').first().waitFor();
    await dialog.getByText('unit tests').waitFor();
    await dialog.getByText('step x').waitFor();
    const steps = await dialog.locator('li.task bdi').allTextContents();
    assert.deepEqual(steps, ['unit tests', 'step z', 'step y', 'step x']); // as they began
  },

  async what_needs_attention_can_be_opened({ page, server }) {
    await server.postEvents([{ type: 'incident', id: 'i', service: 'shop', environment: 'production', title: 'shop is down', severity: 'high', opened_at: at(600) },
      deployment('bad', 60, { status: 'failed', version: '3.0' })]);
    await page.goto(server.url);
    const attention = section(page, 'Needs attention');
    await section(page, 'How it stands').getByText('shop is down').waitFor();
    for (const [name, fact] of [['shop is down', 'high'], ['shop 3.0', 'production']]) {
      await attention.getByRole('button', { name }).click();
      await page.getByRole('dialog').locator('dd').getByText(fact).waitFor();
      await page.keyboard.press('Escape');
      await page.waitForURL(`${server.url}/`);
    }
  },

  async a_row_that_is_gone_is_said({ context, server }) {
    const { page, close } = await separatePage(context);
    await page.goto(`${server.url}/?open=deployment:00000000000000000000000000000000`);
    await page.getByText('Nothing is known of this row.').waitFor();
    await page.goto(`${server.url}/?open=incident:00`);
    await page.getByText('This is no longer among the newest rows.').waitFor();
    await close();
  },

  async switched_off_no_single_key_does_anything({ page, server }) {
    await server.postEvents([deployment('one', hours(1), { version: '1.0' })]);
    await page.goto(server.url);
    await section(page, 'Recent activity').getByText('1.0').waitFor();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Shortcuts of a single key').uncheck();
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement.blur());
    for (const key of ['j', '[', ']', 'p', 't', '?', '/']) await page.keyboard.press(key);
    await page.keyboard.press('Control+k'); // comes after, so whatever they do would have happened
    await page.getByRole('dialog', { name: 'Commands' }).waitFor();
    assert.equal(page.url(), `${server.url}/`);
    assert.equal(await page.getByRole('dialog').count(), 1);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), undefined);
  },
};
