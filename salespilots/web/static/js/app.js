// Entry point. Every page works without it; it adds live updates, partial swaps, sheets and small comforts.
import * as live from './live.js';
import * as forms from './forms.js';
import * as chat from './chat.js';
import * as toasts from './toast.js';
import * as kept from './kept.js';

const words = document.body.dataset;

/** Sheets: a link or button with data-open-dialog opens it as a modal; Esc, backdrop and close marks shut it. */
function sheets() {
  document.querySelectorAll('dialog.sheet[open]').forEach((d) => { d.close(); d.showModal(); });
  document.addEventListener('click', (e) => {
    const opener = e.target.closest('[data-open-dialog]');
    if (opener) {
      const sheet = document.getElementById(opener.dataset.openDialog);
      if (!sheet) return;
      e.preventDefault();
      opener.closest('[popover]')?.hidePopover();
      sheet.showModal();
      sheet.addEventListener('close', () => opener.focus(), { once: true });
      return;
    }
    const closer = e.target.closest('[data-close-dialog]');
    if (closer) { e.preventDefault(); closer.closest('dialog').close(); return; }
    if (e.target.matches?.('dialog.sheet')) {
      const r = e.target.getBoundingClientRect();
      if (e.clientY < r.top || e.clientY > r.bottom || e.clientX < r.left || e.clientX > r.right) e.target.close();
    }
  });
}

function copying() {
  document.addEventListener('click', async (e) => {
    const button = e.target.closest('[data-copy]');
    if (!button) return;
    try { await navigator.clipboard.writeText(button.dataset.copy); } catch { return; }
    const label = button.querySelector('span') || button, before = label.textContent;
    label.textContent = button.dataset.done || words.wordCopied;
    setTimeout(() => { label.textContent = before; }, 2000);
  });
}

/** A button that says how much it moves follows the amount as it is typed. */
function amounts() {
  const say = (box) => {
    const button = box.form?.querySelector('[data-names-amount]');
    if (!button || button.getAttribute('aria-busy')) return;
    const found = box.value.replace(/[,\s]/g, '').match(/^0*(\d+)(?:\.(\d{1,2}))?$/);
    const grouped = found && found[1].replace(/\B(?=(\d{2})*\d{3}$)/g, ',');
    (button.querySelector('span') || button).textContent = found
      ? button.dataset.namesAmount.replace('{amount}', `₹${grouped}.${(found[2] || '').padEnd(2, '0')}`) : button.dataset.plain;
  };
  document.addEventListener('input', (e) => { if ('money' in e.target.dataset) say(e.target); });
  document.querySelectorAll('form:has([data-names-amount]) [data-money]').forEach(say);
}

/** Times under an hour are kept true; the server wrote all of them. */
function clocks() {
  setInterval(() => {
    if (document.hidden || !words.wordAgo) return;
    document.querySelectorAll('time[data-ago]').forEach((el) => {
      const minutes = Math.floor((Date.now() - Date.parse(el.dateTime)) / 60000);
      if (minutes < 60) el.textContent = minutes < 1 ? words.wordNow : words.wordAgo.replace('{n}', minutes);
    });
  }, 60000);
}

/** Says out loud what matters: new orders and chats that wait. */
function announcer() {
  document.addEventListener('sp:event', ({ detail }) => {
    const el = document.getElementById('announce');
    if (el && detail.name === 'notice' && detail.text) el.textContent = detail.text;
  });
}

chat.start();     // before forms: it takes the submit of the composer
forms.start();
toasts.start();
live.start();
sheets();
copying();
amounts();
clocks();
announcer();
kept.start();     // last: it may send a form and open a sheet
