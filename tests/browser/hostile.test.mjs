// Whatever a tool sends is text: in every field of every event, in the address, in what the server says of a request.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

import { at, card, deployment, expectFits, hours, live, section, separatePage } from './support.mjs';

const MARKUP = '<img src=x onerror="window.owned=1"><script>window.owned=1</script><svg onload="window.owned=1">{{7*7}}${7*7}';
const BIDI = '\u202egnp.exe\u2066\u2069';
/** As much as a commit's name may hold, or the name of a repository. */
const SHORT = '<img src=x onerror=window.owned=1>';
/** What a name may hold: anything but control characters. */
const NAME = `${MARKUP}${BIDI}[31mred`;
/** What a text may hold: everything, in any length. */
const TEXT = `${NAME}\u001b[31mred\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007\u0000${'x'.repeat(1_000_000)}`;
const URL_TEXT = `https://evil.example/"><script>window.owned=1</script>`;
const SECRET = 'a secret of this test';
const METRICS = ['deployment_frequency', 'change_lead_time', 'change_fail_rate', 'failed_deployment_recovery_time', 'deployment_rework_rate'];

/** An event of each kind that the page shows, hostile wherever a text may stand. */
function hostileEvents() {
  const time = at(hours(1));
  const repository = 'github.com/acme/shop';
  const deployed = (id, more) => ({ ...deployment(`${NAME}${id}`, hours(1)), service: NAME, version: NAME, deployer: NAME, ref: NAME, url: URL_TEXT,
    run_id: NAME, repository, ...more });
  return [
    { type: 'commit', repository, sha: 'a1', parents: [], authored_at: at(hours(9)), committed_at: at(hours(9)), author: NAME, message: TEXT, branch: NAME },
    { type: 'commit', repository, sha: 'b2', parents: ['a1'], authored_at: at(hours(8)), committed_at: at(hours(8)), author: NAME, message: TEXT, branch: NAME },
    deployed('1', { sha: 'a1', started_at: at(hours(7)), finished_at: at(hours(7) - 60) }),
    deployed('2', { sha: 'b2', kind: 'hotfix' }),
    deployed('3', { environment: `${NAME} production`, status: 'failed', tier: 'production', kind: 'rollback' }),
    // Without a service a row is filed under its repository; what is no word of ours is unknown.
    { ...deployment(SHORT, hours(1)), service: undefined, repository: `github.com/acme/${SHORT}`, sha: SHORT, commits: [{ repository, sha: SHORT }], status: NAME, kind: NAME },
    { type: 'commit', repository, sha: SHORT, parents: [SHORT], authored_at: at(hours(9)), committed_at: at(hours(9)), message: MARKUP },
    { type: 'canary', id: NAME, service: NAME, environment: 'production', version: NAME, stable_version: NAME, phase: NAME, started_at: time },
    { type: 'log', run_id: NAME, text: TEXT },
    { type: 'run', id: NAME, pipeline: NAME, service: NAME, branch: NAME, status: 'failed', finished_at: time, actor: NAME, trigger: NAME, url: URL_TEXT },
    { type: 'task', run_id: NAME, id: NAME, name: NAME, parent: NAME, status: 'failed', started_at: time, finished_at: time },
    { type: 'change', repository, number: 1, service: NAME, title: TEXT, author: NAME, opened_at: at(hours(9)), merged_at: at(hours(8)), merge_sha: SHORT, head_sha: SHORT, reverts: SHORT, body: TEXT, labels: [NAME],
      base_branch: NAME, head_branch: NAME, url: URL_TEXT, reviews: [{ at: at(hours(8)), by: NAME, state: NAME }],
      commits: [{ sha: 'b2', authored_at: at(hours(8)), message: TEXT }] },
    { type: 'incident', id: NAME, service: NAME, environment: 'production', title: TEXT, opened_at: time, url: URL_TEXT, deployment_id: `${NAME}2`,
      caused_by_version: NAME, caused_by_sha: SHORT, repository, severity: NAME },
    { type: 'alert', fingerprint: NAME, name: NAME, service: NAME, environment: 'production', status: 'firing', starts_at: time, description: TEXT,
      labels: { [NAME]: NAME } },
  ];
}

/** Texts with marks that turn the direction of writing, and no element or mark around them that keeps it to them. */
const unkept = (page) => page.evaluate(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { textContent: text, parentElement } = walker.currentNode;
    if (text.includes('\u202e') && !parentElement.closest('bdi, option, code, pre') && !text.includes('\u2068')) found.push(`${parentElement.tagName}: ${text.slice(0, 80)}`);
  }
  return found;
});

