// Forms: sent by fetch where a region can be swapped; the same form works as a plain POST without this file.
import { drop, keep } from './kept.js';
import { paint, refetch, regions } from './live.js';
import { toast } from './toast.js';

const words = document.body.dataset;

/** Marks the button that was pressed as working and keeps its width. */
export function working(form, button, on) {
  form.toggleAttribute('data-sending', on);
  if (!button || !button.classList.contains('btn')) return;
  const label = button.querySelector('span');
  if (on) {
    button.setAttribute('aria-busy', 'true');
    if (button.dataset.busy && label) { button.dataset.label = label.textContent; label.textContent = button.dataset.busy; }
  } else {
    button.removeAttribute('aria-busy');
    if (button.dataset.label && label) { label.textContent = button.dataset.label; delete button.dataset.label; }
  }
}

/** Sends a form; the answer is the HTML of the first region, the others are fetched again. */
export async function send(form, button) {
  const names = form.dataset.swap.split(/\s+/).filter(Boolean);
  const data = new FormData(form);
  if (button?.name) data.append(button.name, button.value);
  const hasFile = [...data.values()].some((v) => v instanceof File);
  const answer = await fetch(form.action, {
    method: 'POST', credentials: 'same-origin', body: hasFile ? data : new URLSearchParams(data),
    headers: { 'X-Partial': names[0], 'X-CSRFToken': document.querySelector('meta[name=csrf-token]')?.content || '' },
  });
  const type = answer.headers.get('content-type') || '';
  if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
  if (!type.includes('html') || (answer.redirected && new URL(answer.url).pathname !== location.pathname && !answer.headers.get('X-Partial'))) {
    location.assign(answer.redirected ? answer.url : location.href);
    return false;
  }
  const html = await answer.text();
  drop(form);
  form.removeAttribute('data-dirty');
  form.closest('dialog')?.close();
  form.removeAttribute('data-sending');
  regions(names[0]).forEach((r) => paint(r, html));
  names.slice(1).forEach(refetch);
  const said = answer.headers.get('X-Toast');
  if (said) toast(decodeURIComponent(said), answer.headers.get('X-Toast-Undo') || '', answer.status === 422);
  return answer.status !== 422;
}

/** Says how many of a form's boxes are ticked. */
function count(form) {
  const said = form?.querySelector('[data-count]');
  if (!said) return;
  said.dataset.none ??= said.textContent;
  const ticked = form.querySelectorAll(`input[name="${form.dataset.counted}"]:checked`).length;
  said.textContent = ticked ? (ticked === 1 ? said.dataset.one : said.dataset.many.replace('{n}', ticked)) : said.dataset.none;
}

export function start() {
  document.querySelectorAll('form[data-counted]').forEach(count);
  document.addEventListener('input', (e) => {
    const form = e.target.form;
    if (form && form.method === 'post') form.toggleAttribute('data-dirty', true);
  });
  document.addEventListener('submit', async (e) => {
    const form = e.target;
    if (e.defaultPrevented) return;
    if (form.hasAttribute('data-sending')) { e.preventDefault(); return; }
    if (form.method === 'post') keep(form);
    if (form.method === 'post' && !navigator.onLine) { e.preventDefault(); toast(words.wordGone, '', true); return; }
    if (e.submitter?.formTarget === '_blank') return;
    if (!('swap' in form.dataset) || 'chatForm' in form.dataset) {
      if (form.method === 'post') working(form, e.submitter, true);
      return;
    }
    e.preventDefault();
    working(form, e.submitter, true);
    try { await send(form, e.submitter); } catch { toast(words.wordGone, '', true); }
    working(form, e.submitter, false);
  });
  document.addEventListener('toggle', (e) => {   // who closes a stepper without saving leaves it as it was
    if (e.newState === 'closed' && e.target.matches('[popover]')) e.target.querySelectorAll('form[data-dirty]').forEach((f) => { f.reset(); f.removeAttribute('data-dirty'); });
  }, true);
  window.addEventListener('pageshow', () => document.querySelectorAll('form[data-sending]').forEach((f) => working(f, f.querySelector('[aria-busy]'), false)));
  document.addEventListener('click', (e) => {
    const show = e.target.closest('[data-show-password]');
    if (show) {
      const box = document.getElementById(show.dataset.showPassword), on = box.type === 'password';
      box.type = on ? 'text' : 'password';
      show.setAttribute('aria-pressed', String(on));
      show.querySelector('use').setAttribute('href', on ? '#i-eye-off' : '#i-eye');
    }
    const step = e.target.closest('[data-step]');
    if (step) {
      const box = step.closest('[data-stepper]').querySelector('input');
      box.value = String(Math.max(Number(box.min || 0), Number(box.value || 0) + Number(step.dataset.step)));
      box.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
  document.addEventListener('change', (e) => {
    const box = e.target;
    if (box.dataset.tickAll) box.form.querySelectorAll(`input[name="${box.dataset.tickAll}"]`).forEach((one) => { one.checked = box.checked; });
    if (box.type === 'checkbox') count(box.form);
    if (!('money' in box.dataset)) return;
    const [, whole, part = ''] = box.value.trim().match(/^₹?\s*([\d,]+)(?:\.(\d{1,2}))?$/) || [];
    if (whole) {
      const grouped = whole.replace(/,/g, '').replace(/^0+(?=\d)/, '').replace(/\B(?=(\d{2})*\d{3}$)/g, ',');
      box.value = part ? `${grouped}.${part.padEnd(2, '0')}` : grouped;
    }
  });
  document.querySelectorAll('[data-show-password]').forEach((b) => { b.hidden = false; });
  document.querySelector('[data-focus]')?.focus();
}
