package account

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Page answers GET /account.
func (a *Account) Page(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if errors.Is(err, ErrSignedOut) {
		return a.SignIn(w, r, "")
	}
	if err != nil {
		return err
	}
	if p, ok := a.takePending(w, r, v); ok {
		if p.Path == "" {
			return back(w, r, p.Section)
		}
		return a.ask(w, r, v, p.Path, p.Fields)
	}
	page, err := a.look(r.Context(), v)
	if err != nil {
		return err
	}
	return a.Pages.Account(w, r, page)
}

// Confirm answers GET /account/confirm: the sign-in page, also for who is
// signed in already. A fresh sign-in leads back to the page.
func (a *Account) Confirm(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if err != nil && !errors.Is(err, ErrSignedOut) {
		return err
	}
	return a.SignIn(w, r, v.User.Nickname)
}

// look gathers what the page shows.
func (a *Account) look(ctx context.Context, v Visitor) (page web.AccountPage, err error) {
	u := v.User
	page = web.AccountPage{
		Nickname: u.Nickname, Picture: web.PicturePath(u.AvatarURL), Student: u.IsStudent, Language: u.Language, Leaves: u.Leaves,
		Form: a.formToken(v.Session), Passkeys: a.Passkeys != nil,
	}
	keys, err := a.DB.Passkeys(ctx, u.ID)
	if err != nil {
		return page, err
	}
	places, err := a.DB.PasskeyPlaces(ctx, u.ID)
	if err != nil {
		return page, err
	}
	for _, k := range keys {
		page.Keys = append(page.Keys, web.AccountKey{
			ID: k.ID, Name: k.Name, Created: k.Created, Used: k.LastUsed, Where: places[k.ID], Synced: k.BackedUp,
			Suspicious: !k.Suspicious.IsZero(), This: k.ID == v.Session.Opener,
		})
	}
	devices, err := a.DB.Devices(ctx, u.ID)
	if err != nil {
		return page, err
	}
	for _, d := range devices {
		page.Devices = append(page.Devices, web.AccountDevice{ID: d.ID, Name: d.Name, Since: d.Created, Used: d.Used, This: d.ID == v.Session.Opener})
	}
	notices, err := a.DB.Notices(ctx, u.ID, store.OnAccountPage, time.Time{})
	if err != nil {
		return page, err
	}
	for i, n := range shown(notices) {
		page.Notices = append(page.Notices, web.AccountNotice{AccountEvent: n, Held: !a.mayPutAway(v.Session, notices[i], keys, devices)})
	}
	if page.Sessions, err = a.sessions(ctx, v); err != nil {
		return page, err
	}
	if page.Tokens, err = a.tokens(ctx, u.ID); err != nil {
		return page, err
	}
	if page.Apps, err = a.apps(ctx, u.ID); err != nil {
		return page, err
	}
	if page.Recovery, err = a.DB.RecoveryCodes(ctx, u.ID); err != nil {
		return page, err
	}
	events, err := a.DB.Activity(ctx, u.ID, activity.Start, latestEvents)
	page.Events = shown(events)
	return page, err
}

func (a *Account) sessions(ctx context.Context, v Visitor) (rows []web.AccountSession, err error) {
	sessions, err := a.DB.Sessions(ctx, v.User.ID, a.Now())
	for _, s := range sessions {
		rows = append(rows, web.AccountSession{
			ID: s.ID, Browser: s.Browser, Address: s.Address, Method: s.Method, Begun: s.Begun, Seen: s.Seen, This: s.ID == v.Session.ID,
		})
	}
	return rows, err
}

func (a *Account) tokens(ctx context.Context, userID string) (rows []web.AccountToken, err error) {
	tokens, err := a.DB.APITokens(ctx, userID, a.Now())
	for _, t := range tokens {
		row := web.AccountToken{ID: t.ID, Name: t.Name, Last4: t.Last4, Used: t.Used, Expires: t.Expires}
		for _, scope := range t.Scopes {
			row.Scopes = append(row.Scopes, web.Scope{Name: scope})
		}
		rows = append(rows, row)
	}
	return rows, err
}

func (a *Account) apps(ctx context.Context, userID string) (rows []web.AccountApp, err error) {
	grants, err := a.DB.Grants(ctx, userID)
	for _, g := range grants {
		app := web.AccountApp{
			App:      web.NewApp(g.Client.ID, g.Client.Name, g.Client.IconURL, g.Client.Homepage, ""),
			ClientID: g.Client.ID, Since: g.Begun, Used: g.Used,
		}
		for _, scope := range g.Scopes {
			app.Scopes = append(app.Scopes, web.Scope{Name: scope})
		}
		rows = append(rows, app)
	}
	return rows, err
}

// signOut ends the session of this browser.
func (a *Account) signOut(w http.ResponseWriter, r *http.Request, v Visitor) error {
	a.clearCookies(w)
	return a.DB.SignOut(r.Context(), v.User.ID, v.Session.ID)
}

// endSession signs another browser out, or all others.
func (a *Account) endSession(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	if r.PostForm.Get("session") == "others" {
		return a.DB.EndOtherSessions(r.Context(), v.User.ID, v.Session.ID)
	}
	return a.DB.EndSession(r.Context(), v.User.ID, r.PostForm.Get("session"))
}

// revoke takes back what a third-party app was given: its tokens die at once.
func (a *Account) revoke(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	return a.DB.RevokeGrant(r.Context(), v.User.ID, r.PostForm.Get("client"))
}

// removeToken ends an API token at once. Like a revocation it wants no fresh
// sign-in: it gives nothing away.
func (a *Account) removeToken(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	return a.DB.DeleteAPIToken(r.Context(), v.User.ID, r.PostForm.Get("token"))
}
