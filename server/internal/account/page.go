package account

import (
	"context"
	"errors"
	"net/http"

	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Page answers GET /account.
func (a *Account) Page(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if errors.Is(err, ErrSignedOut) {
		return a.SignIn(w, r)
	}
	if err != nil {
		return err
	}
	page, err := a.look(r.Context(), v)
	if err != nil {
		return err
	}
	return a.Pages.Account(w, r, page)
}

// Confirm answers GET /account/confirm: the sign-in page, also for who is
// signed in already. A fresh sign-in leads back to the page.
func (a *Account) Confirm(w http.ResponseWriter, r *http.Request) error { return a.SignIn(w, r) }

// look gathers what the page shows.
func (a *Account) look(ctx context.Context, v Visitor) (web.AccountPage, error) {
	page := web.AccountPage{Nickname: v.User.Nickname, Student: v.User.IsStudent, Form: a.formToken(v.Session)}
	sessions, err := a.DB.Sessions(ctx, v.User.ID, a.Now())
	if err != nil {
		return page, err
	}
	for _, s := range sessions {
		page.Sessions = append(page.Sessions, web.AccountSession{
			ID: s.ID, Browser: s.Browser, Address: s.Address, Method: s.Method, Begun: s.Begun, Seen: s.Seen, This: s.ID == v.Session.ID,
		})
	}
	page.Passkeys = a.Passkeys != nil
	keys, err := a.DB.Passkeys(ctx, v.User.ID)
	if err != nil {
		return page, err
	}
	for _, k := range keys {
		page.Keys = append(page.Keys, web.AccountKey{
			ID: k.ID, Name: k.Name, Created: k.Created, Used: k.LastUsed, Synced: k.BackedUp, Suspicious: !k.Suspicious.IsZero(),
		})
	}
	devices, err := a.DB.Devices(ctx, v.User.ID)
	if err != nil {
		return page, err
	}
	for _, d := range devices {
		page.Devices = append(page.Devices, web.AccountDevice{ID: d.ID, Name: d.Name, Since: d.Created})
	}
	grants, err := a.DB.Grants(ctx, v.User.ID)
	if err != nil {
		return page, err
	}
	for _, g := range grants {
		app := web.AccountApp{ClientID: g.Client.ID, Name: g.Client.Name, Homepage: g.Client.Homepage, Since: g.Begun, Used: g.Given}
		for _, scope := range g.Scopes {
			app.Scopes = append(app.Scopes, web.Scope{Name: scope})
		}
		page.Apps = append(page.Apps, app)
	}
	return page, nil
}

// SignOut ends the session of this browser.
func (a *Account) SignOut() func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return a.act(func(r *http.Request, v Visitor) error {
			a.clearCookies(w)
			return a.DB.EndSession(r.Context(), v.User.ID, v.Session.ID)
		})(w, r)
	}
}

// EndSession signs another browser out, or all others.
func (a *Account) EndSession() func(http.ResponseWriter, *http.Request) error {
	return a.act(func(r *http.Request, v Visitor) error {
		if r.PostForm.Get("session") == "others" {
			return a.DB.EndOtherSessions(r.Context(), v.User.ID, v.Session.ID)
		}
		return a.DB.EndSession(r.Context(), v.User.ID, r.PostForm.Get("session"))
	})
}

// RemoveDevice signs a Ham app out.
func (a *Account) RemoveDevice() func(http.ResponseWriter, *http.Request) error {
	return a.sensitive(func(r *http.Request, v Visitor) error {
		return a.DB.RemoveUserDevice(r.Context(), a.removal(v, r.PostForm.Get("device")))
	})
}

func (a *Account) removal(v Visitor, id string) store.Removal {
	return store.Removal{UserID: v.User.ID, ID: id, KeepSession: v.Session.ID, PasskeysOff: a.Passkeys == nil}
}

// Revoke takes back what a third-party app was given: its tokens die at once.
func (a *Account) Revoke() func(http.ResponseWriter, *http.Request) error {
	return a.act(func(r *http.Request, v Visitor) error {
		return a.DB.RevokeGrant(r.Context(), v.User.ID, r.PostForm.Get("client"))
	})
}
