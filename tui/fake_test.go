package tui

import (
	"context"
	"image"
	"image/color"
	"slices"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// holdings are what the fake server keeps about Ada's account.
type holdings struct {
	apps     []pairing.AppGrant
	devices  []pairing.HamApp
	keys     []pairing.Passkey
	sessions []pairing.BrowserSession
	events   []pairing.Event
	picture  image.Image
	nickname string
	language string
	leaves   *time.Time
	mayAsk   bool

	passphrase string // that the key is sealed with, empty if it is not
	isLocked   bool
	requests   []pairing.BrowserRequest
	loads      int
	loadErr    error
	actErr     error
	acts       []string // what was done, and to what
}

func day(n, hour int) time.Time { return time.Date(2026, 11, n, hour, 5, 0, 0, time.UTC) }

func ago(n, hour int) *time.Time { t := day(n, hour); return &t }

// lived fills them as an account looks that has been used for a while.
func (f *fake) lived() {
	scopes := []pairing.Scope{{Name: "profile", Title: "Nickname and picture"}, {Name: "is_student", Title: "Student status"}}
	f.apps = []pairing.AppGrant{
		{ClientID: "a1", Name: "Campus Library", Host: "library.example", Scopes: scopes, Since: day(1, 9), Used: day(20, 18)},
		{ClientID: "a2", Name: "Mensa", Scopes: scopes[:1], Since: day(3, 12), Used: day(19, 11)},
		{ClientID: "a3", Name: "大学図書館カタログ検索システム 🎓", Host: "xn--fiqs8s.example", Since: day(4, 7), Used: day(4, 7)},
	}
	f.devices = []pairing.HamApp{
		{ID: "d1", Name: "terminal", Since: day(1, 8), Used: ago(21, 10), This: true},
		{ID: "d2", Name: "Pixel 9", Since: day(2, 8)},
	}
	f.keys = []pairing.Passkey{
		{ID: "k1", Name: "iCloud Keychain", Since: day(2, 9), Used: ago(20, 9), Where: "Safari on macOS · 192.0.2.7", Synced: true},
		{ID: "k2", Since: day(5, 9), Suspicious: true},
	}
	f.sessions = []pairing.BrowserSession{
		{ID: "s1", Browser: "Firefox on Linux", Address: "192.0.2.7", Method: "app", Since: day(20, 8), Used: day(21, 10), ByThis: true},
		{ID: "s2", Browser: "Safari on iOS", Address: "2001:db8::7", Method: "passkey", Since: day(19, 8), Used: day(19, 9)},
	}
	f.events = []pairing.Event{
		{ID: "e1", Title: "New passkey: iCloud Keychain", At: day(21, 9), Browser: "Safari on macOS", Address: "192.0.2.7", Times: 1, Notice: true},
		{ID: "e2", Title: "Signed in to Campus Library", At: day(20, 18), How: "approved in the Ham app", Browser: "Firefox on Linux", Address: "192.0.2.7", Times: 3},
	}
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			img.Set(x, y, color.RGBA{uint8(4 * x), uint8(4 * y), 120, 255})
		}
	}
	f.picture = img
}

func load[T any](ctx context.Context, f *fake, things []T) ([]T, error) {
	f.loads++
	return slices.Clone(things), f.wait(ctx, f.loadErr)
}

// act notes what is done, and takes it out of things.
func deed[T any](ctx context.Context, f *fake, what, id string, things *[]T, is func(T) bool) error {
	if err := f.wait(ctx, f.actErr); err != nil {
		return err
	}
	f.acts = append(f.acts, what+" "+id)
	*things = slices.DeleteFunc(*things, is)
	return nil
}

// Sealing and the like make the fake its own key's vault.
func (f *fake) Sealing() client.Sealing {
	if f.passphrase == "" {
		return client.Plain
	}
	return client.Passphrase
}

func (f *fake) Locked() bool { return f.isLocked }
func (f *fake) Lock()        { f.isLocked = true }

func (f *fake) Unlock(passphrase string) error {
	if passphrase != f.passphrase {
		return client.ErrPassphrase
	}
	f.isLocked = false
	return nil
}

func (f *fake) Listen(ctx context.Context, _ client.Listener) error {
	<-ctx.Done()
	return ctx.Err()
}

func (f *fake) Apps(ctx context.Context) ([]pairing.AppGrant, error) { return load(ctx, f, f.apps) }

