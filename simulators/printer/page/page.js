// The printer's page: shows what GET /api/state and GET /api/papers say, and asks again at each server-sent event.

/** Papers that are shown; older ones stay in the data folder. */
const SHOWN_PAPERS = 40;

/** @type {ReadonlyArray<{mode: string, title: string, hint: string, status: string, tone: 'good' | 'warn' | 'bad'}>} */
const MODES = [
  { mode: 'ready', title: 'Pronta', hint: 'Imprime e confirma.', status: 'Pronta', tone: 'good' },
  {
    mode: 'paper_low',
    title: 'Papel no fim',
    hint: 'Imprime e avisa que a bobina acaba.',
    status: 'Papel no fim',
    tone: 'warn',
  },
  {
    mode: 'paper_out',
    title: 'Sem papel',
    hint: 'Para onde está e guarda o que recebe.',
    status: 'Sem papel',
    tone: 'bad',
  },
  {
    mode: 'cover_open',
    title: 'Tampa aberta',
    hint: 'Para até a tampa ser fechada.',
    status: 'Tampa aberta',
    tone: 'bad',
  },
  {
    mode: 'offline',
    title: 'Desligada',
    hint: 'Recusa conexões e esquece o que guardava.',
    status: 'Desligada',
    tone: 'bad',
  },
  { mode: 'slow', title: 'Lenta', hint: 'Demora antes de cortar.', status: 'Lenta', tone: 'warn' },
  {
    mode: 'die_mid_ticket',
    title: 'Cai no meio da senha',
    hint: 'Perde a energia depois de alguns bytes.',
    status: 'Cai no meio da senha',
    tone: 'bad',
  },
  {
    mode: 'mute',
    title: 'Muda',
    hint: 'Imprime, mas não responde ao pedido de estado.',
    status: 'Muda',
    tone: 'warn',
  },
];

const time = new Intl.DateTimeFormat('pt-BR', { dateStyle: 'short', timeStyle: 'medium' });

/** @param {string} id @returns {any} */
const element = (id) => document.getElementById(id);

/** @type {Map<string, HTMLElement>} */
const paperById = new Map();
let hasLoaded = false;

for (const { mode, title, hint } of MODES) {
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.mode = mode;
  button.append(textElement('strong', title), textElement('span', hint));
  button.addEventListener('click', () => putState(mode));
  element('modes').append(button);
}

const events = new EventSource('/api/events');
events.addEventListener('state', reader('/api/state', showState));
events.addEventListener('papers', reader(`/api/papers?limit=${SHOWN_PAPERS}`, showPapers));
events.addEventListener('error', () => showStatus('Sem contato com o simulador', 'bad'));

/**
 * Reads `path` and shows it, one reading at a time; what changes during a reading is read after it.
 * @param {string} path
 * @param {(answer: any) => void} show
 */
function reader(path, show) {
  let reading = false;
  let stale = false;
  return async function read() {
    stale = true;
    if (reading) return;
    reading = true;
    try {
      while (stale) {
        stale = false;
        show(await readJson(path));
      }
    } catch (error) {
      showStatus('Sem contato com o simulador', 'bad');
      console.error(error);
    } finally {
      reading = false;
    }
  };
}

/** @param {string} mode */
async function putState(mode) {
  const slowMs = Math.round(Number(element('slow-seconds').value) * 1000);
  const dieAfterBytes = Number(element('die-after-bytes').value);
  const error = element('error');
  try {
    const response = await fetch('/api/state', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mode, slowMs, dieAfterBytes }),
    });
    error.textContent = 'Estes valores não servem: confira a demora e os bytes.';
    error.hidden = response.ok;
  } catch {
    error.textContent = 'O simulador não respondeu. Ele ainda está no ar?';
    error.hidden = false;
  }
}

/** @param {string} path */
async function readJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

/** @param {any} state */
function showState(state) {
  element('address').textContent = state.escposUrl;
  element('buffered').textContent = String(state.bufferedBytes);
  element('connections').textContent = String(state.connections);
  showNumber(element('slow-seconds'), state.slowMs / 1000);
  showNumber(element('die-after-bytes'), state.dieAfterBytes);
  const current = MODES.find(({ mode }) => mode === state.mode);
  showStatus(current?.status ?? state.mode, current?.tone ?? 'warn');
  for (const button of element('modes').querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === state.mode));
  }
}

/** Leaves a field alone while somebody types in it. @param {HTMLInputElement} input @param {number} value */
function showNumber(input, value) {
  if (document.activeElement !== input) input.value = String(value);
}

/** @param {string} text @param {string} tone */
function showStatus(text, tone) {
  element('status').textContent = text;
  element('status').dataset.tone = tone;
}

/** @param {ReadonlyArray<any>} papers newest first */
function showPapers(papers) {
  for (const paper of papers.toReversed()) {
    if (paperById.has(paper.id)) continue;
    const item = paperElement(paper);
    item.classList.toggle('fresh', hasLoaded);
    paperById.set(paper.id, item);
    element('papers').prepend(item);
  }
  const ids = new Set(papers.map((paper) => paper.id));
  for (const [id, item] of paperById) {
    if (ids.has(id)) continue;
    item.remove();
    paperById.delete(id);
  }
  element('empty').hidden = papers.length > 0;
  // Ids count up from 1.
  element('paper-count').textContent = String(Number(papers[0]?.id ?? 0));
  hasLoaded = true;
}

/** @param {any} paper */
function paperElement(paper) {
  const picture = document.createElement('img');
  picture.src = `/api/papers/${paper.id}.png`;
  picture.alt = paper.text;
  const sheet = document.createElement('div');
  sheet.className = 'sheet';
  sheet.append(picture);
  const shadow = document.createElement('div');
  shadow.className = 'shadow';
  shadow.append(sheet);

  const badge = textElement('span', paper.complete ? 'Inteiro' : 'Interrompido');
  badge.className = paper.complete ? 'badge' : 'badge bad';
  const caption = document.createElement('p');
  caption.className = 'caption';
  caption.append(textElement('span', `Nº ${Number(paper.id)} · ${time.format(paper.at)}`), badge);

  const item = document.createElement('li');
  item.className = 'paper';
  item.append(shadow, caption);
  if (paper.errors.length > 0) {
    const errors = document.createElement('ul');
    errors.append(...paper.errors.map((/** @type {string} */ error) => textElement('li', error)));
    item.append(errors);
  }
  return item;
}

/** @param {string} tag @param {string} text */
function textElement(tag, text) {
  const created = document.createElement(tag);
  created.textContent = text;
  return created;
}
