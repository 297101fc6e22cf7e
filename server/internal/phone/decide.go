package phone

import (
	"context"
	"crypto/hmac"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"hamconnect/passkey"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

func pagePath(id string) string { return "/Q/pairing/" + id }

// Page answers GET /Q/pairing/{id}: what is asked while it is claimed, and how
// it stands afterwards.
func (p *Phone) Page(w http.ResponseWriter, r *http.Request) error {
	claimed, secret, err := p.mine(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	if after := r.URL.Query().Get("after"); after != "" {
		if claimed, err = p.awaited(r, claimed.ID, after); err != nil {
			return err
		}
	}
	if claimed.State == pairing.Claimed {
		if err := p.counts(r.Context(), claimed); err != nil {
			return err
		}
	}
	return p.write(w, r, http.StatusOK, claimed, secret, web.Typed{})
}

// awaited gives a pairing once its version is not the one after which something
// new is asked for.
func (p *Phone) awaited(r *http.Request, id, after string) (pairing.Pairing, error) {
	release, ok := p.Waits.Take(limit.AddressKey(limit.Address(r)))
	if !ok {
		return pairing.Pairing{}, ErrTooMany
	}
	defer release()
	return p.Follower.After(r.Context(), id, follow.Most, after)
}

// counts refuses where the word of who claimed counts no more.
func (p *Phone) counts(ctx context.Context, claimed pairing.Pairing) error {
	user, err := p.DB.User(ctx, claimed.Claim.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return ErrRemoved
	}
	if err != nil {
		return err
	}
	if user.Disabled {
		return ErrDisabled
	}
	_, err = p.DB.Credential(ctx, claimed.Claim.PasskeyID)
	if errors.Is(err, passkey.UnknownCredential) {
		return ErrRemoved
	}
	return err
}

func (p *Phone) write(w http.ResponseWriter, r *http.Request, status int, claimed pairing.Pairing, secret oauth.Secret, typed web.Typed) error {
	asked := claimed.Request
	page := web.PhonePage{
		State:     string(claimed.State),
		Path:      pagePath(claimed.ID),
		Follow:    pagePath(claimed.ID) + "?after=" + follow.Version(claimed),
		Nickname:  claimed.Claim.Nickname,
		Browser:   claimed.Browser.Name,
		Address:   claimed.Browser.Address,
		Form:      formToken(claimed.ID, secret),
		Digest:    claimed.Shown().Digest(),
		Typed:     typed,
		TriesLeft: pairing.MaxTries - claimed.Claim.Wrong,
		Contested: claimed.Claim.Contested > 0,
		Seconds:   int(math.Ceil(claimed.Left(p.Now()).Seconds())),
		DecideFor: int(claimed.DecideFor().Seconds()),
	}
	if claimed.Kind == pairing.KindAuthorize {
		page.App = web.NewApp(asked.ClientID, asked.AppName, asked.IconURL, asked.Homepage, asked.RedirectURI)
		page.App.Username = asked.Dialect == string(oauth.OpenMaster)
	}
	for _, name := range asked.Scopes {
		page.Scopes = append(page.Scopes, web.Scope{Name: name})
	}
	return p.Pages.Phone(w, r, status, page)
}

// deciding gives the pairing that a form of this browser decides on. The form
// is parsed, and the token in it is that of the claim.
func (p *Phone) deciding(r *http.Request) (pairing.Pairing, oauth.Secret, error) {
	claimed, secret, err := p.mine(r, r.PathValue("id"))
	if err != nil {
		return claimed, "", err
	}
	if err := r.ParseForm(); err != nil {
		return claimed, "", ErrForm
	}
	if !hmac.Equal([]byte(r.PostForm.Get("form")), []byte(formToken(claimed.ID, secret))) {
		return claimed, "", ErrForm
	}
	return claimed, secret, p.counts(r.Context(), claimed)
}

func device(claimed pairing.Pairing, secret oauth.Secret) pairing.Device {
	c := claimed.Claim
	return pairing.Device{ID: deviceID(secret), PasskeyID: c.PasskeyID, UserID: c.UserID, Nickname: c.Nickname, AvatarURL: c.AvatarURL}
}

// Approve answers POST /Q/pairing/{id}/approve. After a wrong number the page
// comes again as it was, with what the person had unticked still unticked.
func (p *Phone) Approve(w http.ResponseWriter, r *http.Request) error {
	claimed, secret, err := p.deciding(r)
	if err != nil {
		return err
	}
	typed := web.Typed{Sent: true, Scopes: r.PostForm["scope"]}
	number, ok := twoDigits(r.PostForm.Get("number"))
	if !ok && claimed.State == pairing.Claimed {
		typed.NoNumber = true
		return p.write(w, r, http.StatusBadRequest, claimed, secret, typed)
	}
	after, err := p.Claims.Approve(r.Context(), claimed.ID, device(claimed, secret), pairing.Approval{
		Number: number, Scopes: typed.Scopes, Digest: r.PostForm.Get("digest"),
	})
	var wrong *pairing.NumberError
	if errors.As(err, &wrong) && after.State == pairing.Claimed {
		typed.WrongNumber = true
		return p.write(w, r, http.StatusForbidden, after, secret, typed)
	}
	return decided(w, r, claimed.ID, err)
}

// Deny answers POST /Q/pairing/{id}/deny.
func (p *Phone) Deny(w http.ResponseWriter, r *http.Request) error {
	claimed, secret, err := p.deciding(r)
	if err != nil {
		return err
	}
	_, err = p.Claims.Deny(r.Context(), claimed.ID, device(claimed, secret))
	return decided(w, r, claimed.ID, err)
}

// decided leads back to the page, which tells how the pairing stands, also
// where that is what forbade the step.
func decided(w http.ResponseWriter, r *http.Request, id string, err error) error {
	var (
		over  *pairing.StateError
		wrong *pairing.NumberError
	)
	if err != nil && !errors.As(err, &over) && !errors.As(err, &wrong) {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, pagePath(id), http.StatusSeeOther)
	return nil
}

// twoDigits reads a check number as a person types it. Keyboards for Chinese
// and Japanese may write the digits in full width.
func twoDigits(text string) (int, bool) {
	text = strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, strings.TrimSpace(text))
	n, err := strconv.Atoi(text)
	return n, err == nil && len(text) == 2 && n >= 10
}
