// The live page. It is a client like any other: it asks the API, listens to the stream, and asks again when something
// changed. Whatever comes from outside is shown as text only.

const RANGES = [
  ['now-1d', '24 hours'], ['now-7d', '7 days'], ['now-30d', '30 days'], ['now-90d', '90 days'],
  ['now-1y', '1 year'], ['now-5y', '5 years'], ['now-30y', '30 years'],
];
const DEFAULT_RANGE = 'now-7d';
const DELIVERIES_SHOWN = 50;
const ROWS_PER_PAGE = 100;
const REFRESH_GAP_MS = 200; // at most five times a second, however much arrives
const SILENCE_MS = 45_000; // three heartbeats without a sign of life
const STALE_AFTER_MS = 30_000;
const RECONNECT_MS = [500, 1000, 2000, 5000, 10_000];
const TOKEN_PLACE = 'fairlead-token';

// Name, and what is counted: one and several.
const METRICS = {
  deployment_frequency: ['Deployment frequency', 'deployment', 'deployments'],
  change_lead_time: ['Change lead time', 'change', 'changes'],
  change_fail_rate: ['Change fail rate', 'deployment', 'deployments'],
  failed_deployment_recovery_time: ['Failed deployment recovery time', 'failed deployment', 'failed deployments'],
  deployment_rework_rate: ['Deployment rework rate', 'deployment', 'deployments'],
  incident_mttr: ['Time to resolve an incident', 'incident', 'incidents'],
  deployment_failure_rate: ['Deployment failure rate', 'attempt', 'attempts'],
};

const state = { token: sessionStorage.getItem(TOKEN_PLACE), lastEventId: null, lastEventAt: null, lostAt: null };
const el = (id) => document.getElementById(id);

// ---- Asking ----

class Refused extends Error {
  constructor(status, detail, requestId) {
    super(detail);
    this.status = status;
    this.requestId = requestId;
  }
}

const authorization = () => (state.token ? { Authorization: `Bearer ${state.token}` } : {});

async function refusalOf(answer) {
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    // Not ours: a proxy in between answered.
  }
  return new Refused(answer.status, problem.detail ?? `The server answered ${answer.status}.`, problem.request_id);
}

async function ask(url) {
  let answer;
  try {
    answer = await fetch(url, { headers: { ...authorization(), Accept: 'application/json' }, cache: 'no-store' });
  } catch {
    throw new Refused(0, 'The server does not answer.');
  }
  if (!answer.ok) throw await refusalOf(answer);
  return answer.json();
}

/** The page's own query is the API's, word for word. */
function query() {
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has('from')) parameters.set('from', DEFAULT_RANGE);
  return parameters;
}

// ---- Words ----

const number = (n) => new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(n);
const whole = (n) => new Intl.NumberFormat('en').format(n);
const counted = (n, one, several) => `${whole(n)} ${n === 1 ? one : several}`;
const words = (reason) => reason.replaceAll('_', ' ');
const metricTitle = (name) => METRICS[name]?.[0] ?? words(name).replace(/^./, (c) => c.toUpperCase());

function durationText(seconds) {
  if (seconds < 90) return `${number(seconds)} seconds`;
  if (seconds < 90 * 60) return `${number(seconds / 60)} minutes`;
  if (seconds < 48 * 3600) return `${number(seconds / 3600)} hours`;
  return `${number(seconds / 86400)} days`;
}

function valueText(value, unit) {
  if (unit === 'seconds') return durationText(value);
  if (unit === 'ratio') return `${number(value * 100)} %`;
  if (unit !== 'per_day') return number(value);
  if (value >= 1 || value === 0) return `${number(value)} per day`;
  return value >= 1 / 7 ? `${number(value * 7)} per week` : `${number(value * 30)} per 30 days`;
}

function deltaOf(metric) {
  if (metric.value === null) return null;
  if (metric.previous === null) return ['No previous data to compare with', 'quiet'];
  if (metric.value === metric.previous) return ['The same as in the period before', 'quiet'];
  const up = metric.value > metric.previous;
  const better = up === (metric.better === 'up') ? 'better' : 'worse';
  return [`${up ? '▲' : '▼'} ${better}, was ${valueText(metric.previous, metric.unit)}`, better];
}

