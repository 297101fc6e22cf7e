//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// onlyText ends the app and looks at all that it wrote to the terminal, from
// the start of the command on: nothing that a terminal obeys may be in it.
func (term *terminal) onlyText(command string) {
	term.t.Helper()
	term.ended(0)
	raw, err := os.ReadFile(term.raw)
	if err != nil {
		term.t.Fatal(err)
	}
	_, app, ok := bytes.Cut(raw, []byte(command))
	if !ok {
		term.t.Fatalf("%q was not run", command)
	}
	app, _, _ = bytes.Cut(app, []byte("exit code 0."))
	for _, b := range app {
		if b < ' ' && b != '\r' && b != '\n' { // the terminal itself makes CR LF of each end of a line
			term.t.Fatalf("there is the byte %#x in %q", b, app)
		}
	}
	if n := bytes.Count(bytes.ReplaceAll(app, []byte("\r\n"), nil), []byte("\r")); n > 0 {
		term.t.Errorf("%d lines are written over", n)
	}
}

// hears waits until all texts stand on the screen, whose lines the terminal
// breaks anywhere.
func (term *terminal) hears(texts ...string) {
	term.t.Helper()
	eventually(term.t, fmt.Sprintf("%q on the screen", texts), func() (string, bool) {
		screen := term.screen()
		for _, text := range texts {
			if !strings.Contains(squeezed(screen), squeezed(text)) {
				return screen, false
			}
		}
		return screen, true
	})
}

func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }

// answers types a line once the question stands there, as expect does.
func (term *terminal) answers(question, line string) {
	term.t.Helper()
	eventually(term.t, question+" at the end of the screen", func() (string, bool) {
		screen := term.screen()
		return screen, strings.HasSuffix(squeezed(screen), squeezed(question))
	})
	term.types(line)
	term.keys("Enter")
}

const mainMenu = "Number, 1 to 11:"

// plainSignIn enrols and signs in from the first line to the last.
func plainSignIn(t *testing.T) {
	s := newStand(t)
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	const command = "ham app --accessible"
	term.run(command + " --config " + s.config)
	term.hears("Ham app, plain form", "Welcome to Ham")
	term.answers("Enrol link or path of a picture:", s.link)
	term.hears("This device is signed in.", "You are Lin at "+strings.TrimPrefix(s.URL, "http://"))
	term.answers(mainMenu, "1")
	term.answers("Link or path of a picture:", d.page.Link)
	v := d.until("claimed")
	if v.Account == nil || v.Account.Nickname != "Lin" {
		t.Errorf("the desktop names %+v", v.Account)
	}
	term.hears("Campus Library wants to know who you are, Lin.", "It goes back to library.example.", "Chrome on Linux at 127.0.0.1", "seconds are left")
	term.answers("or Enter to go on:", "2")
	term.hears("Student status is off.")
	term.answers("or Enter to go on:", "")
	term.answers("Number on the desktop:", "")
	term.answers("Number on the desktop:", strconv.Itoa((v.Number-9)%90+10)) // another one
	term.answers("Number, 1 to 2:", "1")
	term.hears("2 tries are left")
	term.answers("Number on the desktop:", strconv.Itoa(v.Number))
	term.answers("Number, 1 to 2:", "")
	term.answers("Number, 1 to 2:", "1")
	term.hears("Approved: Campus Library. It sees: Nickname and picture.")
	if v := d.until("approved"); len(v.Scopes) != 1 || v.Scopes[0] != "profile" {
		t.Errorf("granted: %v", v.Scopes)
	}
	if location := d.finish(); !strings.HasPrefix(location, s.app.RedirectURI+"?code=") {
		t.Errorf("the browser lands at %s", location)
	}
	term.hears("Signed in: Campus Library.")
	term.answers(mainMenu, "3")
	term.answers("Number, 1 to 1:", "1")
	term.answers("yes or no:", "yes")
	term.hears("Campus Library no longer knows you.")
	term.answers(mainMenu, "q")
	term.onlyText(command)
}

// plainOnADumbTerminal gets the form without asking for it, in Chinese.
func plainOnADumbTerminal(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	const command = "ham app"
	term.run("export TERM=dumb LC_ALL=zh_CN.UTF-8; " + command + " --config " + s.config + " " + d.page.Link)
	term.hears(`此终端名为 "dumb"`, "Campus Library 想知道你是谁")
	d.until("claimed")
	if _, err := d.page.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	term.hears("已在桌面上取消：Campus Library")
	term.answers("编号，1 到 11：", "4")
	term.answers("编号，1 到 1：", "1")
	term.hears("ham logout")
	term.keys("C-c")
	term.hears("再见。")
	term.onlyText("export TERM=dumb")
}

