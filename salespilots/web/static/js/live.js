// Live updates: one stream a tab says what changed, the page fetches the regions that show it.
const body = document.body;
const url = body.dataset.live;
const since = () => { const u = new URL(url, location.href); u.searchParams.set('after', seq); return u; };
const EVENTS = ['message', 'chat', 'order', 'stats', 'run', 'notice', 'comment', 'integration'];
const POLL_MS = 15000, HIDDEN_MS = 60000, SETTLE_MS = 150;

let seq = Number(body.dataset.liveAfter || 0);
let source = null, pollTimer = 0, hiddenTimer = 0, slowTimer = 0, settleTimer = 0, failures = 0;
const due = new Set();

export const regions = (name) => document.querySelectorAll(`[data-region="${CSS.escape(name)}"]`);

/** True while replacing this region would take something from the person using it. */
function busy(region) {
  const focus = document.activeElement;
  if (focus && focus !== body && region.contains(focus) && focus.matches('input, textarea, select, [contenteditable]')) return true;
  if (region.querySelector('dialog[open], form[data-dirty], form[data-sending]')) return true;
  try { return Boolean(region.querySelector(':popover-open')); } catch { return false; }
}

/** True for regions this width does not show: they are not worth a request. */
function unseen(region) {
  for (let el = region; el && el !== body; el = el.parentElement) if (getComputedStyle(el).display === 'none') return true;
  return false;
}

/** Puts fresh HTML into a region and keeps focus, scroll and the reading place. */
export function paint(region, html) {
  const scroller = region.querySelector('[data-scroll]') || (region.matches('[data-scroll]') ? region : null);
  const near = scroller ? scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80 : false;
  const place = scroller?.scrollTop, mark = scroller?.dataset.last;
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const key = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.getAttribute('href') ? `[href="${CSS.escape(focused.getAttribute('href'))}"]` : '');
  region.innerHTML = html;
  if (key) region.querySelector(key)?.focus({ preventScroll: true });
  delete region.dataset.stale;
  document.dispatchEvent(new CustomEvent('sp:painted', { detail: { region, near, place, mark } }));
}

export async function refetch(name) {
  const targets = [...regions(name)];
  if (!targets.length || targets.every(unseen)) return;
  if (targets.every(busy)) { targets.forEach((t) => { t.dataset.stale = ''; }); return; }
  try {
    const answer = await fetch(location.href, { headers: { 'X-Partial': name }, credentials: 'same-origin' });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) { location.assign(answer.url); return; }
    if (!answer.ok) return;
    const html = await answer.text();
    targets.forEach((t) => (busy(t) ? (t.dataset.stale = '') : paint(t, html)));
  } catch { light('wait'); }
}

function changed(name) {
  document.querySelectorAll('[data-live-on]').forEach((r) => {
    if (name === 'resync' || r.dataset.liveOn.split(/\s+/).includes(name)) due.add(r.dataset.region);
  });
  clearTimeout(settleTimer);
  settleTimer = setTimeout(() => { const names = [...due]; due.clear(); names.forEach(refetch); }, SETTLE_MS);
}

function light(state) {
  document.querySelectorAll('[data-conn]').forEach((el) => {
    el.dataset.state = state === 'live' ? 'ok' : state;
    const word = el.querySelector('[data-conn-word]') || el;
    const text = { live: el.dataset.wordLive, wait: el.dataset.wordWait, off: el.dataset.wordOff }[state];
    if (word.textContent !== text) word.textContent = text;
  });
}

function read(event) {
  if (event.lastEventId) seq = Math.max(seq, Number(event.lastEventId) || 0);
  let data = {};
  try { data = JSON.parse(event.data || '{}'); } catch { /* a heartbeat */ }
  changed(event.type);
  document.dispatchEvent(new CustomEvent('sp:event', { detail: { name: event.type, ...data } }));
}

function open() {
  if (!url || source || pollTimer || document.hidden) return;
  if (!window.EventSource || failures > 3) { poll(); return; }
  source = new EventSource(since());
  source.onopen = () => { failures = 0; clearTimeout(slowTimer); slowTimer = 0; light('live'); };
  source.onerror = () => {
    failures += 1;
    slowTimer ||= setTimeout(() => light(navigator.onLine ? 'wait' : 'off'), 5000);
    if (source.readyState === EventSource.CLOSED) { close(); setTimeout(open, Math.min(1000 * 2 ** failures, 30000)); }
  };
  [...EVENTS, 'resync'].forEach((name) => source.addEventListener(name, read));
}

function close() {
  source?.close(); source = null;
  clearTimeout(pollTimer); pollTimer = 0;
}

async function poll() {
  pollTimer = -1;
  try {
    const answer = await fetch(since(), { headers: { Accept: 'application/json' }, credentials: 'same-origin' });
    light('live');
    if (answer.status === 200) {
      const page = await answer.json();
      (page.items || []).forEach((item) => {
        changed(item.name);
        document.dispatchEvent(new CustomEvent('sp:event', { detail: item }));
      });
      seq = Math.max(seq, page.seq || 0);
    }
  } catch { light(navigator.onLine ? 'wait' : 'off'); }
  if (pollTimer) pollTimer = setTimeout(poll, navigator.connection?.saveData ? POLL_MS * 4 : POLL_MS);
}

export function start() {
  if (!url) return;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) { hiddenTimer = setTimeout(close, HIDDEN_MS); return; }
    if (!source && !pollTimer) { failures = 0; changed('resync'); open(); }
  });
  window.addEventListener('pageshow', (e) => { if (e.persisted) { close(); failures = 0; changed('resync'); open(); } });
  window.addEventListener('pagehide', close);
  window.addEventListener('offline', () => light('off'));
  window.addEventListener('online', () => { close(); failures = 0; changed('resync'); open(); });
  document.addEventListener('focusout', () => setTimeout(() => {
    document.querySelectorAll('[data-region][data-stale]').forEach((r) => { if (!busy(r)) refetch(r.dataset.region); });
  }, SETTLE_MS));
  open();
}
