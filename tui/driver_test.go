package tui

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// fake is the server behind the screens; each field answers a call.
type fake struct {
	holdings

	me       error
	notices  []pairing.Notice // what Me gives of them
	asked    int              // calls of Me
	see      error
	seen     []string // ids
	marks    int      // calls of SeeNotice
	link     pairing.PasskeyLink
	linkErr  error
	links    int // calls of PasskeyLink
	ask      *client.Ask
	askErr   error
	status   chan pairing.Status // what Status gives; it waits while there is nothing
	approve  error
	deny     error
	redirect string
	hang     bool // calls wait until they are cancelled

	approved  []string // scopes of the last approval
	confirmed int      // tickets that were
	number    int
}

func (f *fake) wait(ctx context.Context, err error) error {
	if f.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (f *fake) Check(link qr.Link) error {
	if link.Kind == qr.KindPairing && link.Origin != "https://ham.example" {
		return &client.HostError{Link: link.Origin, Enrolled: "https://ham.example"}
	}
	return nil
}

func (f *fake) Me(context.Context) (pairing.Me, error) {
	f.asked++
	return pairing.Me{
		Nickname: cmp.Or(f.nickname, "Ada"), Language: f.language, IsStudent: true, Leaves: f.leaves, MayBeAsked: f.mayAsk, Requests: f.requests, Notices: slices.Clone(f.notices),
	}, f.me
}

func (f *fake) SeeNotice(ctx context.Context, id string) error {
	f.marks++
	if err := f.wait(ctx, f.see); err != nil {
		return err
	}
	f.seen = append(f.seen, id)
	f.notices = slices.DeleteFunc(f.notices, func(n pairing.Notice) bool { return n.ID == id })
	return nil
}

func (f *fake) PasskeyLink(ctx context.Context) (pairing.PasskeyLink, error) {
	f.links++
	return f.link, f.wait(ctx, f.linkErr)
}

func (f *fake) Claim(ctx context.Context, _ string) (*client.Ask, error) {
	return f.ask, f.wait(ctx, f.askErr)
}

func (f *fake) Status(ctx context.Context, _ string, _ int64, _ time.Duration) (pairing.Status, error) {
	select {
	case s := <-f.status:
		return s, nil
	case <-ctx.Done():
		return pairing.Status{}, ctx.Err()
	}
}

func (f *fake) Approve(ctx context.Context, _ *client.Ask, number int, scopes []string) (pairing.Status, error) {
	f.number, f.approved = number, scopes
	return pairing.Status{State: pairing.Approved, Version: 3, Scopes: scopes}, f.wait(ctx, f.approve)
}

func (f *fake) ClaimTicket(ctx context.Context, _ string) (*client.Ask, error) {
	return f.ask, f.wait(ctx, f.askErr)
}

func (f *fake) Confirm(ctx context.Context, _ *client.Ask) (pairing.Status, error) {
	f.confirmed++
	return pairing.Status{State: pairing.Approved, Version: 3}, f.wait(ctx, f.approve)
}

func (f *fake) Deny(ctx context.Context, _ *client.Ask) (pairing.Status, error) {
	return pairing.Status{State: pairing.Denied}, f.wait(ctx, f.deny)
}

func (f *fake) CheckAuthorize(ctx context.Context, _ url.Values) (*client.Ask, error) {
	return f.ask, f.wait(ctx, f.askErr)
}

func (f *fake) ApproveAuthorize(ctx context.Context, _ *client.Ask, scopes []string) (string, error) {
	f.approved = scopes
	return f.redirect, f.wait(ctx, f.approve)
}

func (f *fake) DenyAuthorize(ctx context.Context, _ *client.Ask) (string, error) {
	return "", f.wait(ctx, f.deny)
}

// driver plays the part of Bubble Tea inside a synctest bubble, where time
// passes only when a test sleeps.
type driver struct {
	t        *testing.T
	root     *root
	fake     *fake
	messages chan tea.Msg
	quit     bool
	opened   []string
	openErr  error
	enroll   error
	enrolled []qr.Link // what was tried, too
	kept     []client.Kept
	keptErr  error
	used     string
	eyes     *eyes
}

// drive runs a test with the app at 80×24; signedOut starts it without an account.
func drive(t *testing.T, signedOut bool, test func(d *driver)) {
	t.Helper()
	driveIn(t, "en", signedOut, test)
}

// driveIn is drive where the environment asks for a language.
func driveIn(t *testing.T, language string, signedOut bool, test func(d *driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		renderer := lipgloss.NewRenderer(io.Discard)
		renderer.SetColorProfile(termenv.Ascii)
		renderer.SetHasDarkBackground(true)
		d := &driver{t: t, fake: &fake{status: make(chan pairing.Status, 9)}, messages: make(chan tea.Msg, 1000)}
		d.eyes = &eyes{}
		d.fake.link = pairing.PasskeyLink{Link: "https://ham.example/passkey/ABCDEFGHIJKLMNOPQRSTUVWXYZ", ExpiresIn: 300}
		ada := &account{Server: d.fake, name: "Ada", host: "ham.example", vault: d.fake, page: "https://ham.example/account", place: time.UTC}
		a := &app{
			ctx: ctx, now: func() time.Time { return time.Now().UTC() }, styles: newStyles(renderer), account: ada, texts: speak(language), local: language,
			sources: d.eyes.sources(),
			open:    func(url string) error { d.opened = append(d.opened, url); return d.openErr },
			keep:    d, enroll: func(_ context.Context, link qr.Link, _ bool) (*account, error) {
				d.enrolled = append(d.enrolled, link)
				if d.enroll != nil {
					return nil, d.enroll
				}
				return ada, nil
			},
		}
		if signedOut {
			a.account = nil
		}
		d.fake.ask = ask(t, nil)
		d.root = newRoot(a, "", "")
		d.run(d.root.Init())
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		test(d)
		d.root.screen.leave()
		cancel()
		time.Sleep(time.Minute) // the last ticks end; no time passes for that
	})
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd != nil {
		go func() { d.messages <- cmd() }()
	}
	d.settle()
}

