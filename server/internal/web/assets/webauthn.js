// What every page needs that talks to an authenticator: the JSON forms of
// WebAuthn, requests to the server, and how a refusal is shown.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

// Browsers that cannot read and write the JSON forms themselves get them read
// and written here.

export function creation({ publicKey }) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  return {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    user: { ...publicKey.user, id: bytes(publicKey.user.id) },
    excludeCredentials: (publicKey.excludeCredentials ?? []).map((c) => ({ ...c, id: bytes(c.id) })),
  };
}

export function request({ publicKey }) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
  return {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    allowCredentials: (publicKey.allowCredentials ?? []).map((c) => ({ ...c, id: bytes(c.id) })),
  };
}

export function written(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, rawId, type, response } = credential;
  const fields = {};
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[name]) fields[name] = text(response[name]);
  }
  if (response.getTransports) fields.transports = response.getTransports();
  return { id, rawId: text(rawId), type, response: fields, clientExtensionResults: credential.getClientExtensionResults() };
}

// post gives the answer; a refusal is thrown with its reason and its text.
export async function post(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
    cache: 'no-store',
  });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.message), { refused: true, ...said });
  return said;
}

// fail shows in place why it did not go well.
export function fail(place, error) {
  const shown = place.querySelector('[data-slot=passkey-error]');
  if (error.name === 'AbortError') return;
  if (error.error === 'step_up') {
    location.assign('/account/confirm');
    return;
  }
  // InvalidStateError: this authenticator has one of those that are excluded.
  const already = error.name === 'InvalidStateError' && place.dataset.already;
  shown.textContent = error.refused ? error.message : already || place.dataset.cancelled;
  shown.hidden = false;
  if (error.signal) PublicKeyCredential.signalUnknownCredential?.(error.signal);
}