// plainNews is what comes by itself: a loss, a browser's request, a removal.
func plainNews(t *testing.T) {
	s := newStand(t).signIn()
	phone, err := client.Load(client.Options{Dir: s.config})
	if err != nil {
		t.Fatal(err)
	}
	term := openTerminal(t, 80, 24)
	const command = "ACCESSIBLE=1 ham app"
	term.run(command + " --config " + s.config)
	term.answers(mainMenu, "10")
	term.answers("Number, 1 to 4:", "2")
	term.answers("yes or no:", "yes")
	term.hears("Browsers may ask you: on")
	term.answers("Number, 1 to 4:", "b")

	// A browser knows Lin once she was signed in in it.
	browser := servertest.NewBrowser(s.URL)
	page, err := browser.Open(t.Context(), s.URL+"/account")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := page.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := socket.Until("waiting"); err != nil {
		t.Fatal(err)
	}
	term.answers(mainMenu, "1")
	term.answers("Link or path of a picture:", page.Link)
	v, err := socket.Until("claimed")
	if err != nil {
		t.Fatal(err)
	}
	term.hears("A browser asks to be signed in to your account, Lin.")
	term.answers("Number on the desktop:", strconv.Itoa(v.Number))
	term.answers("Number, 1 to 2:", "1")
	term.hears("Approved")
	if _, err := page.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = socket.Close()

	browser = browser.Aged() // its session has run out
	asking, err := browser.Open(t.Context(), s.Authorize(s.app))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asking.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := ""
	for _, c := range browser.Cookies() {
		if at := strings.Index(c.Name, "ham_pairing_"); at >= 0 {
			id = c.Name[at+len("ham_pairing_"):]
		}
	}
	status, _, err := browser.Post(t.Context(), "/sso-authorize/pairing/"+id+"/ask", url.Values{}, http.Header{"Accept": {"application/json"}})
	if err != nil || status != http.StatusNoContent {
		t.Fatalf("asking the phone: %d, %v", status, err)
	}
	term.hears("A browser asks you: Campus Library, library.example")
	term.answers(mainMenu, "2")
	term.answers("Number, 1 to 1:", "1")
	term.answers("Number, 1 to 2:", "1")
	term.hears("Campus Library wants to know who you are, Lin.")
	term.answers("or Enter to go on:", "r")
	term.hears("Refused: Campus Library.")

	term.answers(mainMenu, "6")
	term.answers("Number, 1 to 1:", "1")
	term.answers("yes or no:", "yes")
	term.hears("was signed out", "No browser is signed in.")

	s.Stop()
	term.hears("The connection to the server is lost.")
	term.answers(mainMenu, "7")
	term.hears("There is no connection to")
	s.Restart()
	term.hears("The connection to the server is back.")
	if err := phone.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	term.hears("The server no longer knows this device.")
	term.answers("Enrol link or path of a picture:", "q")
	term.onlyText(command)
}

// plainSealed adds a second account in the app, and goes from one sealed key to
// the other. No passphrase is shown.
func plainSealed(t *testing.T) {
	s := newStand(t).signIn()
	first, err := client.Load(client.Options{Dir: s.config})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Seal("correct horse"); err != nil {
		t.Fatal(err)
	}
	_, link, err := s.Admin().AddUser(t.Context(), server.User{Nickname: "Max"})
	if err != nil {
		t.Fatal(err)
	}
	term := openTerminal(t, 80, 40)
	const command = "ham app --accessible"
	const lin, max = "Passphrase of the key of Lin at", "You are Max at"
	host := strings.TrimPrefix(s.URL, "http://")
	term.run(command + " --config " + s.config)
	term.answers(lin+" "+host+":", "correct house")
	term.hears("Opening the key did not work. That is not the passphrase of this key.")
	term.answers(lin+" "+host+":", "b")
	term.answers("Number, 1 to 2:", "2")
	term.hears("The accounts that are here stay.")
	term.answers("Enrol link or path of a picture:", s.desktop().page.Link)
	term.hears("This is a sign-in code, and no enrol link.")
	term.answers(lin+" "+host+":", "b")
	term.answers("Number, 1 to 2:", "2")
	term.answers("Enrol link or path of a picture:", link)
	term.hears(max)
	term.answers(mainMenu, "9")
	term.hears("Lin@"+host, "Max@"+host)
	term.answers("Number, 1 to 3:", "1")
	term.answers(lin+" "+host+":", "correct horse")
	term.hears("Opening the key.", "You are Lin at "+host)
	term.answers(mainMenu, "q")
	term.onlyText(command)
	if raw, err := os.ReadFile(term.raw); err != nil || strings.Contains(string(raw), "correct ho") {
		t.Errorf("a passphrase was shown (%v)", err)
	}
	term.types("echo sh''own")
	term.keys("Enter")
	term.hears("echo sh''own", "shown") // what is typed after it is shown, before or behind the prompt
}

func plainDemo(t *testing.T) {
	term := openTerminal(t, 80, 40)
	const command = "ham demo --port 0 --app-port 0 --app --accessible"
	term.run(command)
	term.hears("Campus Library is at http://localhost:", "You are Lin at localhost:")
	term.answers(mainMenu, "8")
	term.hears("Nickname: Lin.", "Student: yes.")
	term.answers("Number, 1 to 3:", "q")
	term.onlyText(command)
}
