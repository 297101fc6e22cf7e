// The sign-in page's script: follows one pairing and shows it.
//
// It listens on a WebSocket, and asks every 1.5 seconds where sockets do not
// get through. Each message is a whole View (see view.go), so a lost one costs
// nothing. What is shown lies ready in <template> elements; names, links and
// numbers are put in as text, never as HTML.

const page = document.getElementById('signin');
const section = page.querySelector('[data-testid=pairing-state]');
const slot = (name) => section.querySelector(`[data-slot=${name}]`);
const { pairing, query } = page.dataset;
const base = '/sso-authorize';
const begin = `?pairing=${encodeURIComponent(pairing)}${query ? '&' + query : ''}`;
const over = (state) => ['denied', 'expired', 'cancelled', 'finished'].includes(state);

// What the server rendered is the first View, as far as the script needs it.
let view = {
  state: section.dataset.state,
  version: Number(page.dataset.version),
  seconds_left: Number(page.dataset.left),
  code_seconds_left: Number(page.dataset.codeLeft),
  finish: page.dataset.finish,
};
let ends = 0; // when the present state, and the present code, run out
let codeEnds = 0;
let going = 0; // the timer that goes on to the app
let stopped = false; // the page is left, or the person said "not me"

// ---- showing

function show(next) {
  if (next.version < view.version || over(view.state)) return;
  const changed = next.state !== view.state;
  view = next;
  if (changed) putPanel();
  fill();
  count();
  if (changed) announce();
  goOn();
}

function putPanel() {
  const panel = slot('panel');
  const template = section.querySelector(`template[data-state="${CSS.escape(view.state)}"]`);
  if (!template) return;
  const focused = panel.contains(document.activeElement);
  const content = template.content.cloneNode(true);
  for (const element of content.querySelectorAll('[data-hook]')) {
    element.dataset.testid = element.dataset.hook;
    delete element.dataset.hook;
  }
  panel.replaceChildren(content);
  section.dataset.state = view.state;
  if (focused) panel.querySelector('h2').focus();
}

function put(name, text) {
  const element = slot(name);
  if (element && element.textContent !== String(text)) element.textContent = text;
}

function fill() {
  const now = performance.now();
  ends = now + view.seconds_left * 1000;
  codeEnds = view.code_seconds_left ? now + view.code_seconds_left * 1000 : Infinity;

  const qr = section.querySelector('svg.qr');
  if (qr && view.qr) {
    const side = view.qr.size + 8; // a quiet zone of 4 modules all round
    qr.setAttribute('viewBox', `-4 -4 ${side} ${side}`);
    qr.querySelector('path').setAttribute('d', view.qr.path);
    qr.dataset.link = view.link;
  }
  if (view.link) put('link', view.link);
  if (view.account) {
    put('nickname', view.account.nickname);
    fillAvatar(view.account);
  }
  if (view.state === 'claimed' && view.number) put('number', view.number);
  const contested = slot('contested');
  if (contested) contested.hidden = !view.contested;
  if (view.state === 'approved' && view.scopes !== undefined || view.state === 'approved' && changedByServer) {
    for (const item of page.querySelectorAll('[data-scope]')) {
      item.querySelector('.withheld').hidden = (view.scopes ?? []).includes(item.dataset.scope);
    }
  }
  const finish = slot('finish');
  if (finish) finish.href = target() ?? '#';
  const copy = section.querySelector('[data-action=copy]');
  if (copy) copy.hidden = false;
}

function fillAvatar(account) {
  const avatar = slot('avatar');
  if (!avatar || avatar.dataset.of === account.picture + ' ' + account.nickname) return;
  avatar.dataset.of = account.picture + ' ' + account.nickname;
  avatar.textContent = (account.nickname.match(/[\p{L}\p{Nd}]/u)?.[0] ?? '•').toUpperCase();
  if (!account.picture) return;
  const url = new URL(account.picture, location.origin);
  if (url.origin !== location.origin) return;
  const img = document.createElement('img');
  img.alt = '';
  img.src = url;
  avatar.append(img);
}
