// The sign-in page's script: follows one pairing and shows it.
//
// It listens on a WebSocket, and asks every 1.5 seconds where sockets do not
// get through. Each message is a whole View (see view.go), so a lost one costs
// nothing. What is shown lies ready in <template> elements; names, links and
// numbers are put in as text, never as HTML.

const page = document.getElementById('signin');
const section = page.querySelector('[data-testid=pairing-state]');
const slot = (name) => section.querySelector(`[data-slot=${name}]`);

const { base, pairing, query } = page.dataset;
const ours = base + '/pairing/' + encodeURIComponent(pairing);
// How the page says where it stands: that nobody has told it of its pairing yet,
// or what it was told by a server that had not stored it.
const begin = () => `?pairing=${encodeURIComponent(pairing)}${query ? '&' + query : ''}`
  + (told ? `&pairing_resume=${resume}` : `&pairing_try=${++attempts}`);
const over = (state) => ['denied', 'expired', 'cancelled', 'finished'].includes(state);

// What the server rendered is the first View, as far as the script needs it.
let view = {
  state: section.dataset.state,
  version: Number(page.dataset.version),
  seconds_left: Number(page.dataset.left),
  code_seconds_left: Number(page.dataset.codeLeft),
  finish: page.dataset.finish,
};
let ends = 0; // when the present state runs out, by performance.now()
let renews = 0; // when a message is due at the latest
let leaving = false; // the browser is on its way to another page
let told = false; // the server told us of the pairing
let resume = ''; // and that it was not stored
let attempts = 0; // to be told
let held = false; // the person said "not me": do not go on as if approved

// Showing

function show(next) {
  if (leaving || over(view.state) || next.version < view.version) return;
  const changed = next.state !== view.state;
  if (changed && !panelFor(next.state)) return; // a newer server's state
  view = next;
  told = true;
  resume = view.resume ?? '';
  if (changed) putPanel();
  setClocks();
  fill();
  if (changed) say([...slot('panel').querySelectorAll('[data-say]:not([hidden])')].map((e) => e.textContent.trim()).join('\n'));
  if (over(view.state)) socket?.close();
  goOn();
}

function panelFor(state) {
  return section.querySelector(`template[data-state="${CSS.escape(state)}"]`);
}

function putPanel() {
  const panel = slot('panel');
  const focused = panel.contains(document.activeElement);
  const next = panelFor(view.state).content.cloneNode(true);
  for (const element of next.querySelectorAll('[data-hook]')) {
    element.dataset.testid = element.dataset.hook;
    delete element.dataset.hook;
  }
  panel.replaceChildren(next);
  section.dataset.state = view.state;
  offerCopy();
  if (focused) panel.querySelector('h2').focus();
}

function fill() {
  const qr = section.querySelector('.panel .qr');
  if (qr && view.qr) {
    const side = view.qr.size + 8; // a quiet zone of 4 modules all round
    qr.setAttribute('viewBox', `-4 -4 ${side} ${side}`);
    qr.querySelector('path').setAttribute('d', drawn(view.qr));
    qr.dataset.link = view.link;
  }
  put('link', view.link);
  put('number', view.number);
  if (view.account) {
    put('nickname', tidy(view.account.nickname));
    putAvatar(view.account);
    // By the app or by the phone's own browser: that is where the number goes.
    if (slot('type')) slot('typephone').hidden = !(slot('type').hidden = Boolean(view.account.phone));
  }
  if (slot('meter') && view.decide_for) slot('meter').max = view.decide_for;
  if (slot('contested')) slot('contested').hidden = !view.contested;
  if (slot('finish')) slot('finish').href = local(view.finish) ?? '#';
  const decided = view.state === 'approved'; // after "not me" nothing is shared, and no mark says so of one alone
  for (const asked of page.querySelectorAll('[data-scope]')) {
    asked.querySelector('.withheld').hidden = !decided || (view.scopes ?? []).includes(asked.dataset.scope);
  }
}

// drawn gives the path of a code's dark modules, four of which are a digit.
function drawn({ size, dark }) {
  let path = '';
  for (let i = 0; i < size * size; i++) {
    if (parseInt(dark[i >> 2], 16) & (8 >> (i & 3))) path += `M${i % size} ${Math.floor(i / size)}h1v1h-1z`;
  }
  return path;
}

function put(name, text) {
  const element = slot(name);
  if (element && text && element.textContent !== String(text)) element.textContent = text;
}

function putAvatar({ nickname, picture }) {
  const avatar = slot('avatar');
  const src = local(picture);
  if (!avatar || avatar.dataset.of === nickname + src) return;
  avatar.dataset.of = nickname + src;
  avatar.textContent = (nickname.match(/[\p{L}\p{Nd}]/u)?.[0] ?? '•').toUpperCase();
  if (!src) return;
  const img = new Image();
  img.alt = '';
  img.src = src;
  avatar.append(img);
}

