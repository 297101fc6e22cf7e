// The phone's page while somebody decides. It works without this script, which
// counts the seconds down, and notices what the server knows already: that the
// sign-in was cancelled on the desktop, or that somebody else scanned too.

const page = document.querySelector('[data-testid=pairing-state]');
const slot = (name) => page.querySelector(`[data-slot=${name}]`);
const ends = performance.now() + slot('meter').value * 1000;

let leaving = false;
addEventListener('pagehide', () => { leaving = true; });
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.replace(page.dataset.path); });

setInterval(() => {
  const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
  slot('left').textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  slot('meter').value = left;
}, 500);

// A second click on the way would only ask the same again.
page.querySelector('form').addEventListener('submit', () => { leaving = true; });

async function look() {
  try {
    const answer = await fetch(page.dataset.path, { cache: 'no-store', signal: AbortSignal.timeout?.(10000) });
    const now = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (leaving) return;
    if (!answer.ok || now.querySelector('[data-testid=pairing-state]')?.dataset.state !== 'claimed') {
      if (answer.status < 500) location.replace(page.dataset.path);
    } else {
      slot('contested').hidden = now.querySelector('[data-slot=contested]').hidden;
    }
  } catch {
    // The network is away for a moment: the next look may go better.
  }
  if (!leaving) setTimeout(look, 3000);
}
setTimeout(look, 3000);

// A picture that does not come leaves the letter beneath it.
const icon = page.querySelector('.icon img');
icon?.addEventListener('error', () => icon.remove());
if (icon?.complete && !icon.naturalWidth) icon.remove();
