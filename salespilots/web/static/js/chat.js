// The thread: reading place, drafts, sending.
import { send } from './forms.js';
import { toast } from './toast.js';

const fine = matchMedia('(pointer: fine)');
const words = document.body.dataset;
const log = () => document.querySelector('[data-thread]');
const toEnd = (el) => { el.scrollTop = el.scrollHeight; };
const lastId = (el) => [...el.querySelectorAll('[data-message]')].pop()?.dataset.message || '';

function chip(on) {
  const el = document.querySelector('[data-new-chip]');
  if (el) el.hidden = !on;
}

function pending(form, text) {
  const box = log();
  if (!box) return null;
  const m = document.createElement('div'), bubble = document.createElement('div'), meta = document.createElement('span');
  m.className = 'm out pending';
  bubble.className = 'bub';
  bubble.textContent = text;
  meta.className = 'meta';
  meta.textContent = form.dataset.wordSending || '';
  m.append(bubble, meta);
  box.append(m);
  toEnd(box);
  return m;
}

const draftKey = (form) => (form.dataset.draft ? `sp:draft:${form.dataset.draft}` : '');
const store = (key, text) => { try { if (text) localStorage.setItem(key, text); else localStorage.removeItem(key); } catch { /* private mode */ } };

function grow(box) {
  if (CSS.supports('field-sizing', 'content')) return;
  box.rows = Math.min(5, box.value.split('\n').reduce((n, line) => n + Math.max(1, Math.ceil(line.length / 34)), 0));
}

function setUp(root) {
  root.querySelectorAll('form[data-chat-form]').forEach((form) => {
    const box = form.querySelector('textarea'), key = draftKey(form);
    if (key && box && !box.value) { try { box.value = localStorage.getItem(key) || ''; } catch { /* private mode */ } if (box.value) form.toggleAttribute('data-dirty', true); }
    if (box) grow(box);
  });
}

async function submit(form, button) {
  const box = form.querySelector('textarea'), text = box.value.trim();
  if (!text || form.hasAttribute('data-sending')) return;
  const key = draftKey(form), bubble = pending(form, text);
  form.toggleAttribute('data-sending', true);
  const ready = new FormData(form);   // what is sent is what was written, even if the box changes meanwhile
  box.value = '';
  grow(box);
  try {
    const copy = form.cloneNode(true);
    copy.querySelector('textarea').value = ready.get('text');
    copy.removeAttribute('data-dirty');
    store(key, '');
    form.removeAttribute('data-dirty');
    const ok = await send(copy, button);
    if (!ok) throw new Error('refused');
    bubble?.remove();
  } catch {
    bubble?.remove();
    const now = document.querySelector(`form[data-chat-form]${key ? `[data-draft="${CSS.escape(form.dataset.draft)}"]` : ''} textarea`) || box;
    if (!now.value) now.value = text;
    store(key, text);
    toast(form.dataset.wordFailed || words.wordGone, '', true);
    now.focus();
  }
  form.removeAttribute('data-sending');
  if (fine.matches) document.querySelector('form[data-chat-form] textarea')?.focus();
}

export function start() {
  const box = log();
  if (box) { toEnd(box); box.dataset.last = lastId(box); requestAnimationFrame(() => toEnd(box)); }
  setUp(document);
  if (document.querySelector('form[data-filled]')) {   // chosen once: what is fetched later has an empty box again
    const { pathname, search, hash } = location, query = new URLSearchParams(search);
    query.delete('template');
    history.replaceState(history.state, '', `${pathname}${query.size ? `?${query}` : ''}${hash}`);
    document.getElementById('box')?.focus();
  }
  document.addEventListener('sp:painted', ({ detail }) => {
    setUp(detail.region);
    const el = log();
    if (!el || !(detail.region === el || detail.region.contains(el) || el.contains(detail.region))) return;
    const fresh = lastId(el) !== (detail.mark || el.dataset.last);
    if (detail.near) toEnd(el); else if (detail.place !== undefined) { el.scrollTop = detail.place; if (fresh) chip(true); }
    el.dataset.last = lastId(el);
  });
  document.addEventListener('scroll', (e) => {
    const el = log();
    if (e.target === el && el.scrollHeight - el.scrollTop - el.clientHeight < 80) chip(false);
  }, { capture: true, passive: true });
  document.addEventListener('submit', (e) => {
    if (!('chatForm' in e.target.dataset)) return;
    e.preventDefault();
    submit(e.target, e.submitter);
  });
  document.addEventListener('input', (e) => {
    const form = e.target.closest?.('form[data-chat-form]');
    if (!form) return;
    grow(e.target);
    if (draftKey(form)) store(draftKey(form), e.target.value);
    if (!e.target.value) form.removeAttribute('data-dirty');
  });
  document.addEventListener('keydown', (e) => {
    const form = e.target.closest?.('form[data-chat-form]');
    if (form && e.target.matches('textarea')) {
      if (e.key === 'Escape') { e.target.blur(); return; }
      if (e.key !== 'Enter' || e.isComposing) return;
      if (e.ctrlKey || e.metaKey || (fine.matches && !e.shiftKey)) { e.preventDefault(); form.requestSubmit(); }
      return;
    }
    const list = e.target.closest?.('[data-list]');
    if (list && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      const links = [...list.querySelectorAll('a')], next = links[links.indexOf(document.activeElement) + (e.key === 'ArrowDown' ? 1 : -1)];
      if (next) { e.preventDefault(); next.focus(); }
    }
  });
  document.addEventListener('click', (e) => {
    const fill = e.target.closest('[data-fill]');
    if (fill) {
      const area = fill.closest('form').querySelector('textarea');
      area.value = fill.dataset.fill;
      area.dispatchEvent(new Event('input', { bubbles: true }));
      area.focus();
    }
    if (e.target.closest('[data-new-chip]')) { const el = log(); toEnd(el); chip(false); el.focus(); }
  });
}