function ago(instant) {
  const seconds = Math.max(0, Math.round((Date.now() - instant) / 1000));
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

// ---- Building ----

function node(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function timeNode(text, relative) {
  const absolute = new Date(text).toLocaleString();
  const made = node('time', relative ? ago(Date.parse(text)) : absolute);
  made.dateTime = text;
  made.title = `${absolute} (${text})`;
  return made;
}

/** The lines below a value: what it is made of. */
function madeOf(name, metric) {
  const [, one, several] = METRICS[name] ?? ['', 'row', 'rows'];
  const lines = [`From ${counted(metric.n, one, several)}`];
  if (metric.interval) {
    const [low, high] = metric.interval.map((end) => valueText(end, metric.unit));
    lines.push(`Likely between ${low} and ${high}`);
  }
  if (metric.p90 !== undefined && metric.p90 !== null) {
    lines.push(`Nine in ten within ${valueText(metric.p90, metric.unit)}`);
  }
  if (metric.value !== null && metric.coverage !== null) lines.push(`${number(metric.coverage * 100)} % could be judged`);
  if (metric.pending > 0) lines.push(`${whole(metric.pending)} too young to judge`);
  const left = metric.exclusions.reduce((sum, exclusion) => sum + exclusion.count, 0);
  if (left > 0) lines.push(`${whole(left)} left out, with reasons`);
  return [...lines, ...(metric.notes ?? []).map((note) => words(note).replace(/T\d\d:\d\d:\d\dZ/, ''))];
}

function card(name, metric) {
  const made = node('article', undefined, 'card');
  made.dataset.metric = name;
  made.append(node('h3', metricTitle(name)));
  if (metric.value === null) {
    made.append(node('p', 'Unknown', 'value unknown'), node('p', words(metric.unknown ?? 'no data'), 'reason'));
  } else {
    made.append(node('p', valueText(metric.value, metric.unit), 'value'));
  }
  const delta = deltaOf(metric);
  if (delta) made.append(node('p', ...delta));
  made.append(...madeOf(name, metric).map((line) => node('p', line, 'quiet')));
  const open = node('button', 'Show its rows');
  open.type = 'button';
  open.setAttribute('aria-label', `Show its rows: ${metricTitle(name)}`);
  open.addEventListener('click', () => openRows(name, metric));
  made.append(open);
  return made;
}

function showReport(report) {
  const [from, to] = [report.from, report.to].map((end) => new Date(end).toLocaleString());
  el('as-of').textContent = `${from} to ${to}; days are those of ${report.time_zone}`;
  const focused = document.activeElement?.closest('.card')?.dataset.metric;
  el('cards').replaceChildren(...Object.entries(report.metrics).map(([name, metric]) => card(name, metric)));
  // The cards are new ones: whoever was on a button stays on it.
  if (focused) focusCard(focused);
}

function focusCard(name) {
  el('cards').querySelector(`[data-metric="${CSS.escape(name)}"] button`)?.focus();
}

const OUTCOME_SHAPES = { accepted: '✓', ignored: '–', quarantined: '✕' };

function deliveryItem(row) {
  const made = node('li');
  made.dataset.place = `${row.lane}.${row.sequence}`;
  const outcome = node('span', `${OUTCOME_SHAPES[row.outcome] ?? '?'} ${row.outcome}`, 'outcome');
  outcome.dataset.outcome = row.outcome;
  const said = row.reason ? words(row.reason) : counted(row.observations, 'observation', 'observations');
  made.append(outcome, node('span', row.source), node('span', said, 'quiet'), node('span', `#${row.sequence}`, 'quiet'),
    timeNode(row.received_at, true));
  return made;
}

let held = null;

/** New rows must not move what a person points at: while the pointer is on the list they wait. */
function showDeliveries(items) {
  const list = el('delivery-list');
  const shown = new Set([...list.children].map((item) => item.dataset.place));
  const fresh = items.filter((row) => !shown.has(`${row.lane}.${row.sequence}`)).length;
  const hold = fresh > 0 && list.children.length > 0 && list.matches(':hover');
  held = hold ? items : null;
  // The button keeps its place while it is invisible, so that nothing moves when it comes.
  el('fresh').dataset.waiting = hold ? 'yes' : 'no';
  if (hold) el('fresh').textContent = `Show ${counted(fresh, 'new delivery', 'new deliveries')}`;
  else list.replaceChildren(...items.map(deliveryItem));
}

function showHeld() {
  if (held === null) return;
  el('delivery-list').replaceChildren(...held.map(deliveryItem));
  held = null;
  el('fresh').dataset.waiting = 'no';
}

// ---- The rows behind a number ----

const rows = { name: '', metric: null, cursor: null, asked: 0 };

function whatText(subject, owner) {
  const said = subject.title ?? subject.message?.split('\n')[0] ?? subject.version ?? subject.name ?? '';
  const what = `${subject.type ?? ''} ${subject.id ?? subject.key} ${said}`.trim();
  return owner.key === subject.key ? what : `${what}, by ${owner.type ?? ''} ${owner.id ?? owner.key}`;
}

function factRow(fact, unit) {
  const made = node('tr');
  const when = node('td');
  when.append(timeNode(fact.at, false));
  let value = fact.excluded ? `left out: ${words(fact.excluded)}` : valueText(fact.value, unit);
  if (!fact.excluded && unit !== 'seconds') value = fact.value === 0 ? 'no' : 'yes';
  const evidence = (fact.evidence ?? []).map((one) => words(one.kind)).join(', ');
  made.append(when, node('td', fact.service), node('td', fact.environment), node('td', whatText(fact.subject, fact.owner)),
    node('td', evidence ? `${value} (${evidence})` : value));
  return made;
}

async function loadRows() {
  const asked = ++rows.asked;
  const url = `${rows.metric.rows}&limit=${ROWS_PER_PAGE}${rows.cursor ? `&cursor=${encodeURIComponent(rows.cursor)}` : ''}`;
  el('rows-state').textContent = 'Reading…';
  try {
    const page = await ask(url);
    if (asked !== rows.asked) return; // another number was opened meanwhile
    rows.cursor = page.next_cursor;
    el('rows-formula').textContent = page.formula;
    el('rows-body').append(...page.items.map((fact) => factRow(fact, page.number.unit)));
    const shown = el('rows-body').children.length;
    el('rows-state').textContent = shown === 0 ? 'There are no rows in this range.' : counted(shown, 'row shown', 'rows shown');
    const exclusions = page.number.exclusions.map((one) => node('li', `${whole(one.count)} × ${words(one.reason)}`));
    el('rows-exclusions').replaceChildren(...(exclusions.length > 0 ? exclusions : [node('li', 'Nothing')]));
    el('rows-more').hidden = page.next_cursor === null;
  } catch (refused) {
    if (asked === rows.asked) el('rows-state').textContent = refused.message;
  }
}

function openRows(name, metric) {
  Object.assign(rows, { name, metric, cursor: null });
  el('rows-title').textContent = metricTitle(name);
  el('rows-formula').textContent = '';
  el('rows-body').replaceChildren();
  el('rows-exclusions').replaceChildren();
  el('rows-more').hidden = true;
  el('rows').showModal();
  loadRows();
}

// ---- Nothing there yet ----

function firstCommand() {
  const finished = new Date(Math.floor(Date.now() / 1000) * 1000);
  const started = new Date(finished - 120_000);
  const seconds = (time) => time.toISOString().replace('.000Z', 'Z');
  const event = { type: 'deployment', id: 'first', service: 'shop', environment: 'production', version: '1.0.0',
    status: 'success', started_at: seconds(started), finished_at: seconds(finished) };
  const token = state.token ? ` \\\n  -H 'Authorization: Bearer TOKEN'` : '';
  return `curl -X POST '${new URL('api/v1/events', document.baseURI)}' \\\n  -H 'Content-Type: application/json'${token} \\\n`
    + `  -d '${JSON.stringify(event)}'`;
}

async function copyCommand() {
  try {
    await navigator.clipboard.writeText(el('command').textContent);
    el('copy').textContent = 'Copied';
  } catch {
    // Not allowed here (plain http on another host): select it, so that one key copies it.
    getSelection().selectAllChildren(el('command'));
  }
}

// ---- Refreshing ----

function show(visible) {
  for (const id of ['login', 'failure', 'empty', 'numbers', 'deliveries']) el(id).hidden = !visible.includes(id);
}

function showFailure(refused) {
  if (refused.status === 401 || refused.status === 403) {
    el('login-error').textContent = state.token ? refused.message : '';
    el('forget').hidden = !state.token;
    show(['login']);
    return;
  }
  const id = refused.requestId ? ` (request ${refused.requestId})` : '';
  el('failure-text').textContent = `${refused.message}${id}`;
  el('failure').hidden = false;
  document.body.classList.add('stale-data');
}

async function read() {
  const parameters = query();
  const [report, deliveries] = await Promise.all([
    ask(`api/v1/metrics/delivery?${parameters}`),
    ask(`api/v1/deliveries?limit=${DELIVERIES_SHOWN}`),
  ]);
  const empty = deliveries.items.length === 0;
  if (empty && el('empty').hidden) el('command').textContent = firstCommand();
  document.body.classList.remove('stale-data');
  el('forget').hidden = !state.token;
  showReport(report);
  showDeliveries(deliveries.items);
  show(empty ? ['empty', 'numbers'] : ['numbers', 'deliveries']);
}

let running = false;
let wanted = false;

/** Reads now, or once more after the read that runs; never more often than the gap allows. */
async function refresh() {
  wanted = true;
  if (running) return;
  running = true;
  while (wanted) {
    wanted = false;
    try {
      await read();
    } catch (refused) {
      showFailure(refused);
    }
    await new Promise((resolve) => setTimeout(resolve, REFRESH_GAP_MS));
  }
  running = false;
}

// ---- Listening ----

function showState(name) {
  const texts = { live: 'Live', reconnecting: 'Reconnecting…', stale: 'Stale: the connection is lost', idle: 'Not connected' };
  if (el('state').dataset.state === name) return;
  el('state').dataset.state = name;
  el('state').textContent = texts[name];
}

function connected() {
  state.lostAt = null;
  showState('live');
  refresh();
}

function lost() {
  state.lostAt ??= Date.now();
  showState(Date.now() - state.lostAt > STALE_AFTER_MS ? 'stale' : 'reconnecting');
}

function heard(id) {
  if (id) state.lastEventId = id;
  state.lastEventAt = Date.now();
  refresh();
}

/** Without a token: EventSource reconnects by itself and remembers where it was. */
function listenAnonymously(signal) {
  return new Promise((resolve) => {
    const source = new EventSource('api/v1/stream');
    const end = () => {
      source.close();
      resolve();
    };
    signal.addEventListener('abort', end);
    source.addEventListener('ready', connected);
    for (const kind of ['delivery', 'entity', 'report', 'resync']) {
      source.addEventListener(kind, (event) => heard(event.lastEventId));
    }
    source.addEventListener('error', () => {
      lost();
      if (source.readyState === EventSource.CLOSED) end();
      else refresh(); // it tries again by itself; a read says what is wrong
    });
  });
}

/** One block of `field: value` lines, as the stream sends it. */
function handleBlock(block) {
  const fields = Object.fromEntries(block.split('\n').filter((line) => line && !line.startsWith(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
  if (fields.event === 'ready') connected();
  else if (fields.event) heard(fields.id);
}

/** With a token: EventSource cannot send one, so the stream is read by hand. */
async function listenWithToken(signal) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  signal.addEventListener('abort', () => silence.abort());
  try {
    const resume = state.lastEventId ? { 'Last-Event-ID': state.lastEventId } : {};
    const answer = await fetch('api/v1/stream', {
      headers: { ...authorization(), ...resume }, cache: 'no-store', signal: silence.signal });
    if (!answer.ok) throw await refusalOf(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (text + value).split('\n\n');
      text = blocks.pop();
      blocks.forEach(handleBlock);
    }
  } finally {
    clearTimeout(timer);
  }
}

let listening = null;

async function listen() {
  listening?.abort();
  listening = new AbortController();
  const { signal } = listening;
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await (state.token ? listenWithToken(signal) : listenAnonymously(signal));
    } catch (refused) {
      if (refused.status === 401 || refused.status === 403) return showState('idle');
    }
    if (signal.aborted) return;
    if (state.lostAt === null) attempt = 0;
    lost();
    // Without a token a refusal looks like any other loss; the answer to a read tells them apart.
    await refresh();
    if (!el('login').hidden) return showState('idle');
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS[Math.min(attempt, RECONNECT_MS.length - 1)]));
  }
}

