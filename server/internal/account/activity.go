package account

import (
	"net/http"
	"slices"
	"time"

	"hamconnect/passkey"
	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

const (
	latestEvents = 10  // on the account page
	pageOfEvents = 100 // on the page of its own
)

// Activity answers GET /account/activity?before=PLACE.
func (a *Account) Activity(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if err != nil {
		return err
	}
	after, ok := activity.ParsePlace(r.URL.Query().Get("before"))
	if !ok {
		return store.ErrNotFound
	}
	events, err := a.DB.Activity(r.Context(), v.User.ID, after, pageOfEvents)
	if err != nil {
		return err
	}
	page := web.ActivityPage{Events: shown(events)}
	if len(events) == pageOfEvents {
		page.Older = "/account/activity?before=" + events[len(events)-1].Place().String()
	}
	return a.Pages.Activity(w, r, page)
}

// shown gives events as pages show them.
func shown(events []activity.Event) []web.AccountEvent {
	var rows []web.AccountEvent
	for _, e := range events {
		rows = append(rows, web.AccountEvent{
			ID: e.ID, Kind: string(e.Kind), Method: e.Method, Name: e.Name, Browser: e.Browser, Address: e.Address, At: e.At, Times: e.Times,
		})
	}
	return rows
}

// noticeHeld is how long a notice can be put away only by who has signed in
// after it with what they had before it. A thief who adds a passkey, connects
// an app, or has copied a cookie, cannot make the news of it disappear; nor is
// who has nothing older left with it for ever.
const noticeHeld = 7 * 24 * time.Hour

// mayPutAway reports whether the session may mark a notice as seen.
func (a *Account) mayPutAway(s session.Session, e activity.Event, keys []passkey.Credential, devices []store.Device) bool {
	if a.Now().Sub(e.At) >= noticeHeld {
		return true
	}
	return s.Begun.After(e.At) && s.Opener != e.Subject &&
		(slices.ContainsFunc(keys, func(k passkey.Credential) bool { return k.ID == s.Opener && k.Created.Before(e.At) }) ||
			slices.ContainsFunc(devices, func(d store.Device) bool { return d.ID == s.Opener && d.Created.Before(e.At) }))
}

// seeNotice marks a notice as seen on the account page.
func (a *Account) seeNotice(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	notices, err := a.DB.Notices(r.Context(), v.User.ID, store.OnAccountPage, time.Time{})
	if err != nil {
		return err
	}
	keys, err := a.DB.Passkeys(r.Context(), v.User.ID)
	if err != nil {
		return err
	}
	devices, err := a.DB.Devices(r.Context(), v.User.ID)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if n.ID == r.PostForm.Get("notice") && a.mayPutAway(v.Session, n, keys, devices) {
			return a.DB.SeeNotice(r.Context(), v.User.ID, store.OnAccountPage, n.ID)
		}
	}
	return nil
}
