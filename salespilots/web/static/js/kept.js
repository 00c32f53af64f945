// What was typed into a form is kept on the device from the moment it is sent until an answer came: a network that dies on
// the way loses nothing. The server says by a cookie that a form was answered; a form that was not is filled in again.
import { toast } from './toast.js';

const words = document.body.dataset;
const PREFIX = 'sp:form:', DAY = 24 * 3600 * 1000, MOST = 60000;
const SECRET = 'input[type=password], [data-show-password], [autocomplete*=password], [autocomplete=one-time-code], [data-secret]';
const OWN = new Set(['csrf_token', '_sent']);

const place = (form) => `${PREFIX}${words.who || ''}:${new URL(form.getAttribute('action') || '', location.href).pathname}:${form.dataset.keep || ''}`;
const unheard = (id) => { document.cookie = `sp-sent-${id}=; path=/; max-age=0`; };
const store = (act) => { try { return act(localStorage); } catch { return null; } /* private mode, or full */ };
const all = () => store((s) => Object.keys(s).filter((key) => key.startsWith(PREFIX))) || [];
const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };

/** Whether somebody types here what may be kept: chats have drafts of their own, and secrets stay where they are. */
function fits(form) {
  return form.method === 'post' && !('chatForm' in form.dataset) && !form.querySelector(SECRET)
    && Boolean(form.querySelector('input:not([type=hidden]):not([type=file]), textarea, select'));
}

/** Keeps the form's values under a new id, which travels with it. */
export function keep(form) {
  if (!fits(form)) return;
  const values = [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && !OWN.has(name));
  const id = [...crypto.getRandomValues(new Uint8Array(9))].map((n) => n.toString(36).padStart(2, '0')).join('');
  let box = form.querySelector('input[name=_sent]');
  if (!box) { box = Object.assign(document.createElement('input'), { type: 'hidden', name: '_sent' }); form.append(box); }
  box.value = id;
  const text = JSON.stringify({ id, at: Date.now(), values });
  if (text.length <= MOST) store((s) => s.setItem(place(form), text));
}

/** The form was answered. */
export function drop(form) {
  const kept = read(place(form));
  if (!kept) return;
  store((s) => s.removeItem(place(form)));
  unheard(kept.id);
}

/** Takes away what was answered, what is old, and all of it when somebody signs out. */
function sweep() {
  const answered = new Set([...document.cookie.matchAll(/(?:^|; )sp-sent-([a-z0-9]+)=/g)].map((found) => found[1]));
  all().forEach((key) => {
    const kept = read(key);
    if (!kept || answered.has(kept.id) || Date.now() - kept.at > DAY) store((s) => s.removeItem(key));
  });
  answered.forEach(unheard);
}

/** Puts values into the controls of the form; gives those that it has none for. */
function fill(form, values) {
  const left = new Map();
  values.forEach(([name, value]) => left.set(name, [...(left.get(name) || []), value]));
  const named = [...form.elements].filter((el) => el.name && !OWN.has(el.name) && !el.matches('button, fieldset, [type=file], [type=submit]'));
  named.forEach((el) => {
    const given = left.get(el.name) || [];
    if (el.type === 'checkbox' || el.type === 'radio') el.checked = given.includes(el.value);
    else if (given.length) el.value = given.shift();
  });
  const known = new Set(named.map((el) => el.name));
  return values.filter(([name]) => !known.has(name));
}

/** Says above the form that its sending was cut off, with a way to leave what was typed. */
function tell(form) {
  const note = document.createElement('div'), text = document.createElement('span'), button = document.createElement('button');
  note.className = 'banner';
  note.dataset.tone = 'warn';
  note.setAttribute('role', 'status');
  text.className = 'grow';
  text.textContent = words.wordKept;
  button.type = 'button';
  button.className = 'btn ghost sm';
  button.textContent = words.wordDiscard;
  button.addEventListener('click', () => { drop(form); location.replace(location.pathname + location.search); });
  note.append(text, button);
  form.prepend(note);
}

function restore(form) {
  const kept = fits(form) && read(place(form));
  if (!kept) return;
  const rest = fill(form, kept.values), redraw = form.querySelector('[data-redraw]');
  if (rest.length && redraw) {   // rows that only the server can draw: it saves nothing by this
    rest.forEach(([name, value]) => form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value })));
    store(() => sessionStorage.setItem('sp:told', '1'));
    form.requestSubmit(redraw);
    return;
  }
  form.toggleAttribute('data-dirty', true);
  tell(form);
  const sheet = form.closest('dialog');
  if (sheet && !sheet.open) sheet.showModal();
  form.closest('[popover]')?.showPopover?.();
  [...form.elements].find((el) => el.matches('input:not([type=hidden]), textarea, select'))?.dispatchEvent(new Event('input', { bubbles: true }));
}

export function start() {
  sweep();
  if (store(() => sessionStorage.getItem('sp:told'))) {
    store(() => sessionStorage.removeItem('sp:told'));
    toast(words.wordKept, '', true);
  }
  document.querySelectorAll('form').forEach(restore);
  document.addEventListener('submit', (e) => {
    if (e.target.matches('[action$="/signout"]')) all().forEach((key) => store((s) => s.removeItem(key)));
  });
}
