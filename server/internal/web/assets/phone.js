// The page behind the QR code's link: on the person's own click it asks for a
// passkey, for this pairing alone, and goes on to what is asked.

import { fail, post, request, written } from './webauthn.js';

const place = document.querySelector('[data-slot=claim]');
const button = place.querySelector('[data-testid=claim]');
const { code } = place.dataset;

if (window.PublicKeyCredential) button.hidden = false;
else place.querySelector('[data-slot=unsupported]').hidden = false;

button.addEventListener('click', async () => {
  button.disabled = true;
  place.querySelector('[data-slot=passkey-error]').hidden = true;
  try {
    const { ceremony, options } = await post('/Q/options', { code });
    const credential = await navigator.credentials.get({ publicKey: request(options) });
    const { next } = await post('/Q/claim', { code, ceremony, answer: written(credential) });
    // In place of this page: what leads back to a claim that is made leads nowhere.
    location.replace(next);
  } catch (error) {
    fail(place, error);
    button.disabled = false;
  }
});

// A browser that brings this page back from its memory brings a button that
// nobody can press.
addEventListener('pageshow', ({ persisted }) => { if (persisted) button.disabled = false; });
