package plain

import (
	"context"
	"errors"
	"image"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// fake is the server of a conversation, with all that it keeps about Ada. A
// test changes it while the conversation waits.
type fake struct {
	me       pairing.Me
	apps     []pairing.AppGrant
	devices  []pairing.HamApp
	keys     []pairing.Passkey
	sessions []pairing.BrowserSession
	events   []pairing.Event
	picture  image.Image

	asked     pairing.Asked
	statuses  chan pairing.Status // what Status gives; it waits while there is nothing
	news      chan error          // nil: something changed; else the connection is lost
	tries     int
	fails     error // what every call but Me gives
	deaf      bool  // an approval is taken, and its answer lost
	redirects string

	did []string // acts, and what to

	passphrase string      // that the key is sealed with, empty if it is not
	isLocked   atomic.Bool // a test looks while the clock of the conversation runs
	hidden     bool        // nothing that is typed is shown
}

// Sealing and the like make the fake its own key's vault.
func (f *fake) Sealing() client.Sealing {
	if f.passphrase == "" {
		return client.Plain
	}
	return client.Passphrase
}

func (f *fake) Locked() bool { return f.isLocked.Load() }
func (f *fake) Lock()        { f.isLocked.Store(true) }

func (f *fake) Unlock(passphrase string) error {
	if passphrase != f.passphrase {
		return client.ErrPassphrase
	}
	f.isLocked.Store(false)
	return nil
}

const number = 42

var unreachable = &unreachableError{}

type unreachableError struct{}

func (*unreachableError) Error() string {
	return "cannot reach https://ham.example: connection refused"
}
func (*unreachableError) Is(target error) bool { return target == client.ErrUnreachable }

func refusal(code pairing.FailureCode, change func(f *pairing.Failure)) error {
	f := &client.Failure{Failure: pairing.Failure{Code: code, Description: "Because the test says so."}, Status: 400}
	if change != nil {
		change(&f.Failure)
	}
	return f
}

func day(n, hour int) time.Time { return time.Date(2026, 11, n, hour, 5, 0, 0, time.UTC) }

func ago(n, hour int) *time.Time { t := day(n, hour); return &t }

func newFake() *fake {
	scopes := []pairing.Scope{{Name: "profile", Title: "Nickname and picture"}, {Name: "is_student", Title: "Student status"}}
	return &fake{
		me: pairing.Me{UserID: "u1", Nickname: "Ada", DeviceID: "d1", IsStudent: true},
		apps: []pairing.AppGrant{
			{ClientID: "a1", Name: "Campus Library", Host: "library.example", Scopes: scopes, Since: day(1, 9), Used: day(20, 18)},
			{ClientID: "a2", Name: "大学図書館", Since: day(4, 7), Used: day(4, 7)},
		},
		devices: []pairing.HamApp{
			{ID: "d1", Name: "terminal", Since: day(1, 8), Used: ago(21, 10), This: true},
			{ID: "d2", Name: "Pixel 9", Since: day(2, 8)},
		},
		keys: []pairing.Passkey{
			{ID: "k1", Name: "iCloud Keychain", Since: day(2, 9), Used: ago(20, 9), Where: "Safari on macOS · 192.0.2.7", Synced: true},
			{ID: "k2", Since: day(5, 9), Suspicious: true},
		},
		sessions: []pairing.BrowserSession{
			{ID: "s1", Browser: "Firefox on Linux", Address: "192.0.2.7", Method: "app", Since: day(20, 8), Used: day(21, 10), ByThis: true},
			{ID: "s2", Browser: "Safari on iOS", Address: "2001:db8::7", Method: "passkey", Since: day(19, 8), Used: day(19, 9)},
		},
		events: []pairing.Event{
			{ID: "e1", Title: "New passkey: iCloud Keychain", At: day(21, 9), Browser: "Safari on macOS", Address: "192.0.2.7", Times: 1, Notice: true},
			{ID: "e2", Title: "Signed in to Campus Library", At: day(20, 18), How: "approved in the Ham app", Browser: "Firefox on Linux", Address: "192.0.2.7", Times: 3},
		},
		asked: pairing.Asked{
			Kind: pairing.KindAuthorize, PairingID: "ABCDEFGHIJKLMNOP", ClientID: "library", AppName: "Campus Library",
			IconURL: "https://cdn.library.example/icon.png", RedirectURI: "https://library.example/callback",
			Scopes: []pairing.Scope{
				{Name: "profile", Title: "Nickname and picture", Reveals: "The app sees your nickname and your picture.", Values: []string{"Ada", "no picture"}, Given: true},
				{Name: "is_student", Title: "Student status", Reveals: "The app sees whether you are a student.", Values: []string{"yes"}, LeftOut: true},
				{Name: "email", Title: "Address"},
			},
			Browser: &pairing.Browser{Name: "Chromium on Linux", Address: "192.0.2.7"},
			Status:  pairing.Status{State: pairing.Claimed, Version: 2, ExpiresIn: 60, TriesLeft: pairing.MaxTries},
		},
		statuses: make(chan pairing.Status), news: make(chan error), tries: pairing.MaxTries,
	}
}

// signIn turns the request into one that signs a browser in.
func (f *fake) signIn() {
	f.asked = pairing.Asked{Kind: pairing.KindSignIn, PairingID: f.asked.PairingID, Browser: f.asked.Browser, Status: f.asked.Status}
}

// ticket turns it into that of one which shows no number.
func (f *fake) ticket() {
	f.signIn()
	since := day(21, 11)
	f.asked.Kind, f.asked.Since = pairing.KindTicket, &since
}

func notice(id, title string) pairing.Notice {
	return pairing.Notice{ID: id, Kind: "passkey_added", Title: title, At: day(21, 11), Browser: "Safari on macOS", Address: "192.0.2.7"}
}

func request() pairing.BrowserRequest {
	return pairing.BrowserRequest{
		ID: "ABCDEFGHIJKLMNOP", Kind: pairing.KindAuthorize, AppName: "Campus Library", RedirectHost: "library.example",
		Browser: pairing.Browser{Name: "Firefox on Linux", Address: "192.0.2.9"}, ExpiresIn: 100,
	}
}

// act notes what is done.
func (f *fake) act(what string) error {
	if f.fails == nil {
		f.did = append(f.did, what)
	}
	return f.fails
}

func without[T any](all []T, is func(T) bool) []T { return slices.DeleteFunc(slices.Clone(all), is) }

func (f *fake) Check(link qr.Link) error {
	if link.Kind == qr.KindPairing && link.Origin != "https://ham.example" {
		return &client.HostError{Link: link.Origin, Enrolled: "https://ham.example"}
	}
	return nil
}

func (f *fake) Me(context.Context) (pairing.Me, error) {
	me := f.me
	me.Notices, me.Requests = slices.Clone(me.Notices), slices.Clone(me.Requests)
	if f.fails != nil && !errors.Is(f.fails, client.ErrUnreachable) && !errors.Is(f.fails, client.ErrNotSignedIn) {
		return me, nil
	}
	return me, f.fails
}

func (f *fake) Listen(ctx context.Context, l client.Listener) error {
	for {
		select {
		case err := <-f.news:
			if err == nil {
				l.Changed()
			} else if l.Lost(err); errors.Is(err, client.ErrNotSignedIn) {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *fake) SeeNotice(_ context.Context, id string) error {
	f.me.Notices = without(f.me.Notices, func(n pairing.Notice) bool { return n.ID == id })
	return f.act("seen " + id)
}

func (f *fake) Claim(context.Context, string) (*client.Ask, error) {
	if f.fails != nil {
		return nil, f.fails
	}
	return client.NewAsk(f.asked)
}

func (f *fake) AnswerRequest(ctx context.Context, id string) (*client.Ask, error) {
	f.me.Requests = without(f.me.Requests, func(r pairing.BrowserRequest) bool { return r.ID == id })
	return f.Claim(ctx, id)
}

func (f *fake) Status(ctx context.Context, _ string, _ int64, _ time.Duration) (pairing.Status, error) {
	select {
	case s := <-f.statuses:
		if s.State == "" {
			return s, refusal(pairing.FailNotFound, nil)
		}
		return s, nil
	case <-ctx.Done():
		return pairing.Status{}, ctx.Err()
	}
}

func (f *fake) Approve(_ context.Context, _ *client.Ask, typed int, scopes []string) (pairing.Status, error) {
	if f.fails != nil {
		return pairing.Status{}, f.fails
	}
	if typed != number {
		f.tries--
		return pairing.Status{}, refusal(pairing.FailNumber, func(r *pairing.Failure) { r.TriesLeft = f.tries })
	}
	status := pairing.Status{State: pairing.Approved, Version: 3, Scopes: scopes}
	if f.deaf {
		f.deaf = false
		f.did = append(f.did, "approved unheard")
		return pairing.Status{}, unreachable
	}
	return status, f.act("approved " + join(scopes))
}

func join(scopes []string) (all string) {
	for _, s := range scopes {
		all += s + ";"
	}
	return all
}

func (f *fake) ClaimTicket(ctx context.Context, ticket string) (*client.Ask, error) {
	return f.Claim(ctx, ticket)
}

func (f *fake) Confirm(context.Context, *client.Ask) (pairing.Status, error) {
	return pairing.Status{State: pairing.Approved, Version: 3}, f.act("confirmed")
}

func (f *fake) Deny(context.Context, *client.Ask) (pairing.Status, error) {
	return pairing.Status{State: pairing.Denied}, f.act("denied")
}

func (f *fake) CheckAuthorize(context.Context, url.Values) (*client.Ask, error) {
	asked := f.asked
	asked.PairingID, asked.Browser, asked.Status = "", nil, pairing.Status{}
	return &client.Ask{Asked: asked}, f.fails
}

func (f *fake) ApproveAuthorize(_ context.Context, _ *client.Ask, scopes []string) (string, error) {
	return f.redirects, f.act("approved " + join(scopes))
}

func (f *fake) DenyAuthorize(context.Context, *client.Ask) (string, error) {
	return "", f.act("denied")
}

func (f *fake) AllowRequests(_ context.Context, allow bool) error {
	f.me.MayBeAsked = allow
	return f.act("may be asked")
}

func (f *fake) ReportRequest(_ context.Context, id string) error {
	f.me.Requests = nil
	return f.act("reported " + id)
}

func (f *fake) Apps(context.Context) ([]pairing.AppGrant, error)    { return f.apps, f.fails }
func (f *fake) Devices(context.Context) ([]pairing.HamApp, error)   { return f.devices, f.fails }
func (f *fake) Passkeys(context.Context) ([]pairing.Passkey, error) { return f.keys, f.fails }
func (f *fake) Sessions(context.Context) ([]pairing.BrowserSession, error) {
	return f.sessions, f.fails
}

func (f *fake) Activity(_ context.Context, cursor string) ([]pairing.Event, string, error) {
	from := 0
	if cursor != "" {
		from = slices.IndexFunc(f.events, func(e pairing.Event) bool { return e.ID == cursor }) + 1
	}
	rest := f.events[from:]
	if len(rest) > 7 { // pages of the server are of another length than those of the conversation
		return rest[:7], rest[6].ID, f.fails
	}
	return rest, "", f.fails
}

func (f *fake) Revoke(_ context.Context, id string) error {
	f.apps = without(f.apps, func(g pairing.AppGrant) bool { return g.ClientID == id })
	return f.act("revoke " + id)
}

func (f *fake) RemoveDevice(_ context.Context, id string) error {
	f.devices = without(f.devices, func(d pairing.HamApp) bool { return d.ID == id })
	return f.act("remove " + id)
}

func (f *fake) PasskeyLink(context.Context) (pairing.PasskeyLink, error) {
	return pairing.PasskeyLink{Link: "https://ham.example/passkey/ABCDEFGHIJKLMNOPQRSTUVWXYZ", ExpiresIn: 300}, f.fails
}

func (f *fake) RenamePasskey(_ context.Context, id, name string) error {
	f.keys = slices.Clone(f.keys)
	for i := range f.keys {
		if f.keys[i].ID == id {
			f.keys[i].Name = name
		}
	}
	return f.act("rename " + id + " " + name)
}

func (f *fake) RemovePasskey(_ context.Context, id string) error {
	f.keys = without(f.keys, func(k pairing.Passkey) bool { return k.ID == id })
	return f.act("remove " + id)
}

func (f *fake) EndSession(_ context.Context, id string) error {
	f.sessions = without(f.sessions, func(s pairing.BrowserSession) bool { return s.ID == id })
	return f.act("end " + id)
}

func (f *fake) SetProfile(_ context.Context, p pairing.Profile) error {
	nickname, language := "-", "-"
	if p.Nickname != nil {
		nickname, f.me.Nickname = *p.Nickname, *p.Nickname
	}
	if p.Language != nil {
		language, f.me.Language = *p.Language, *p.Language
	}
	return f.act("profile " + nickname + "/" + language)
}

func (f *fake) Picture(context.Context) (image.Image, error) { return f.picture, f.fails }

func (f *fake) SetPicture(_ context.Context, file []byte) error {
	f.picture = image.NewRGBA(image.Rect(0, 0, 1, 1))
	return f.act("picture " + string(file))
}

func (f *fake) RemovePicture(context.Context) error {
	f.picture = nil
	return f.act("remove picture")
}

func (f *fake) Export(context.Context) ([]byte, error) { return []byte("{}\n"), f.fails }

func (f *fake) Deactivate(context.Context) (time.Time, error) {
	f.me.Leaves = ago(30, 10)
	return *f.me.Leaves, f.act("deactivate")
}

func (f *fake) Keep(context.Context) error {
	f.me.Leaves = nil
	return f.act("keep")
}
