// An order that is being written: its sum follows what is typed, worked out by the server as the order will be.
import { paint, regions } from './live.js';

const form = document.querySelector('form[data-sum]');
let timer = 0, asked = 0;

async function follow() {
  const mine = ++asked, data = new URLSearchParams(new FormData(form));
  data.set('act', 'update');
  try {
    const answer = await fetch(form.action, {
      method: 'POST', credentials: 'same-origin', body: data,
      headers: { 'X-Partial': 'sum', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]')?.content || '' },
    });
    if (answer.ok && mine === asked) { const html = await answer.text(); regions('sum').forEach((one) => paint(one, html)); }
  } catch { /* the server says it again when the order is made */ }
}

form?.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(follow, 300); });
form?.addEventListener('change', () => { clearTimeout(timer); timer = setTimeout(follow, 50); });