async function hostilePage(context) {
  const { page, close } = await separatePage(context);
  const reports = [];
  await page.exposeFunction('reportViolation', (what) => reports.push(what));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI}`)));
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && reports.push(message.text()));
  page.on('pageerror', (error) => reports.push(error.message));
  page.on('dialog', (dialog) => reports.push(dialog.message()));
  /** Nothing was run, nothing was refused, nothing became an element, and nothing turns what stands beside it. */
  const expectText = async () => {
    await expectFits(page);
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.equal(await page.locator('img:not([src="./icon.svg"]), body script, [onerror], [onload]').count(), 0);
    assert.deepEqual(await unkept(page), []);
    assert.deepEqual(reports, []);
    // A thousandth of what came may be shown: a row has one line of it.
    assert.ok((await page.evaluate(() => document.body.textContent.length)) < 100_000);
  };
  return { page, close, expectText };
}

export const tests = {
  in_every_list_it_is_text: Object.assign(async ({ context, server }) => {
    const { page, close, expectText } = await hostilePage(context);
    await server.postEvents(hostileEvents());
    await page.goto(server.url);
    for (const name of ['Recent activity', 'Needs attention', 'How it stands']) await section(page, name).getByText('<img src=x onerror').first().waitFor();
    await expectText();
    await page.setViewportSize({ width: 320, height: 800 });
    await expectText();
    await page.getByRole('button', { name: 'Commands' }).click();
    await page.keyboard.type('service <img');
    await page.getByRole('dialog', { name: 'Commands' }).getByRole('option', { name: /<img/ }).first().waitFor();
    await expectText();
    await page.goto(`${server.url}/sources`);
    await section(page, 'Sources').getByText('All deliveries').waitFor();
    await expectText();
    await close();
  }, { config: `teams:\n  '${SHORT}':\n    services: [shop]\n` }),

  async in_every_opened_row_it_is_text({ context, server }) {
    const { page, close, expectText } = await hostilePage(context);
    await server.postEvents(hostileEvents());
    await page.goto(`${server.url}/?live=0`);
    const rows = section(page, 'Recent activity').locator('[data-row]');
    await rows.nth(7).waitFor();
    const count = await rows.count();
    assert.equal(count, 8); // four deployments, a run, a change, an incident, an alert
    for (let i = 0; i < count; i += 1) {
      await rows.nth(i).click();
      const dialog = page.getByRole('dialog');
      await dialog.locator('dd').getByText('<img src=x onerror').first().waitFor();
      await expectText();
      const links = await dialog.getByRole('link').evaluateAll((all) => all.map(({ href }) => href));
      for (const link of links) assert.match(link, /^https:\/\/evil\.example\//);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
    await close();
  },

  async behind_every_number_it_is_text({ context, server }) {
    const { page, close, expectText } = await hostilePage(context);
    await server.postEvents(hostileEvents());
    for (const metric of METRICS) {
      await page.goto(`${server.url}/?explain=${metric}`);
      const dialog = page.getByRole('dialog');
      await dialog.locator('tbody').getByText('<img src=x').first().waitFor();
      await expectText();
    }
    await close();
  },

  async in_the_address_it_is_text({ context, server }) {
    const { page, close, expectText } = await hostilePage(context);
    await server.postEvents([deployment('d', hours(1))]);
    const hostile = encodeURIComponent(`${MARKUP}${BIDI}`);
    for (const query of [`service=${hostile}`, `environment=${hostile}`, `team=${hostile}`, `from=${hostile}`, `to=${hostile}`, `tz=${hostile}`,
      `explain=${hostile}`, `open=${hostile}`, `open=deployment:ffff`, `compare=${hostile}`, `live=${hostile}`, `profile=${hostile}`]) {
      await page.goto(`${server.url}/?${query}`);
      await live(page).waitFor();
      await card(page, 'deployment_frequency').waitFor();
      await page.locator('[aria-busy="true"], [role="alert"]:not(:empty)').first().waitFor({ state: 'attached', timeout: 1000 }).catch(() => {});
      await expectText();
    }
    await close();
  },

  /** The name of whoever is logged in, and the reason why a delivery was of no interest. */
  a_user_and_a_hook_are_text: Object.assign(async ({ context, server }) => {
    const { page, close, expectText } = await hostilePage(context);
    const name = `${SHORT}${BIDI}`;
    const password = 'correct horse battery';
    const token = await server.command('token', 'create', '--role', 'admin');
    const made = await fetch(`${server.url}/api/v1/users`, { method: 'POST', body: JSON.stringify({ name, password, role: 'viewer' }),
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } });
    assert.equal(made.status, 201);
    const body = JSON.stringify({ zen: MARKUP });
    const sent = await fetch(`${server.url}/hooks/github`, { method: 'POST', body, headers: { 'X-GitHub-Event': MARKUP, 'X-GitHub-Delivery': MARKUP,
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}` } });
    assert.equal(sent.status, 200);
    await page.goto(server.url);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await live(page).waitFor();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByText('Signed in as').getByText(SHORT).waitFor();
    await expectText();
    await page.goto(`${server.url}/sources`);
    await page.locator('[data-source="github"]').getByText('<img src=x').first().waitFor();
    await expectText();
    await close();
  }, { anonymous: 'none', config: `sources:\n  github:\n    secrets:\n      - value: ${SECRET}\n` }),

  async what_the_server_says_of_a_request_is_text({ context, server }) {
    const { page, close, expectText } = await hostilePage(context);
    await page.route('**/api/v1/**', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json',
      body: JSON.stringify({ title: NAME, status: 500, detail: MARKUP, request_id: MARKUP }) }));
    for (const path of ['/', '/sources', '/import', '/?explain=change_lead_time', '/?open=run:ff']) {
      await page.goto(`${server.url}${path}`);
      await page.getByText('<img src=x onerror').first().waitFor();
      await expectText();
    }
    await close();
  },
};