// tidy takes out what would not be seen, but turns or breaks the text around.
function tidy(name) {
  return name.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '');
}

// local gives a path's whole address if it stays on this origin.
function local(path) {
  if (!path) return undefined;
  const url = new URL(path, location.origin);
  return url.origin === location.origin ? url.href : undefined;
}

function say(text) {
  slot('announce').textContent = text;
}

function setClocks() {
  const now = performance.now();
  ends = now + view.seconds_left * 1000;
  renews = now + (view.code_seconds_left || view.seconds_left) * 1000;
  count();
}

function count() {
  const now = performance.now();
  const left = Math.max(0, Math.ceil((ends - now) / 1000));
  put('left', `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`);
  if (slot('meter')) slot('meter').value = left;
  // A message is long due: the connection is dead, and nobody told us.
  if (socket && !over(view.state) && now - Math.max(renews, began) > 5000) drop(socket);
}

function goOn() {
  const to = local(view.finish);
  const { state } = view; // "not me" takes back where an approval would lead
  const stay = () => leaving || view.state !== state || (held && !over(state));
  if (!to || stay()) return;
  setTimeout(() => {
    if (stay()) return;
    leaving = true;
    location.replace(to);
  }, 1000);
}

// Hearing

let socket = null;
let began = 0; // when the present socket was opened
let heard = false; // it brought a message
let worked = false; // some socket did
let failures = 0; // sockets in a row that brought none
let tries = 0; // since the last message, for the backoff
let troubled = 0; // the timer that shows the notice

function connect() {
  if (leaving || over(view.state)) return;
  const own = new WebSocket(location.origin.replace(/^http/, 'ws') + base + '/socket' + begin());
  socket = own;
  began = performance.now();
  heard = false;
  own.onmessage = ({ data }) => {
    if (socket !== own) return;
    heard = worked = true;
    failures = 0;
    fine();
    show(JSON.parse(data));
  };
  own.onclose = () => drop(own);
  // A proxy may swallow the socket. Until that is certain the code must be
  // good all the same, so the pairing begins the other way; a page that waited
  // before that shows one that has run.
  setTimeout(() => {
    if (socket === own && !heard && !worked) fetch(base + '/pairing' + begin(), { method: 'POST', headers: { Accept: 'application/json' } })
      .then(async (answer) => { if (answer.ok && socket === own && !heard) show(await answer.json()); })
      .catch(() => {});
  }, 1000);
  setTimeout(() => {
    if (socket === own && !heard) drop(own, true);
  }, 4000);
}

function drop(own, silent = false) {
  if (socket !== own) return;
  socket = null;
  own.close();
  if (leaving || over(view.state)) return;
  trouble();
  if (!heard) failures += silent ? 2 : 1;
  // Where a socket has worked before, the server is more likely restarting.
  if (failures >= (worked ? 8 : 2)) poll();
  else setTimeout(connect, pause());
}

async function poll() {
  for (let begun = false; !leaving && !over(view.state);) {
    try {
      const answer = await fetch(begun ? ours : base + '/pairing' + begin(), {
        method: begun ? 'GET' : 'POST',
        headers: { Accept: 'application/json' },
        cache: 'no-store',
        signal: AbortSignal.timeout?.(10000),
      });
      if (answer.ok) {
        begun = true;
        show(await answer.json());
        fine();
      } else if (answer.status === 404 || answer.status === 410) {
        end('expired');
      } else if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
        fine();
        slot('stuck').hidden = false;
        slot('panel').hidden = true; // its code can never be scanned
        return;
      } else {
        trouble();
      }
    } catch {
      trouble();
    }
    await new Promise((resume) => setTimeout(resume, troubled ? Math.max(1500, pause()) : 1500));
  }
}

// pause is how long to wait before the next try: 0.1 to 0.3 s at first, 10 s
// at most, never the same for two browsers that lost the same server.
function pause() {
  return Math.min(10000, 200 * 2 ** tries++) * (0.5 + Math.random());
}

// end shows a state that the server can no longer tell us of.
function end(state) {
  fine();
  show({ ...view, state, version: Infinity, seconds_left: 0, finish: '' });
}

function trouble() {
  troubled ||= setTimeout(() => { slot('lost').hidden = false; }, 700);
}

function fine() {
  clearTimeout(troubled);
  troubled = tries = 0;
  slot('lost').hidden = true;
}

// Doing

// The person's Ham apps are asked; the page then goes on as if one had scanned.
section.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('.askphone')) return;
  event.preventDefault();
  const [button, told] = [form.querySelector('button'), form.querySelector('[data-slot=asked]')];
  button.disabled = true;
  let text = form.dataset.failed;
  try {
    const answer = await fetch(form.action, { method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams(new FormData(form)) });
    if (answer.ok) text = form.dataset.asked;
    else if (answer.status === 429) text = form.dataset.often;
    button.hidden = answer.ok;
  } catch { /* the text says so */ }
  button.disabled = false;
  told.textContent = text;
  told.hidden = false;
});

