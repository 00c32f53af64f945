// The board: dragging a card to the next column presses the button that is on it.
let card = null;

const columnOf = (el) => el.closest?.('[data-column]');

/** True where the card that is held may be put down. */
const fits = (column) => Boolean(card && column && column.dataset.column === card.dataset.to);

document.addEventListener('dragstart', (e) => {
  card = e.target.closest?.('.bcard[draggable=true]');
  if (!card) return;
  e.dataTransfer.effectAllowed = 'move';
  e.dataTransfer.setData('text/plain', '');
  document.querySelectorAll('[data-column]').forEach((column) => column.toggleAttribute('data-goal', fits(column)));
});

document.addEventListener('dragover', (e) => {
  if (fits(columnOf(e.target))) { e.preventDefault(); e.dataTransfer.dropEffect = 'move'; }
});

document.addEventListener('drop', (e) => {
  if (!fits(columnOf(e.target))) return;
  e.preventDefault();
  card.querySelector('[data-move]').click();
});

document.addEventListener('dragend', () => {
  card = null;
  document.querySelectorAll('[data-goal]').forEach((column) => column.removeAttribute('data-goal'));
});
