// One toast at a time, newest wins; it stays while pointed at or focused, and sentences about trouble stay until closed.
const holder = () => document.getElementById('toasts');
const words = document.body.dataset;
let timer = 0;

function arm(el) {
  clearTimeout(timer);
  if (el.hasAttribute('data-stay')) return;
  const go = () => { timer = setTimeout(() => el.remove(), 6000); };
  el.onpointerenter = el.onfocusin = () => clearTimeout(timer);
  el.onpointerleave = el.onfocusout = go;
  go();
}

/** A glyph of the page's sprite. */
function glyph(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'i');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** The same parts as the macro `toast` of ui.html. */
export function toast(text, undo = '', stay = false) {
  const el = document.createElement('div');
  el.className = 'toast';
  el.setAttribute('role', 'status');
  el.toggleAttribute('data-stay', stay);
  const words_ = document.createElement('span');
  words_.textContent = text;
  el.append(glyph(stay ? 'alert' : 'check'), words_);
  const button = document.createElement('button');
  if (undo) {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: undo, className: 'end' });
    const token = Object.assign(document.createElement('input'), { type: 'hidden', name: 'csrf_token', value: document.querySelector('meta[name=csrf-token]')?.content || '' });
    button.textContent = words.wordUndo;
    form.append(token, button);
    el.append(form);
  } else {
    button.type = 'button';
    button.setAttribute('aria-label', words.wordClose);
    button.append(glyph('x'));
    button.dataset.closeToast = '';
    el.append(button);
  }
  holder()?.replaceChildren(el);
  arm(el);
}

export function start() {
  document.addEventListener('click', (e) => e.target.closest('[data-close-toast]')?.closest('.toast')?.remove());
  const first = holder()?.querySelector('.toast');
  if (first) arm(first);
}