// The cancel form works without us; if our way fails, it goes its own.
section.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('.cancel')) return;
  event.preventDefault();
  held = true;
  form.querySelector('button').disabled = true;
  try {
    const answer = await fetch(form.action, { method: 'POST', headers: { Accept: 'application/json' } });
    if (answer.ok) show(await answer.json());
    else if (answer.status === 404) end('cancelled');
    else form.submit();
  } catch {
    form.submit();
  }
});

function offerCopy() {
  const button = section.querySelector('.panel [data-action=copy]');
  if (!button) return;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const link = slot('link');
    try {
      await navigator.clipboard.writeText(link.textContent);
    } catch {
      getSelection().selectAllChildren(link);
      if (!document.execCommand('copy')) return;
    }
    button.textContent = button.dataset.done;
    say(button.dataset.done);
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// A picture that does not come leaves the letter beneath it.
page.addEventListener('error', ({ target }) => {
  if (target.matches?.('.icon img, .avatar img')) target.remove();
}, true);
for (const img of page.querySelectorAll('.icon img, .avatar img')) {
  if (img.complete && !img.naturalWidth) img.remove();
}

// On a phone

// The code would have to be shown to another device. So first comes the Ham
// app on the phone itself, then a passkey, and the code when it is asked for:
// its pairing, which lasts three minutes, does not begin before. style.css has
// the same media query.
const onPhone = matchMedia('(pointer: coarse) and (max-width: 40rem), (pointer: coarse) and (max-height: 30rem)');
const phone = page.querySelector('[data-slot=phone]');
const app = phone?.querySelector('[data-testid=open-app]');
const pageLife = 9 * 60 * 1000; // a little less than the pairing's cookie lives

// What this tab did lately with this very request. Somebody who comes back from
// history, or tries again, is not thrown into the app a second time, and finds
// the code again if they had asked for it.
const memory = {
  key: 'ham-phone',
  read() {
    try {
      const { request, at, code } = JSON.parse(sessionStorage.getItem(this.key));
      return request === base + query && Date.now() - at < pageLife ? { code } : undefined;
    } catch {
      return undefined;
    }
  },
  write(code) {
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ request: base + query, at: Date.now(), code }));
    } catch { /* storage is off: then only the way here tells */ }
  },
};

function startOnPhone() {
  const passkey = page.querySelector('[data-slot=passkey]');
  if (!app && !window.PublicKeyCredential) return showCode(); // there is no other way
  if (passkey) phone.insertBefore(passkey, phone.querySelector('[data-slot=no-app], [data-testid=show-code]'));
  const button = phone.querySelector('[data-testid=show-code]');
  button.hidden = false;
  button.addEventListener('click', () => {
    memory.write(true);
    if (performance.now() > pageLife) { // the pairing's cookie may be gone
      location.reload();
      return;
    }
    showCode();
    slot('panel').scrollIntoView();
    slot('panel').querySelector('h2').focus({ preventScroll: true });
  });
  onPhone.addEventListener('change', ({ matches }) => { if (!matches) showCode(); }); // unfolded
  const before = memory.read();
  if (before?.code) return showCode();
  const [arrival] = performance.getEntriesByType('navigation');
  const first = !before && arrival?.type === 'navigate' && document.visibilityState === 'visible';
  if (first && app?.hasAttribute('data-at-once')) openApp();
  else page.dataset.phone = 'choices';
}

// openApp tries the app. Nothing tells whether there is one, except that it
// hides the page when it opens.
//
// Leaving for the app's scheme makes the browser drop what it still loads, so
// the rest of the page's scripts come first.
function openApp() {
  const opening = phone.querySelector('[data-slot=opening]');
  memory.write(false);
  page.dataset.phone = 'opening';
  opening.textContent = opening.dataset.now;
  if (document.readyState === 'complete') leave();
  else addEventListener('load', leave, { once: true });

  function leave() {
    app.click();
    setTimeout(choose, 1500);
  }

  function choose() {
    if (document.visibilityState !== 'visible') {
      document.addEventListener('visibilitychange', choose, { once: true });
      return;
    }
    if (page.dataset.phone !== 'opening') return;
    opening.textContent = opening.dataset.after;
    page.dataset.phone = 'choices';
  }
}

// showCode shows the code and begins its pairing, once.
function showCode() {
  if (page.dataset.phone === 'code') return;
  page.dataset.phone = 'code';
  if (phone) phone.querySelector('[data-testid=show-code]').hidden = true;
  setClocks();
  connect();
}

addEventListener('pagehide', () => { leaving = true; });
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });

offerCopy();
setClocks();
setInterval(count, 500);
goOn();
if (phone && onPhone.matches) startOnPhone();
else showCode();
