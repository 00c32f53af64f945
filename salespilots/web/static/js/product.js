// The product form: its preview in a chat is worked out by the server from what is typed, and opens over the form.
import { paint, regions } from './live.js';
import { toast } from './toast.js';
import { working } from './forms.js';

document.addEventListener('click', async (e) => {
  const button = e.target.closest('[data-preview]'), sheet = document.getElementById('preview');
  if (!button || !sheet) return;
  e.preventDefault();
  const data = new URLSearchParams([...new FormData(button.form)].filter(([, value]) => typeof value === 'string'));
  working(button.form, button, true);
  try {
    const answer = await fetch(button.formAction, {
      method: 'POST', credentials: 'same-origin', body: data,
      headers: { 'X-Partial': 'preview', 'X-CSRFToken': document.querySelector('meta[name=csrf-token]')?.content || '' },
    });
    if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
    const html = await answer.text();
    regions('preview').forEach((one) => paint(one, html));
    sheet.showModal();
    sheet.addEventListener('close', () => button.focus(), { once: true });
  } catch { toast(document.body.dataset.wordGone, '', true); }
  working(button.form, button, false);
});
