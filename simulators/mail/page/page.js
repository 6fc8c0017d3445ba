// Asks for the mails every two seconds; texts are only ever set as text.
const ASK_MS = 2_000;
const list = document.getElementById('mails');
const status = document.getElementById('status');
let shown = '';

function element(name, text, className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

function mailElement({ to, subject, text, date }) {
  const article = element('article', '');
  article.append(
    element('h2', subject),
    element('p', `Para ${to.join(', ')} · ${new Date(date).toLocaleString('pt-BR')}`, 'envelope'),
    element('pre', text),
  );
  const item = element('li', '');
  item.append(article);
  return item;
}

async function ask() {
  try {
    const mails = await (await fetch('/api/mails')).json();
    const now = JSON.stringify(mails);
    if (now !== shown) {
      shown = now;
      list.replaceChildren(...mails.map(mailElement));
      status.textContent =
        mails.length === 0
          ? 'Nenhum e-mail ainda. Pague uma senha e deixe um e-mail na página do código que sai no papel.'
          : `${mails.length} e-mail(s), do mais novo ao mais antigo.`;
    }
  } catch {
    shown = '';
    status.textContent = 'A caixa de e-mails não responde. Tentando de novo…';
  }
  setTimeout(ask, ASK_MS);
}

void ask();
