// Passkeys: signing in on the sign-in page, by button and by autofill, and
// adding one on the account page or by a link of the Ham app.
//
// Only one request may be pending in a browser, so the button ends autofill's
// before it asks, and each gets a challenge of its own.

import { creation, fail, post, request, written } from './webauthn.js';

const signIn = document.querySelector('[data-slot=passkey]');
if (signIn && window.PublicKeyCredential) offerSignIn(signIn);

function offerSignIn(place) {
  const button = place.querySelector('button');
  let pending = new AbortController();
  let signing = false; // a passkey was chosen: a second one would sign in twice

  async function ask(mediation) {
    const { signal } = pending;
    const { ceremony, options } = await post('/passkeys/login/options');
    signal.throwIfAborted();
    const credential = await navigator.credentials.get({ publicKey: request(options), signal, ...(mediation && { mediation }) });
    signal.throwIfAborted();
    signing = true;
    try {
      await post('/passkeys/login', { ceremony, answer: written(credential) });
      location.assign(place.dataset.next);
    } catch (error) {
      signing = false;
      throw error;
    }
  }

  // autofill waits for as long as the page is open; its challenge is made anew
  // before it is too old.
  async function autofill() {
    const own = pending;
    const renew = setTimeout(() => { if (signing) return; own.abort(); pending = new AbortController(); autofill(); }, 4 * 60 * 1000);
    try {
      await ask('conditional');
    } catch (error) {
      if (error.refused) fail(place, error);
    } finally {
      clearTimeout(renew);
    }
  }

  button.addEventListener('click', async () => {
    if (signing) return;
    pending.abort();
    pending = new AbortController();
    button.disabled = true;
    place.querySelector('[data-slot=passkey-error]').hidden = true;
    try {
      await ask();
    } catch (error) {
      fail(place, error);
    }
    button.disabled = false;
  });

  place.hidden = false;
  PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => { if (can) autofill(); });
}

const adding = document.querySelector('[data-slot=add-passkey]');
if (adding) {
  if (window.PublicKeyCredential) offerAdding(adding);
  else adding.querySelector('[data-slot=unable]')?.removeAttribute('hidden');
}

// On the account page a session says whose passkey it will be, on the page
// behind a link the link's code.
function offerAdding(place) {
  const button = place.querySelector('[data-testid=add-passkey]');
  const { form, code } = place.dataset;
  const path = code ? '/passkeys/add' : '/account/passkeys';
  button.hidden = false;
  button.addEventListener('click', async () => {
    button.disabled = true;
    place.querySelector('[data-slot=passkey-error]').hidden = true;
    try {
      const { ceremony, options } = await post(path + '/options', { form, code });
      const credential = await navigator.credentials.create({ publicKey: creation(options) });
      await post(path, { form, code, ceremony, answer: written(credential) });
      if (code) {
        for (const part of place.querySelectorAll('[data-slot=ask]')) part.hidden = true;
        place.querySelector('[data-slot=added]').hidden = false;
      } else {
        location.reload();
      }
    } catch (error) {
      fail(place, error);
    }
    button.disabled = false;
  });
}