// settle takes in all that is there without time passing.
func (d *driver) settle() {
	for {
		synctest.Wait()
		select {
		case msg := <-d.messages:
			switch msg := msg.(type) {
			case tea.BatchMsg:
				for _, cmd := range msg {
					d.run(cmd)
				}
			case tea.QuitMsg:
				d.quit = true
			case spinner.TickMsg, nil: // a spinner turns for ever
			default:
				_, cmd := d.root.Update(msg)
				d.run(cmd)
			}
		default:
			return
		}
	}
}

func (d *driver) send(msg tea.Msg) {
	_, cmd := d.root.Update(msg)
	d.run(cmd)
}

// pass lets time pass a second at a time.
func (d *driver) pass(seconds int) {
	for range seconds {
		time.Sleep(time.Second)
		d.settle()
	}
}

// keys presses keys by their names, and types everything else.
func (d *driver) keys(names ...string) {
	known := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown, "tab": tea.KeyTab,
		"ctrl+c": tea.KeyCtrlC, "backspace": tea.KeyBackspace, "f1": tea.KeyF1, "f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4, "f8": tea.KeyF8,
		"left": tea.KeyLeft, "right": tea.KeyRight, "pgdown": tea.KeyPgDown, "ctrl+r": tea.KeyCtrlR,
		"ctrl+v": tea.KeyCtrlV, "ctrl+s": tea.KeyCtrlS, "ctrl+o": tea.KeyCtrlO,
	}
	for _, name := range names {
		if k, ok := known[name]; ok {
			d.send(tea.KeyMsg{Type: k})
			continue
		}
		for _, r := range name {
			if r == ' ' {
				d.send(tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{r}})
			} else {
				d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
			}
			if h, ok := d.root.screen.(*home); ok && h.entry.input.Value() == string(r) && len(name) == 1 { // a digit leads away in a moment
				time.Sleep(jumpAfter)
				d.settle()
			}
		}
	}
}

func (d *driver) paste(text string) {
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
}

const goodLink = "HTTPS://HAM.EXAMPLE/Q/ABCDEFGHABCDEFGHABCDEFGHABCDEFGHABCDEFGHAB"

// scan goes to the consent screen of a request.
func (d *driver) scan(change func(a *pairing.Asked)) {
	d.fake.ask = ask(d.t, change)
	d.paste(goodLink)
	d.keys("enter")
	if _, ok := d.root.screen.(*consent); !ok {
		d.t.Fatalf("not at the consent screen but at %T", d.root.screen)
	}
}

func ask(t *testing.T, change func(a *pairing.Asked)) *client.Ask {
	t.Helper()
	asked := pairing.Asked{
		Kind:      pairing.KindAuthorize,
		PairingID: "AAAAAAAAAAAAAAAA", ClientID: "library", AppName: "Campus Library",
		IconURL: "https://cdn.library.example/icon.png", RedirectURI: "https://library.example/callback",
		Scopes: []pairing.Scope{
			{Name: "profile", Title: "Nickname and picture", Reveals: "The app sees your nickname and your picture."},
			{Name: "is_student", Title: "Student status", Reveals: "The app sees whether you are a student."},
		},
		Browser: &pairing.Browser{Name: "Chromium on Linux", Address: "192.0.2.7"},
		Status:  pairing.Status{State: pairing.Claimed, Version: 2, ExpiresIn: 60, TriesLeft: 3},
	}
	if change != nil {
		change(&asked)
	}
	k, err := client.NewAsk(asked)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func failure(code pairing.FailureCode, change func(f *client.Failure)) error {
	f := &client.Failure{Failure: pairing.Failure{Code: code}}
	if change != nil {
		change(f)
	}
	return f
}

// at reports whether the app shows a screen of type S.
func at[S screen](d *driver) bool {
	_, ok := d.root.screen.(S)
	return ok
}

func want[S screen](d *driver) {
	d.t.Helper()
	if !at[S](d) {
		d.t.Errorf("at %T, want %T", d.root.screen, *new(S))
	}
}

// changed is word from the server that the account may look different.
func (d *driver) changed() { d.send(newsMsg{of: d.root.app.account}) }
