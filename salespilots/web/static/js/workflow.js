// The builder: a step's form saves itself while it is filled in, values are put into words by a tap, and steps move by keys.
import { drop } from './kept.js';
import { paint, refetch, regions } from './live.js';
import { toast } from './toast.js';

const PAUSE_MS = 900;
const words = document.body.dataset;
const form = document.getElementById('stepform');
const csrf = () => document.querySelector('meta[name=csrf-token]')?.content || '';

/** Puts a sentence at a field, or takes it away again. */
function mistake(name, text) {
  const box = document.getElementById(`f-${name}`);
  if (!box) return;
  const frame = box.closest('.field') || box;
  let said = document.getElementById(`e-${name}`);
  frame.toggleAttribute('data-bad', Boolean(text));
  if (!text) { said?.remove(); box.removeAttribute('aria-invalid'); return; }
  if (!said) {
    said = Object.assign(document.createElement('span'), { className: 'err', id: `e-${name}` });
    frame.after(said);
  }
  said.textContent = text;
  box.setAttribute('aria-invalid', 'true');
  box.setAttribute('aria-describedby', `e-${name}`);
}

let told = [], sending = null;

/** Sends the form as it is; bad input stays in it and is told at its field. */
async function autosave() {
  if (!form?.isConnected || form.hasAttribute('data-sending')) return;
  const sent = new URLSearchParams(new FormData(form)).toString();
  sending?.abort();
  sending = new AbortController();
  try {
    const answer = await fetch(form.action, {
      method: 'POST', credentials: 'same-origin', body: new URLSearchParams(sent), signal: sending.signal,
      headers: { 'X-Partial': form.dataset.autosave, 'X-CSRFToken': csrf() },
    });
    if (!answer.headers.get('X-Partial')) { if (answer.status >= 400) toast(words.wordGone, '', true); return; }
    const html = await answer.text();
    regions(form.dataset.autosave).forEach((r) => paint(r, html));
    told.forEach((name) => mistake(name, ''));
    told = [...form.querySelectorAll('template[data-mistake]')].map((one) => {
      mistake(one.dataset.mistake, one.innerHTML.trim() && one.content.textContent.trim());
      return one.dataset.mistake;
    });
    if (answer.ok && !told.length) {
      drop(form);
      if (new URLSearchParams(new FormData(form)).toString() === sent) form.removeAttribute('data-dirty');
      ['steps', 'saved', 'switch'].forEach(refetch);
    }
  } catch (error) { if (error.name !== 'AbortError') toast(words.wordGone, '', true); }
}

/** The bubble follows the first words that are typed. */
function bubble(box) {
  const shown = form.querySelector('[data-bubble]');
  if (!shown || box !== form.querySelector('textarea')) return;
  const samples = new Map([...form.querySelectorAll('[data-put]')].map((one) => [one.dataset.put, one.dataset.sample]));
  shown.textContent = box.value.replace(/\{[a-z_]{1,30}\}/g, (name) => samples.get(name) ?? name);
}

/** Which facts are said to be known need no value; the others get the choices that fit. */
function facts(row) {
  const op = row.querySelector('select[name$="-op"]'), value = row.querySelector('input[name$="-value"]');
  const lbl = value?.closest('.lbl');
  if (op && lbl) lbl.hidden = ['known', 'unknown'].includes(op.value);
}

if (form) {
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(autosave, PAUSE_MS); };
  form.addEventListener('input', (e) => {
    if (e.target.matches('textarea')) bubble(e.target);
    if ('autosave' in form.dataset && !e.target.name?.startsWith('way-')) soon();
  });
  form.addEventListener('change', (e) => { const row = e.target.closest('.partrow'); if (row) facts(row); });
  form.addEventListener('submit', () => { clearTimeout(timer); sending?.abort(); });
  form.querySelectorAll('.partrow').forEach(facts);
  form.querySelectorAll('.partrow[data-blank]:not(:last-of-type)').forEach((row) => { row.hidden = false; });
}

document.addEventListener('click', (e) => {
  const chip = e.target.closest('[data-put]');
  if (!chip) return;
  const box = document.getElementById(chip.dataset.into);
  box.setRangeText(chip.dataset.put, box.selectionStart, box.selectionEnd, 'end');
  box.focus();
  box.dispatchEvent(new Event('input', { bubbles: true }));
});

document.addEventListener('keydown', async (e) => {
  const card = e.altKey && ['ArrowUp', 'ArrowDown'].includes(e.key) && document.activeElement?.closest('[data-step-id]');
  if (card) {
    e.preventDefault();
    const body = new URLSearchParams({ by: e.key === 'ArrowUp' ? '-1' : '1' });
    const answer = await fetch(`${new URL(card.href).pathname}/move`, {
      method: 'POST', credentials: 'same-origin', body, headers: { 'X-Partial': 'steps', 'X-CSRFToken': csrf() },
    });
    if (!answer.ok) return;
    const html = await answer.text(), said = answer.headers.get('X-Toast');
    regions('steps').forEach((r) => paint(r, html));
    document.getElementById(card.id)?.focus();
    ['saved', 'switch'].forEach(refetch);
    if (said) toast(decodeURIComponent(said), '', true);
  } else if (e.key === 'Escape' && !document.querySelector('dialog[open], :popover-open')) {
    document.querySelector('.panel:not(.desk-only) [data-shut]')?.click();
  }
});

/** The panel that opened, or the step that was added or left, takes the focus once the browser has gone to its anchor. */
function settle() {
  const at = location.hash.startsWith('#s-') ? document.getElementById(location.hash.slice(1)) : null;
  (document.querySelector('[data-focus]') || at)?.focus({ preventScroll: true });
}
if (document.readyState === 'complete') settle(); else addEventListener('load', () => setTimeout(settle));
