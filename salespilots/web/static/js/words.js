// A template's form: variables go in where one writes, and both languages are shown as they would be sent.
const form = document.querySelector('form[data-words]');
const samples = JSON.parse(form.dataset.samples);
const boxes = [...form.querySelectorAll('textarea')];
let last = boxes[0];

function show() {
  let any = false;
  boxes.forEach((box) => {
    const bubble = form.querySelector(`[data-words-of="${box.name}"]`), text = box.value.trim();
    bubble.hidden = !text;
    any ||= Boolean(text);
    bubble.querySelector('.bub').textContent = text.replace(/\{([a-z_]{1,30})\}/g, (all, name) => (Object.hasOwn(samples, name) ? samples[name] : all));
  });
  form.querySelector('[data-words-none]').hidden = any;
}

boxes.forEach((box) => { box.addEventListener('focus', () => { last = box; }); box.addEventListener('input', show); });
form.addEventListener('click', (e) => {
  const chip = e.target.closest('[data-insert]');
  if (!chip) return;
  last.setRangeText(chip.dataset.insert, last.selectionStart, last.selectionEnd, 'end');
  last.dispatchEvent(new Event('input', { bubbles: true }));
  last.focus();
});
show();
