// Below a chat: / and a name offer the shop's templates, which are fetched once and filtered here.
const MOST = 8;
let asked = null;

const boxOf = (el) => el.closest?.('form[data-templates] textarea');
const listOf = (box) => box.form.querySelector('[role=listbox]');
const shown = (list) => [...list.querySelectorAll('[role=option]:not([hidden])')];
const chosen = (list) => list.querySelector('[aria-selected=true]');

function fetched(box) {
  asked ??= fetch(box.form.dataset.templates, { credentials: 'same-origin', headers: { 'X-Partial': 'offers' } })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
    .catch(() => { asked = null; return ''; });
  return asked;
}

function choose(box, option) {
  const list = listOf(box);
  chosen(list)?.setAttribute('aria-selected', 'false');
  option?.setAttribute('aria-selected', 'true');
  option?.scrollIntoView({ block: 'nearest' });
  box.setAttribute('aria-activedescendant', option?.id || '');
}

function close(box) {
  listOf(box).hidden = true;
  box.removeAttribute('aria-activedescendant');
}

async function offer(box) {
  const list = listOf(box), typed = box.value.match(/^\/([\w-]*)$/);
  if (!typed) { close(box); return; }
  if (!list.children.length) list.innerHTML = await fetched(box);   // our own server's escaped markup
  const now = box.value.match(/^\/([\w-]*)$/);
  if (!now) { close(box); return; }
  const word = now[1].toLowerCase();
  let count = 0;
  list.querySelectorAll('[role=option]').forEach((one) => {
    const fits = one.dataset.offer.startsWith(word) || (word.length > 1 && one.dataset.title.toLowerCase().includes(word));
    one.hidden = !fits || count >= MOST;
    count += fits;
  });
  list.hidden = !count;
  if (count) choose(box, shown(list)[0]); else close(box);
}

function take(box, option) {
  box.value = option.dataset.text;
  close(box);
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.focus();
  const gap = box.value.search(/\{[a-z_]+\}/);   // what the chat does not know is written by hand
  if (gap >= 0) box.setSelectionRange(gap, box.value.indexOf('}', gap) + 1);
}

document.addEventListener('input', (e) => { const box = boxOf(e.target); if (box) offer(box); });
document.addEventListener('keydown', (e) => {
  const box = boxOf(e.target), list = box && listOf(box);
  if (!list || list.hidden || e.isComposing) return;
  const options = shown(list), step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (step) choose(box, options[(options.indexOf(chosen(list)) + step + options.length) % options.length]);
  else if (e.key === 'Enter' || e.key === 'Tab') take(box, chosen(list));
  else if (e.key === 'Escape') close(box);
  else return;
  e.preventDefault();
  e.stopPropagation();   // before the composer takes Enter for "send"
}, true);
document.addEventListener('mousedown', (e) => { if (e.target.closest('[data-offer]')) e.preventDefault(); });
document.addEventListener('click', (e) => {
  const option = e.target.closest('[data-offer]'), box = option?.closest('form').querySelector('textarea');
  if (box) take(box, option);
});
document.addEventListener('focusout', (e) => { const box = boxOf(e.target); if (box) close(box); });
