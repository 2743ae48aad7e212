// Charts: what is unknown is a gap, the period before is dashed, and each can be read, taken along and zoomed.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { card, deployment, hours, section } from './support.mjs';

const days = (n) => hours(24 * n);

/** Commits and deployments of two weeks, none of them in the middle of the last one. */
function weeks() {
  const repository = 'github.com/acme/shop';
  const at = (secondsAgo) => new Date(Date.now() - secondsAgo * 1000).toISOString();
  return [13, 12, 11, 9, 8, 6, 5, 2, 1].flatMap((day, i, all) => {
    const sha = `${i}`.repeat(4);
    const parents = i > 0 ? [`${i - 1}`.repeat(4)] : [];
    return [{ type: 'commit', repository, sha, parents, message: 'm', authored_at: at(days(day) + hours(2 + (i % 3))), committed_at: at(days(day) + hours(2)) },
      deployment(`d${i}`, days(day), { repository, sha, ...(i === all.length - 1 ? { kind: 'hotfix' } : {}) }), deployment(`f${i}`, days(day) - 60, { status: 'failed' })];
  });
}

async function open(page, server, query = '') {
  await server.postEvents(weeks());
  await page.goto(`${server.url}/?explain=change_lead_time${query}`);
  const dialog = page.getByRole('dialog', { name: 'Change lead time' });
  await dialog.locator('.plot path.now').first().waitFor();
  return dialog;
}

async function saved(page, click) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** How many points of a PNG have a colour. */
const pointsOf = (page, png, colour) => page.evaluate(async ([numbers, wanted]) => {
  const picture = await createImageBitmap(new Blob([new Uint8Array(numbers)], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  canvas.drawImage(picture, 0, 0);
  const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += wanted.every((part, k) => data[i + k] === part) ? 1 : 0;
  return count;
}, [[...png], colour]);

export const tests = {
  async what_is_unknown_is_a_gap_and_the_period_before_is_dashed({ page, server }) {
    const dialog = await open(page, server);
    await dialog.getByRole('button', { name: 'Table' }).click();
    const cells = await dialog.getByRole('region', { name: /as a table/ }).locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.cells[1].textContent));
    assert.ok(cells.includes('unknown') && cells.some((text) => Number(text) > 0), cells.join());
    assert.ok(!cells.includes('0'), 'an unknown part is drawn as zero');
    await dialog.getByRole('button', { name: 'Table' }).click();
    // The line is in pieces, and what lies between is hatched.
    assert.ok((await dialog.locator('path.gap').count()) > 0);
    const known = cells.filter((text) => text !== 'unknown').length;
    assert.equal(await dialog.locator('.plot circle').count(), known);
    const before = dialog.locator('.plot path.before').first();
    assert.match(await before.evaluate((path) => getComputedStyle(path).strokeDasharray), /\d/);
    await dialog.getByRole('button', { name: 'Period before' }).click();
    await before.waitFor({ state: 'detached' });
    await dialog.getByRole('button', { name: 'This period' }).click();
    assert.equal(await dialog.locator('.plot circle').count(), 0);
  },

  async without_a_comparison_nothing_of_the_period_before_is_drawn({ page, server }) {
    const dialog = await open(page, server, '&compare=none');
    assert.equal(await dialog.locator('.plot path.before').count(), 0);
    assert.equal(await dialog.getByRole('button', { name: 'Period before' }).count(), 0);
    assert.equal(await card(page, 'change_lead_time').locator('path.before').count(), 0);
  },

  async arrow_keys_read_a_chart_column_by_column({ page, server }) {
    await server.postEvents([deployment('one', 0), deployment('two', days(6)), deployment('bad', days(6), { status: 'failed' })]);
    await page.goto(server.url);
    const chart = section(page, 'Deployments');
    await chart.getByText('2 successful').waitFor();
    await chart.getByRole('group', { name: /Deployments per day/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await chart.getByText(/: 1 success, 0 failed/).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await chart.getByText(/: 1 success, 1 failed/).waitFor();
    await page.keyboard.press('Tab');
    await chart.getByText('Production deployments per day').waitFor();
  },

  async a_legend_takes_outcomes_away({ page, server }) {
    await server.postEvents([deployment('one', 60), deployment('bad', 60, { status: 'failed' })]);
    await page.goto(server.url);
    const chart = section(page, 'Deployments');
    const failed = chart.getByRole('button', { name: '1 failed' });
    await failed.waitFor();
    assert.equal(await chart.locator('.plot rect.failed').count(), 1);
    assert.equal(await failed.getAttribute('aria-pressed'), 'true');
    await failed.click();
    assert.equal(await chart.locator('.plot rect.failed').count(), 0);
    assert.equal(await chart.locator('.plot rect.success').count(), 1);
    assert.equal(await failed.getAttribute('aria-pressed'), 'false');
    await failed.press('Enter');
    assert.equal(await chart.locator('.plot rect.failed').count(), 1);
  },

  async a_chart_can_be_taken_along({ page, server }) {
    const dialog = await open(page, server);
    const table = await saved(page, () => dialog.getByRole('button', { name: 'Save Change lead time over time as CSV' }).click());
    assert.equal(table.name, 'fairlead-change-lead-time-over-time.csv');
    const lines = table.bytes.toString().trim().split('\r\n');
    assert.equal(lines[0], 'From,Change lead time (seconds),n,Period before');
    assert.ok(lines.length === 8 || lines.length === 9, `${lines.length} lines`); // seven days touch eight dates
    assert.ok(lines.some((line) => /^\d{4}-\d\d-\d\d,,0,/.test(line)), 'an unknown part is an empty cell');
    const picture = await saved(page, () => dialog.getByRole('button', { name: 'as PNG' }).click());
    assert.equal(picture.name, 'fairlead-change-lead-time-over-time.png');
    const accent = [0x0b, 0x5c, 0xad];
    assert.ok((await pointsOf(page, picture.bytes, accent)) > 100, 'the line is not in the picture');
  },

  async dragging_zooms_in_and_a_double_click_goes_back({ page, server }) {
    await server.postEvents(weeks());
    await page.goto(server.url);
    const chart = section(page, 'Deployments');
    await chart.locator('rect.success').first().waitFor();
    await chart.locator('.plot').scrollIntoViewIfNeeded();
    const box = await chart.locator('.plot').boundingBox();
    const x = (share) => box.x + 32 + (box.width - 32) * share;
    await page.mouse.move(x(0.05), box.y + 80);
    await page.mouse.down();
    await page.mouse.move(x(0.4), box.y + 80, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{4}.*&to=\d{4}/);
    await chart.getByText(/^[12] successful/).waitFor();
    await chart.locator('.plot').dblclick();
    await page.waitForURL(`${server.url}/`);
  },

  async one_question_brings_all_trend_lines({ page, server }) {
    await server.postEvents(weeks());
    const asked = [];
    page.on('request', (request) => request.url().includes('/metrics/delivery?') && asked.push(request.url()));
    await page.goto(server.url);
    for (const name of ['deployment_frequency', 'change_lead_time']) await card(page, name).locator('svg path.line').first().waitFor();
    // The stream says that it is open, and everything is asked once more.
    assert.ok(asked.filter((url) => url.includes('interval=day')).length <= 2, asked.join('\n'));
    assert.ok(asked.length <= 5, asked.join('\n'));
  },
};
