package appapi

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/activity"
)

// pageSize is how many items of a long list come at a time: with the longest
// names an answer stays below what the app takes.
const pageSize = 50

var errCursor = invalid("after must be the next of the page before")

// Apps answers GET /app/v1/apps: what third-party apps may see, by name.
func (a *App) Apps() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, _ none) (page pairing.Page[pairing.AppGrant], err error) {
		name, id, err := afterApp(r.URL.Query().Get("after"))
		if err != nil {
			return page, err
		}
		grants, err := a.DB.GrantsAfter(ctx, who.user.ID, name, id, pageSize)
		page.Items = make([]pairing.AppGrant, len(grants))
		for i, g := range grants {
			page.Items[i] = pairing.AppGrant{
				ClientID: g.Client.ID, Name: g.Client.Name, Host: hostOf(g.Client.Homepage), Scopes: inWords(g.Scopes, who.texts), Since: g.Begun, Used: g.Used,
			}
		}
		if len(grants) == pageSize {
			last := grants[pageSize-1].Client
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(last.ID + "\x00" + last.Name))
		}
		return page, err
	})
}

// afterApp reads the cursor of Apps.
func afterApp(cursor string) (name, id string, err error) {
	if cursor == "" {
		return "", "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	id, name, ok := strings.Cut(string(text), "\x00")
	if err != nil || !ok {
		return "", "", errCursor
	}
	return name, id, nil
}

// Devices answers GET /app/v1/devices.
func (a *App) Devices() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (page pairing.Page[pairing.HamApp], err error) {
		devices, err := a.DB.Devices(ctx, who.user.ID)
		page.Items = make([]pairing.HamApp, len(devices))
		for i, d := range devices {
			page.Items[i] = pairing.HamApp{ID: d.ID, Name: d.Name, Since: d.Created, Used: moment(d.Used), This: d.ID == who.device.ID}
		}
		return page, err
	})
}

// Passkeys answers GET /app/v1/passkeys.
func (a *App) Passkeys() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (page pairing.Page[pairing.Passkey], err error) {
		keys, err := a.DB.Passkeys(ctx, who.user.ID)
		if err != nil {
			return page, err
		}
		places, err := a.DB.PasskeyPlaces(ctx, who.user.ID)
		page.Items = make([]pairing.Passkey, len(keys))
		for i, k := range keys {
			page.Items[i] = pairing.Passkey{
				ID: k.ID, Name: k.Name, Since: k.Created, Used: moment(k.LastUsed), Where: places[k.ID], Synced: k.BackedUp, Suspicious: !k.Suspicious.IsZero(),
			}
		}
		return page, err
	})
}

// Sessions answers GET /app/v1/sessions: browsers, the latest used first.
func (a *App) Sessions() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (page pairing.Page[pairing.BrowserSession], err error) {
		sessions, err := a.DB.Sessions(ctx, who.user.ID, a.Now())
		page.Items = make([]pairing.BrowserSession, len(sessions))
		for i, s := range sessions {
			page.Items[i] = pairing.BrowserSession{
				ID: s.ID, Browser: s.Browser, Address: s.Address, Method: s.Method, Since: s.Begun, Used: s.Seen, ByThis: s.Opener == who.device.ID,
			}
		}
		return page, err
	})
}

// Activity answers GET /app/v1/activity: what happened, latest first.
func (a *App) Activity() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, _ none) (page pairing.Page[pairing.Event], err error) {
		after, ok := activity.ParsePlace(r.URL.Query().Get("after"))
		if !ok {
			return page, errCursor
		}
		events, err := a.DB.Activity(ctx, who.user.ID, after, pageSize)
		page.Items = make([]pairing.Event, len(events))
		for i, e := range events {
			page.Items[i] = pairing.Event{
				ID: e.ID, Kind: string(e.Kind), Title: who.texts.EventTitle(string(e.Kind), e.Name), At: e.At, How: who.texts.EventHow(e.Method),
				Browser: e.Browser, Address: e.Address, Times: e.Times, Notice: e.Notice,
			}
		}
		if len(events) == pageSize {
			page.Next = events[pageSize-1].Place().String()
		}
		return page, err
	})
}
