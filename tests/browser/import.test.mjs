// Importing a repository from the page. The progress is that of a made-up import: real ones need a network.

import assert from 'node:assert/strict';

import { expectFineEverywhere, live, section, separatePage } from './support.mjs';

const URL_TYPED = 'https://git.example/acme/shop';

const made = (more) => ({ id: 'a1', url: URL_TYPED, state: 'running', phase: 'reading', commits_total: 200, commits: 50, events: 50, releases: 0,
  nothing_new: false, remarks: [], repository: 'git.example/acme/shop', service: null, first_release_at: null, last_release_at: null, error: null,
  created_at: new Date().toISOString(), started_at: new Date().toISOString(), finished_at: null, ...more });

/** Answers questions for imports from `state.rows`; what was posted and cancelled is in `state`. */
async function imitate(page) {
  const state = { rows: [], posted: [], cancelled: [] };
  await page.route('**/api/v1/imports', async (route) => {
    if (route.request().method() === 'POST') {
      state.posted.push(route.request().postDataJSON());
      state.rows = [made({})];
      return route.fulfill({ status: 202, json: state.rows[0] });
    }
    return route.fulfill({ json: { items: state.rows, next_cursor: null } });
  });
  await page.route('**/api/v1/imports/*', (route) => {
    state.cancelled.push(new URL(route.request().url()).pathname);
    state.rows = [made({ state: 'cancelled', phase: null })];
    return route.fulfill({ json: state.rows[0] });
  });
  return state;
}

async function signedIn(context, server) {
  const { page, close } = await separatePage(context, { bypassCSP: true });
  await page.goto(`${server.url}/import`);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(await server.adminPassword());
  await page.keyboard.press('Enter');
  await page.getByLabel('Address of the repository').waitFor();
  return { page, close };
}

const closed = (test) => Object.assign(test, { anonymous: 'none' });

export const tests = {
  async who_may_not_import_sees_the_command({ page, server, expectAccessible }) {
    await page.goto(`${server.url}/import`);
    await page.getByText('Only an administrator can import from here.').waitFor();
    assert.match(await page.getByRole('region', { name: 'Command that imports a repository' }).textContent(), /^fairlead import git https:/);
    assert.equal(await page.getByLabel('Address of the repository').count(), 0);
    await live(page).waitFor();
    await expectFineEverywhere(page, expectAccessible);
  },

  async an_empty_server_leads_to_the_import({ page, server }) {
    await page.goto(server.url);
    await page.getByRole('link', { name: 'import its releases' }).click();
    await page.waitForURL(`${server.url}/import`);
    await page.getByRole('heading', { name: 'Import a repository' }).waitFor();
    assert.equal(await page.locator('#command').count(), 0); // one way at a time
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.waitForURL(`${server.url}/`);
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.waitForURL(`${server.url}/import`);
  },

  an_import_shows_how_far_it_is_and_leads_to_its_numbers: closed(async ({ context, server, expectAccessible }) => {
    const { page, close } = await signedIn(context, server);
    const state = await imitate(page);
    const field = page.getByLabel('Address of the repository');
    await field.fill(`  ${URL_TYPED} `);
    await page.keyboard.press('Enter');
    await page.getByText('Reading: 50 of 200 commits').waitFor();
    assert.deepEqual(state.posted, [{ url: URL_TYPED }]);
    assert.equal(await field.inputValue(), '');
    const progress = page.getByRole('progressbar', { name: `Progress of ${URL_TYPED}` });
    assert.equal(await progress.evaluate((bar) => bar.value), 0.25);
    await expectFineEverywhere(page, expectAccessible);
    state.rows = [made({ phase: 'linking', commits: 200 })];
    await page.getByText('Working out what each release shipped').waitFor();
    state.rows = [made({ state: 'succeeded', phase: null, commits: 200, releases: 3, service: 'acme/shop', first_release_at: '2020-02-03T04:05:06Z',
      remarks: ['2 tags were left out.'] })];
    await page.getByText('200 commits and 3 releases are in.').waitFor();
    await page.getByText('2 tags were left out.').waitFor();
    await expectFineEverywhere(page, expectAccessible);
    await page.getByRole('link', { name: 'See its numbers' }).click();
    await page.waitForURL(`${server.url}/?service=acme%2Fshop&from=2020-02-03`);
    await section(page, 'How it stands').waitFor();
    await close();
  }),

  an_import_can_be_cancelled_and_a_failed_one_says_why: closed(async ({ context, server, expectAccessible }) => {
    const { page, close } = await signedIn(context, server);
    const state = await imitate(page);
    await page.getByLabel('Address of the repository').fill(URL_TYPED);
    await page.getByRole('button', { name: 'Import' }).click();
    await page.getByRole('button', { name: `Cancel the import of ${URL_TYPED}` }).click();
    await page.getByText('Cancelled.').waitFor();
    assert.deepEqual(state.cancelled, ['/api/v1/imports/a1']);
    assert.equal(await page.getByRole('button', { name: /^Cancel/ }).count(), 0);
    state.rows = [made({ state: 'failed', phase: null, error: 'There is no repository at this address.' })];
    await page.reload();
    await page.getByText('There is no repository at this address.').waitFor();
    await expectFineEverywhere(page, expectAccessible);
    await close();
  }),

  what_is_wrong_with_an_address_stands_at_its_field: closed(async ({ context, server, expectAccessible }) => {
    const { page, close } = await signedIn(context, server);
    const field = page.getByLabel('Address of the repository');
    await field.fill('acme');
    await page.keyboard.press('Enter');
    await page.getByText('This is no address.').waitFor();
    await field.and(page.locator(':focus')).waitFor();
    await expectFineEverywhere(page, expectAccessible);
    const [refused] = await Promise.all([page.waitForResponse((response) => response.request().method() === 'POST'),
      field.fill('ftp://git.example/acme').then(() => page.keyboard.press('Enter'))]);
    assert.ok([400, 403].includes(refused.status()), `${refused.status()}`);
    await page.getByText((await refused.json()).detail).waitFor();
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await field.inputValue(), 'ftp://git.example/acme');
    await close();
  }),
};
