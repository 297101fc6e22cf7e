//go:build unix

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/tui/client"
)

// mouse presses the place where text stands.
func (term *terminal) press(text string) {
	term.t.Helper()
	for y, line := range strings.Split(term.screen(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			x := len([]rune(before)) + 1 // one cell a letter here
			term.types(fmt.Sprintf("\x1b[<0;%d;%dM\x1b[<0;%d;%dm", x, y+1, x, y+1))
			return
		}
	}
	term.t.Fatalf("%q is not on the screen:\n%s", text, term.screen())
}

// gone waits until a text is no longer on the screen.
func (term *terminal) gone(text string) {
	term.t.Helper()
	eventually(term.t, fmt.Sprintf("%q gone from the screen", text), func() (string, bool) {
		screen := term.screen()
		return screen, !strings.Contains(screen, text)
	})
}

// accountScreens goes through the app while the account changes elsewhere.
func accountScreens(t *testing.T) {
	s := newStand(t).signIn()
	phone, err := client.Load(client.Options{Dir: s.config})
	if err != nil {
		t.Fatal(err)
	}
	tablet := s.AnotherPhone(s.user)
	token := s.Token(s.app, tablet)
	mensa := s.AddApp(func(c *server.Client) { c.Name = "Mensa" })
	s.Code(mensa, tablet)

	term := openTerminal(t, 80, 24)
	term.run("LANG=C.UTF-8 ham app --config " + s.config)
	term.shows("Scan a code", "1 Apps", "8 More")
	term.types("1")
	term.shows("Apps that know you", "Campus Library", "Mensa", "1 of 2", "Nickname and picture, Student status")

	// A revocation can be taken back; then it is done, and its token is dead.
	term.types("x")
	term.shows("Campus Library: access ends in", "u undo")
	term.gone("of 2")
	term.types("u")
	term.shows("1 of 2")
	term.types("x")
	term.shows("Campus Library no longer knows you.")
	if a := s.Userinfo(s.app, token); a.Status != http.StatusUnauthorized {
		t.Errorf("the token of a revoked app answers %d", a.Status)
	}
	term.types("/zzz")
	term.shows("Nothing matches “zzz”")
	term.keys("Escape")
	term.shows("Mensa")

	// What happens elsewhere shows by itself.
	s.Code(s.app, tablet)
	term.shows("Campus Library", "2 of 2")
	term.keys("Escape")
	term.shows("Scan a code")
	term.press("Ham apps")
	term.shows("terminal", "test phone", "this one")
	third := s.AnotherPhone(s.user)
	term.shows("of 3")
	if err := third.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	term.shows("of 2")
	term.types("jx")
	term.shows("Remove test phone?", "y yes")
	term.types("y")
	term.shows("test phone was removed.")
	if _, err := tablet.Me(t.Context()); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("the removed Ham app: %v", err)
	}
	term.gone("of 2") // the list is loaded again
	term.types("x")
	term.shows("This is the device that you use")

	// Without connection nothing is done, and it comes back by itself.
	s.Stop()
	term.shows("○ no connection")
	term.types("4")
	term.shows("Browsers that are signed in")
	term.types("6")
	term.shows("Profile")
	term.keys("Enter")
	term.types("a")
	term.keys("Enter")
	term.shows("nothing was done")
	s.Restart()
	term.gone("○ no connection")
	term.keys("Enter")
	term.shows("Saved.", "Lina ·")
	if me, err := phone.Me(t.Context()); err != nil || me.Nickname != "Lina" {
		t.Errorf("%+v, %v", me, err)
	}
	term.keys("Escape")
	term.shows("Scan a code")
	term.types("5")
	term.shows("What happened", "Ham app removed: test phone")

	// What waits is done also when the app is left.
	term.types("1")
	term.shows("Apps that know you", "1 of 2")
	term.types("x")
	term.shows("access ends in")
	term.keys("C-c")
	term.ended(0)
	if apps, err := phone.Apps(t.Context()); err != nil || len(apps) != 1 {
		t.Errorf("%d apps, %v", len(apps), err)
	}
}

// sealedKey has the key sealed with a passphrase, which is typed unseen.
func sealedKey(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham key seal --config " + s.config)
	term.shows("New passphrase, 8 characters at least:")
	term.types("correct horse")
	term.keys("Enter")
	term.shows("The same once more:")
	term.types("correct horze")
	term.keys("Enter")
	term.shows("the two are not the same; nothing was changed", "exit code 1.")
	term.run("clear; ham key seal --config " + s.config)
	term.gone("nothing was changed")
	term.shows("New passphrase")
	term.types("correct horse")
	term.keys("Enter")
	term.shows("The same once more:")
	term.types("correct horse")
	term.keys("Enter")
	term.shows("is kept sealed with a passphrase", "exit code 0.")

	term.run("clear; LANG=C.UTF-8 ham app --config " + s.config + " " + d.page.Link)
	term.shows("This device is locked")
	term.types("correct house")
	term.keys("Enter")
	term.shows("That is not the passphrase.", "*************")
	term.keys("Escape")
	term.gone("*")
	term.types("correct horse")
	term.keys("Enter")
	term.shows("Number on the desktop")
	term.types(strconv.Itoa(d.until("claimed").Number))
	term.keys("Enter")
	term.shows("Approved")
	d.finish()
	term.keys("C-c")
	term.ended(0)
	if raw, err := os.ReadFile(term.raw); err != nil || strings.Contains(string(raw), "horse") {
		t.Errorf("the passphrase was shown (%v)", err)
	}
}

// putAside has the shell stop the app by Ctrl-Z, and go on with it.
func putAside(t *testing.T) {
	s := newStand(t).signIn()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code", "? keys")
	term.keys("C-z")
	term.shows("exit code 148.")
	if alternate := strings.TrimSpace(term.ask("display-message", "-p", "#{alternate_on}")); alternate != "0" {
		t.Error("put aside, the app stays on the screen")
	}
	term.run("fg")
	term.shows("Scan a code", "? keys")
	term.types("8")
	term.shows("Browsers may ask this app")
	term.keys("C-c")
	term.ended(0)
}