func (f *fake) Devices(ctx context.Context) ([]pairing.HamApp, error) {
	return load(ctx, f, f.devices)
}

func (f *fake) Passkeys(ctx context.Context) ([]pairing.Passkey, error) { return load(ctx, f, f.keys) }

func (f *fake) Sessions(ctx context.Context) ([]pairing.BrowserSession, error) {
	return load(ctx, f, f.sessions)
}

func (f *fake) Activity(ctx context.Context, cursor string) ([]pairing.Event, string, error) {
	events, err := load(ctx, f, f.events)
	from := 0
	if cursor != "" {
		from = slices.IndexFunc(events, func(e pairing.Event) bool { return e.ID == cursor }) + 1
	}
	events = events[from:]
	if len(events) > 50 {
		return events[:50], events[49].ID, err
	}
	return events, "", err
}

func (f *fake) Revoke(ctx context.Context, id string) error {
	return deed(ctx, f, "revoke", id, &f.apps, func(g pairing.AppGrant) bool { return g.ClientID == id })
}

func (f *fake) RemoveDevice(ctx context.Context, id string) error {
	return deed(ctx, f, "remove", id, &f.devices, func(d pairing.HamApp) bool { return d.ID == id })
}

func (f *fake) RemovePasskey(ctx context.Context, id string) error {
	return deed(ctx, f, "remove", id, &f.keys, func(k pairing.Passkey) bool { return k.ID == id })
}

func (f *fake) RenamePasskey(ctx context.Context, id, name string) error {
	return deed(ctx, f, "rename to "+name, id, &f.keys, func(pairing.Passkey) bool { return false })
}

func (f *fake) EndSession(ctx context.Context, id string) error {
	return deed(ctx, f, "end", id, &f.sessions, func(s pairing.BrowserSession) bool { return s.ID == id })
}

func (f *fake) SetProfile(ctx context.Context, p pairing.Profile) error {
	was := func(p *string) string {
		if p == nil {
			return "-"
		}
		return *p
	}
	err := deed(ctx, f, "profile", was(p.Nickname)+"/"+was(p.Language), &f.apps, func(pairing.AppGrant) bool { return false })
	if err == nil && p.Nickname != nil {
		f.nickname = *p.Nickname
	}
	if err == nil && p.Language != nil {
		f.language = *p.Language
	}
	return err
}

func (f *fake) Picture(context.Context) (image.Image, error) { return f.picture, nil }

func (f *fake) SetPicture(ctx context.Context, file []byte) error {
	return deed(ctx, f, "picture", string(file), &f.apps, func(pairing.AppGrant) bool { return false })
}

func (f *fake) RemovePicture(ctx context.Context) error {
	f.picture = nil
	return deed(ctx, f, "remove", "picture", &f.apps, func(pairing.AppGrant) bool { return false })
}

func (f *fake) AllowRequests(ctx context.Context, allow bool) error {
	if err := f.wait(ctx, f.actErr); err != nil {
		return err
	}
	f.mayAsk = allow
	return nil
}

func (f *fake) AnswerRequest(ctx context.Context, id string) (*client.Ask, error) {
	f.acts = append(f.acts, "answer "+id)
	return f.ask, f.wait(ctx, f.askErr)
}

func (f *fake) ReportRequest(ctx context.Context, id string) error {
	f.requests = nil
	f.acts = append(f.acts, "report "+id)
	return f.wait(ctx, f.actErr)
}

// accounts and use make the driver the keeper of two accounts.
func (d *driver) accounts() ([]client.Kept, error) { return d.kept, d.keptErr }

func (d *driver) use(name string) (*account, error) {
	d.used = name
	if d.keptErr != nil {
		return nil, d.keptErr
	}
	other := *d.root.app.account
	other.name, other.host = "Ada L.", "other.example"
	return &other, nil
}

func (f *fake) Export(ctx context.Context) ([]byte, error) {
	return []byte("{}\n"), f.wait(ctx, f.actErr)
}

func (f *fake) Deactivate(ctx context.Context) (time.Time, error) {
	leaves := day(30, 10)
	err := deed(ctx, f, "deactivate", "", &f.apps, func(pairing.AppGrant) bool { return true })
	if err == nil {
		f.leaves = &leaves
	}
	return leaves, err
}

func (f *fake) Keep(ctx context.Context) error {
	f.leaves = nil
	return deed(ctx, f, "keep", "", &f.apps, func(pairing.AppGrant) bool { return false })
}
