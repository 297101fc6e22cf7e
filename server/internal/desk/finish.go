package desk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Finish spends the approval and sends the browser to the app, with the code
// that is minted here, once. Only the browser that began the pairing can; see
// the package's comment on why a GET may do it.
func (d *Desk) Finish(w http.ResponseWriter, r *http.Request) error {
	id, secret, err := d.finishing(r)
	if err != nil {
		return err
	}
	var code oauth.Code
	var to string
	p, err := d.DB.FinishPairing(r.Context(), id, d.finish(pairing.KindAuthorize, secret),
		func(p pairing.Pairing, c oauth.Client, u oauth.User) (oauth.Code, error) {
			request := thaw(p.Request, c)
			if c.Disabled || !u.MayUseApps() || !c.AllowsRedirect(request.RedirectURI, d.Sandbox) || request.Implicit && !c.Implicit {
				return oauth.Code{}, ErrNotAllowed
			}
			code, to = request.Grant(oauth.Agreement{UserID: u.ID, Granted: p.Granted, Method: browser.Method(p), Opener: browser.Opener(p), At: d.Now(), GrantAge: d.GrantAge})
			return code, nil
		})
	if errors.Is(err, store.ErrNotFound) { // client or user were deleted
		err = ErrNotAllowed
	}
	err = d.orState(err, pairing.KindAuthorize, id, secret)
	if refusal := refusalRedirect(p, err); refusal != "" {
		return d.leave(w, id, refusal)
	}
	if err != nil {
		return fmt.Errorf("finishing a pairing: %w", err)
	}
	d.Log.InfoContext(r.Context(), "code issued", "pairing", id, "app", p.Request.AppName, "code", code.Hash.Short())
	return d.leave(w, id, to)
}

// finishing gives the pairing that a request wants to finish, and the secret
// that it brings.
func (d *Desk) finishing(r *http.Request) (id string, secret oauth.Secret, err error) {
	if r.Method != http.MethodGet || !ownNavigation(r) {
		return "", "", ErrOrigin
	}
	id = r.URL.Query().Get("pairing")
	secret, err = d.secret(r, id)
	return id, secret, err
}

// ownNavigation reports whether a page of this origin led here, or nobody did,
// as far as the browser says.
func ownNavigation(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none"
}

// finish is the transition; a pairing of another kind is not known here.
func (d *Desk) finish(kind pairing.Kind, secret oauth.Secret) func(*pairing.Pairing) error {
	return func(p *pairing.Pairing) error {
		if p.Kind != kind {
			return pairing.ErrNotFound
		}
		return p.Finish(d.Now(), secret.Reveal())
	}
}

// FinishHere spends the approval of a browser's own sign-in: the session
// begins in the same step.
func (d *Desk) FinishHere(w http.ResponseWriter, r *http.Request) error {
	id, secret, err := d.finishing(r)
	if err != nil {
		return err
	}
	var begun session.Session
	var pair session.Pair
	_, err = d.DB.FinishSignIn(r.Context(), id, d.finish(pairing.KindSignIn, secret),
		func(p pairing.Pairing, u oauth.User) (session.Session, error) {
			var err error
			begun, pair, err = d.FromPairing(p, u)
			return begun, err
		})
	if errors.Is(err, store.ErrNotFound) { // the user was deleted
		err = ErrNotAllowed
	}
	if err = d.orState(err, pairing.KindSignIn, id, secret); err != nil {
		return fmt.Errorf("finishing a browser's sign-in: %w", err)
	}
	d.Log.InfoContext(r.Context(), "browser signed in", "pairing", id, "browser", begun.Browser, "address", begun.Address)
	d.SignedIn(w, r, begun, pair)
	return d.leave(w, id, "/account")
}

// refusalRedirect is where a refused pairing goes whose app wants to be told.
func refusalRedirect(p pairing.Pairing, err error) string {
	var over *pairing.StateError
	if !errors.As(err, &over) || !p.Request.RedirectErrors || over.State != pairing.Denied && over.State != pairing.Cancelled {
		return ""
	}
	request := thaw(p.Request, oauth.Client{RedirectErrors: true})
	return request.Refuse(&oauth.Error{Code: oauth.AccessDenied, Description: "The person refused"}).To
}

// leave sends the browser away for good. Nothing of this page goes with it.
func (d *Desk) leave(w http.ResponseWriter, id, to string) error {
	d.setSecret(w, id, "")
	return web.Leave(w, to)
}

// Cancel ends the pairing from the desktop: by "cancel", or by "not me" after
// the approval.
func (d *Desk) Cancel(w http.ResponseWriter, r *http.Request) error {
	p, secret, err := d.mine(r)
	if err != nil {
		return err
	}
	if !p.State.Over() {
		p, err = d.DB.UpdatePairing(r.Context(), p.ID, func(p *pairing.Pairing) error {
			return p.Cancel(d.Now(), secret.Reveal())
		})
	}
	var over *pairing.StateError
	if err != nil && !errors.As(err, &over) { // one that is over is shown as it ended
		return fmt.Errorf("cancelling a pairing: %w", err)
	}
	d.Log.InfoContext(r.Context(), "cancelled on the desktop", "pairing", p.ID)
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		return d.writeView(w, p)
	}
	http.Redirect(w, r, plainPath(p), http.StatusSeeOther) //nolint:gosec // a path of our own
	return nil
}

// AppPicture is the icon of the app in the path's {client}.
func (d *Desk) AppPicture(w http.ResponseWriter, r *http.Request) error {
	client, err := d.DB.Client(r.Context(), r.PathValue("client"))
	if err != nil || client.IconURL == "" {
		return pairing.ErrNotFound
	}
	return d.writePicture(w, r, client.IconURL)
}

// AccountPicture is that of the person who scanned, for the browser that shows
// the code.
func (d *Desk) AccountPicture(w http.ResponseWriter, r *http.Request) error {
	p, _, err := d.mine(r)
	if err != nil || p.Claim.AvatarURL == "" || !p.Named() {
		return pairing.ErrNotFound
	}
	return d.writePicture(w, r, p.Claim.AvatarURL)
}

func (d *Desk) writePicture(w http.ResponseWriter, r *http.Request, address string) error {
	if _, err := url.Parse(address); err != nil {
		return pairing.ErrNotFound
	}
	png, err := d.Pictures.Get(r.Context(), address)
	if err != nil {
		d.Log.InfoContext(r.Context(), "a picture could not be fetched", "error", err)
		return pairing.ErrNotFound
	}
	picture.Serve(w, png, false)
	return nil
}
