// How the server says it stands, on the page of sources.

import assert from 'node:assert/strict';

import { deployment, expectFineEverywhere, hours, section, separatePage } from './support.mjs';

const card = (page) => section(page, 'Health of Fairlead');

const FINDINGS = [
  { check: 'disk', state: 'failing', seen: '12.0 KiB of 16.0 MiB are free in /srv/a-folder-with-a-name-that-is-much-longer-than-a-phone-is-wide/data',
    action: 'Make room, or move the data folder to a larger disk.' },
  { check: 'sources.github', state: 'warning', seen: 'nothing ever came to 1 hook', action: 'Look at the list of deliveries in the tool.' },
  { check: 'ingest_queue', state: 'ok', seen: '0 of at most 8192 deliveries wait', action: null },
];

async function imitate(page, findings) {
  const state = { findings };
  await page.route('**/api/v1/admin/health', (route) => route.fulfill({ json: {
    status: state.findings[0].state, at: new Date().toISOString(), version: '1.0.0', findings: state.findings } }));
  return state;
}

export const tests = {
  async a_server_says_what_it_finds({ page, server, expectAccessible }) {
    await server.postEvents([deployment('one', hours(2))]);
    await page.goto(`${server.url}/sources`);
    await card(page).getByText(/^(All|Of) \d+ checks/).waitFor();
    await card(page).locator('summary').click();
    const store = card(page).locator('[data-check="store"]');
    await store.getByText('1 delivery in 1 lane; the newest can be read').waitFor();
    await store.getByText('well', { exact: true }).waitFor();
    assert.match(await card(page).locator('[data-check="ingest_queue"] .name').textContent(), /^\s*Intake ingest_queue\s*$/);
    // Under the name that the card above gives it.
    assert.match(await card(page).locator('[data-check="sources.events"] .name').textContent(), /Own events/);
    await expectFineEverywhere(page, expectAccessible);
  },

  async what_is_wrong_stands_first_with_what_to_do({ page, server, expectAccessible }) {
    await imitate(page, FINDINGS);
    await server.postEvents([deployment('one', hours(2))]);
    await page.goto(`${server.url}/sources`);
    await card(page).getByText('Of 3 checks 1 fails and 1 needs a look.').waitFor();
    const first = card(page).locator('li').first();
    await first.getByText('failing', { exact: true }).waitFor();
    await first.getByText('Make room, or move the data folder to a larger disk.').waitFor();
    assert.equal(await card(page).locator('[data-check="ingest_queue"]').isVisible(), false);
    await card(page).locator('summary').focus();
    await page.keyboard.press('Enter');
    await card(page).locator('[data-check="ingest_queue"]').waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async one_cause_stands_once_however_many_checks_it_fails({ page, server, expectAccessible }) {
    const away = { seen: 'cannot reach PostgreSQL at db.acme:5432', action: 'Bring the database back, or mend the way to it.' };
    await imitate(page, [{ check: 'store', state: 'failing', ...away }, { check: 'derivation', state: 'failing', ...away },
      { check: 'replicas', state: 'failing', ...away }, FINDINGS[2]]);
    await server.postEvents([deployment('one', hours(2))]);
    await page.goto(`${server.url}/sources`);
    await card(page).getByText('Of 4 checks 3 fail.').waitFor();
    assert.equal(await card(page).getByText(/^cannot reach PostgreSQL/i).count(), 1);
    assert.match(await card(page).locator('[data-check~="replicas"] .name').textContent(), /^\s*Database store\s*, Links and numbers derivation\s*, Replicas\s*$/);
    await expectFineEverywhere(page, expectAccessible);
  },

  async what_stands_below_is_not_pushed_down({ page, server }) {
    await server.postEvents([deployment('one', hours(2))]);
    let answer;
    const asked = new Promise((resolve) => {
      page.route('**/api/v1/admin/health', async (route) => {
        resolve();
        await new Promise((go) => (answer = go));
        await route.continue();
      }, { times: 1 });
    });
    await page.goto(`${server.url}/sources`);
    await section(page, 'Sources').getByText('All deliveries').waitFor();
    await asked;
    assert.equal(await page.getByRole('heading', { name: 'Send a deployment' }).count(), 0);
    answer();
    await card(page).getByText(/^(All|Of) \d+ checks/).waitFor();
    await page.getByRole('heading', { name: 'Send a deployment' }).waitFor();
  },

  async a_failed_read_says_so_and_is_tried_again({ page, server, context, expectAccessible }) {
    const { page: other, close } = await separatePage(context, { bypassCSP: true });
    await other.route('**/api/v1/admin/health', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json',
      json: { type: 'about:blank', title: 'Internal Server Error', status: 500, detail: 'the disk is gone', request_id: 'r1' } }));
    await other.goto(`${server.url}/sources`);
    await card(other).getByText('the disk is gone').waitFor();
    await expectFineEverywhere(other, expectAccessible);
    await other.unroute('**/api/v1/admin/health');
    await card(other).getByRole('button', { name: /again|Retry/ }).click();
    await card(other).getByText(/^(All|Of) \d+ checks/).waitFor();
    await close();
    await page.goto(server.url);
  },

  who_may_only_look_does_not_see_it: Object.assign(async ({ context, server }) => {
    const { page, close } = await separatePage(context);
    const asked = [];
    page.on('request', (request) => request.url().includes('/admin/health') && asked.push(request.url()));
    const answered = page.waitForResponse((response) => response.url().endsWith('/api/v1/session'));
    await page.goto(`${server.url}/sources`);
    await section(page, 'Sources').getByText('All deliveries').waitFor();
    assert.equal((await (await answered).json()).role, 'viewer');
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    assert.equal(await card(page).count(), 0);
    assert.deepEqual(asked, []);
    await close();
  }, { anonymous: 'viewer' }),
};