// ---- Start ----

function useToken(token) {
  state.token = token;
  state.lastEventId = null;
  if (token) sessionStorage.setItem(TOKEN_PLACE, token);
  else sessionStorage.removeItem(TOKEN_PLACE);
  refresh();
  listen();
}

function setUpRange() {
  const chosen = query().get('from');
  const known = RANGES.some(([value]) => value === chosen);
  const options = known ? RANGES : [[chosen, `since ${chosen}`], ...RANGES];
  el('range').replaceChildren(...options.map(([value, text]) => {
    const option = node('option', text);
    option.value = value;
    return option;
  }));
  el('range').value = chosen;
}

el('range').addEventListener('change', () => {
  const parameters = new URLSearchParams(location.search);
  parameters.set('from', el('range').value);
  parameters.delete('to');
  history.pushState(null, '', `?${parameters}`);
  refresh();
});
addEventListener('popstate', () => {
  setUpRange();
  refresh();
});
el('filters').addEventListener('submit', (event) => event.preventDefault());
el('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(el('token').value.trim());
  el('token').value = '';
});
el('forget').addEventListener('click', () => useToken(null));
el('retry').addEventListener('click', refresh);
el('copy').addEventListener('click', copyCommand);
el('fresh').addEventListener('click', showHeld);
el('delivery-list').addEventListener('pointerleave', showHeld);
el('rows-close').addEventListener('click', () => el('rows').close());
// A report may have come meanwhile, and with it another button than the one that opened the rows.
el('rows').addEventListener('close', () => focusCard(rows.name));
el('rows-more').addEventListener('click', loadRows);

setInterval(() => {
  if (state.lostAt !== null) lost();
  el('age').textContent = state.lastEventAt === null ? '' : `last change ${ago(state.lastEventAt)}`;
  for (const time of el('delivery-list').querySelectorAll('time')) time.textContent = ago(Date.parse(time.dateTime));
}, 5000);

setUpRange();
refresh();
listen();
