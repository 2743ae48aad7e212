// What the page tests share: histories, places on the page, and checks that hold in every state.

import assert from 'node:assert/strict';

export const WIDTHS = [1440, 390, 320];
export const THEMES = ['light', 'dark'];

export const at = (secondsAgo) =>
  new Date(Math.floor(Date.now() / 1000 - secondsAgo) * 1000).toISOString().replace('.000Z', 'Z');
export const hours = (n) => n * 3600;

export const deployment = (id, secondsAgo, more = {}) => ({ type: 'deployment', id, service: 'shop', environment: 'production',
  status: 'success', started_at: at(secondsAgo + 60), finished_at: at(secondsAgo), ...more });

/** Two deployments of three commits; an incident names the second. */
export function history() {
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
}

export const card = (page, name) => page.locator(`article[data-metric="${name}"]`);
export const section = (page, name) => page.getByRole('region', { name, exact: true });
export const live = (page, state = 'live') => page.locator(`#state[data-state="${state}"]`);

/** A page in a context of its own: refused requests there are part of the test and no error. */
export async function separatePage(context, options = {}) {
  const other = await context.browser().newContext(options);
  const page = await other.newPage();
  return {
    page,
    /** What a route is still answering ends first. */
    async close() {
      await page.unrouteAll({ behavior: 'wait' });
      await other.close();
    },
  };
}

export async function expectFits(page) {
  const [content, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
}

export async function expectFineEverywhere(page, expectAccessible) {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await expectFits(page);
      await expectAccessible(page);
    }
  }
}

/**
 * Measures, and with FAIRLEAD_PAGE_TIMES=1 demands at most `limit` of the least of up to `rounds` measurements: other work
 * on the machine only adds time. Without it times are printed only, since a busy machine says nothing about the page.
 */
export async function expectAtMost(limit, rounds, measure) {
  if (process.env.FAIRLEAD_PAGE_TIMES !== '1') return void (await measure(0));
  let least = Infinity;
  for (let round = 0; round < rounds && least > limit; round += 1) least = Math.min(least, await measure(round));
  assert.ok(least <= limit, `the least measured is ${least}, the limit ${limit}`);
}

/** From now on the page counts what moves without a person's doing; returns how to read it. */
export async function watchShifts(page) {
  await page.addInitScript(() => {
    globalThis.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return () => page.evaluate(() => globalThis.shifts);
}
