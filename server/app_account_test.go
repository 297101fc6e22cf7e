package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/passkey/softkey"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// What the Ham app sees of its person's account, and does to it.

func failureOf(err error) pairing.FailureCode {
	var f *client.Failure
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestTheHamAppListsAndRevokesApps(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	stranger, _ := p.AddPhone("Eve")
	app := p.AddApp(func(c *server.Client) { c.Name, c.Homepage = "Library", "https://library.example/start" })
	token := p.Token(app, phone)
	apps, err := phone.Apps(t.Context())
	if err != nil || len(apps) != 1 {
		t.Fatalf("%d apps, %v", len(apps), err)
	}
	got := apps[0]
	if got.ClientID != app.ID || got.Name != "Library" || got.Host != "library.example" || len(got.Scopes) != 2 || got.Scopes[0].Title == "" || got.Since.IsZero() || got.Used.IsZero() {
		t.Errorf("the app is listed as %+v", got)
	}
	if err := stranger.Revoke(t.Context(), app.ID); err != nil {
		t.Fatal(err)
	}
	if a := p.Userinfo(app, token); a.Status != http.StatusOK {
		t.Fatalf("another person's revocation counts: %d", a.Status)
	}
	if err := phone.Revoke(t.Context(), app.ID); err != nil {
		t.Fatal(err)
	}
	if a := p.Userinfo(app, token); a.Status != http.StatusUnauthorized {
		t.Errorf("the token of a revoked app answers %d", a.Status)
	}
	if apps, err := phone.Apps(t.Context()); err != nil || len(apps) != 0 {
		t.Errorf("%d apps, %v", len(apps), err)
	}
	if err := phone.Revoke(t.Context(), app.ID); err != nil {
		t.Errorf("a second revocation: %v", err)
	}
}

func TestTheHamAppIsToldWhatWouldBeGivenAndWhatWasSaidBefore(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	scopes := func() (profile, student pairing.Scope) {
		s := p.Begin(app).Scan(phone)
		profile, student = s.Ask.Scopes[0], s.Ask.Scopes[1]
		s.Approve("profile")
		s.Land()
		return profile, student
	}
	profile, student := scopes()
	if !slices.Contains(profile.Values, "Nickname: Lin") || !slices.Equal(student.Values, []string{"Student: yes"}) || profile.Given || student.LeftOut {
		t.Errorf("at first: %+v, %+v", profile, student)
	}
	if profile, student = scopes(); !profile.Given || profile.LeftOut || student.Given || !student.LeftOut {
		t.Errorf("the second time: %+v, %+v", profile, student)
	}
}

func TestALongListComesWhole(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	var want []string
	for i := range 103 {
		name := fmt.Sprintf("App %03d", i/2) // two of each name
		app := p.AddApp(func(c *server.Client) { c.Name = name })
		p.Code(app, phone)
		want = append(want, app.ID)
	}
	apps, err := phone.Apps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, len(apps))
	for i, a := range apps {
		got[i] = a.ClientID
	}
	if !slices.IsSortedFunc(apps, func(a, b pairing.AppGrant) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the apps are not in the order of their names")
	}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("%d of %d apps are listed", len(got), len(want))
	}
	events, next, err := phone.Activity(t.Context(), "")
	if err != nil || len(events) != 50 || next == "" {
		t.Fatalf("%d events, next %q, %v", len(events), next, err)
	}
	seen := len(events)
	for next != "" {
		if events, next, err = phone.Activity(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		seen += len(events)
	}
	if seen != 104 { // and the enrolment
		t.Errorf("%d events in all", seen)
	}
	d := p.AddDevice("Eve")
	for _, path := range []string{"/app/v1/apps?after=%25", "/app/v1/apps?after=YQ", "/app/v1/activity?after=now"} {
		if a := d.Call(http.MethodGet, path, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%s answers %d", path, a.Status)
		}
	}
}

func TestTheHamAppSeesAndRemovesWaysIn(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	key := softkey.Synced()
	addPasskey(t, p, b, key)

	keys, err := phone.Passkeys(t.Context())
	if err != nil || len(keys) != 1 || !keys[0].Synced || keys[0].Since.IsZero() {
		t.Fatalf("passkeys: %+v, %v", keys, err)
	}
	if err := phone.RenamePasskey(t.Context(), keys[0].ID, "Blue key"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", strings.Repeat("x", 65), "a\u202eb"} {
		if err := phone.RenamePasskey(t.Context(), keys[0].ID, bad); failureOf(err) != pairing.FailName {
			t.Errorf("the name %q: %v", bad, err)
		}
	}
	if keys, err = phone.Passkeys(t.Context()); err != nil || keys[0].Name != "Blue key" {
		t.Errorf("passkeys: %+v, %v", keys, err)
	}
	stranger, _ := p.AddPhone("Eve")
	if err := stranger.RenamePasskey(t.Context(), keys[0].ID, "Mine"); failureOf(err) != pairing.FailNotFound {
		t.Errorf("another person's passkey is renamed: %v", err)
	}

	tablet := p.AnotherPhone(user)
	devices, err := phone.Devices(t.Context())
	if err != nil || len(devices) != 2 || !devices[0].This || devices[1].This {
		t.Fatalf("devices: %+v, %v", devices, err)
	}
	if err := phone.RemoveDevice(t.Context(), devices[0].ID); failureOf(err) != pairing.FailRequest {
		t.Errorf("the device removes itself: %v", err)
	}
	sessions, err := phone.Sessions(t.Context())
	if err != nil || len(sessions) != 1 || !sessions[0].ByThis || sessions[0].Method != "app" {
		t.Fatalf("sessions: %+v, %v", sessions, err)
	}
	for _, err := range []error{
		stranger.RemovePasskey(t.Context(), keys[0].ID), stranger.RemoveDevice(t.Context(), devices[1].ID), stranger.EndSession(t.Context(), sessions[0].ID),
	} {
		if err != nil { // gone, as far as a stranger can tell
			t.Error(err)
		}
	}
	if isSignedOut(t, b) {
		t.Fatal("a stranger signed the browser out")
	}
	if err := phone.EndSession(t.Context(), sessions[0].ID); err != nil || !isSignedOut(t, b) {
		t.Errorf("the browser stays signed in, %v", err)
	}
	if _, err := tablet.Me(t.Context()); err != nil {
		t.Fatalf("a stranger removed the tablet: %v", err)
	}
	if err := phone.RemoveDevice(t.Context(), devices[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := tablet.Me(t.Context()); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("the removed device: %v", err)
	}
	if err := phone.RemovePasskey(t.Context(), keys[0].ID); err != nil {
		t.Fatal(err)
	}
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key); status == http.StatusOK {
		t.Errorf("the removed passkey signs in: %s", reason)
	}
	events, _, err := phone.Activity(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var happened []string
	for _, e := range events {
		happened = append(happened, e.Kind)
	}
	for _, want := range []string{"device_removed", "passkey_removed", "browser_signed_out", "passkey_added", "browser_sign_in"} {
		if !slices.Contains(happened, want) {
			t.Errorf("%s is not remembered: %v", want, happened)
		}
	}
}

func TestTheHamAppChangesTheProfile(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	if err := phone.SetProfile(t.Context(), pairing.Profile{Nickname: new("林"), Language: new("zh")}); err != nil {
		t.Fatal(err)
	}
	me, err := phone.Me(t.Context())
	if err != nil || me.Nickname != "林" || me.Language != "zh" {
		t.Fatalf("%+v, %v", me, err)
	}
	events, _, err := phone.Activity(t.Context(), "")
	if err != nil || !strings.Contains(events[0].Title, "资料") {
		t.Errorf("in Chinese a changed profile is %q, %v", events[0].Title, err)
	}
	for _, bad := range []pairing.Profile{{Nickname: new("")}, {Nickname: new("Lin"), Language: new("xx")}, {Nickname: new("\u200b")}, {Language: new("xx")}} {
		if err := phone.SetProfile(t.Context(), bad); failureOf(err) != pairing.FailName && failureOf(err) != pairing.FailRequest {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	// What is not sent stays, and nothing is remembered of no change.
	for _, change := range []pairing.Profile{{Nickname: new("Lin")}, {Language: new("")}, {}, {Language: new("")}} {
		if err := phone.SetProfile(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	if me, err = phone.Me(t.Context()); err != nil || me.Nickname != "Lin" || me.Language != "" {
		t.Errorf("%+v, %v", me, err)
	}
	events, _, err = phone.Activity(t.Context(), "")
	times := 0
	for _, e := range events {
		if e.Kind == "profile_changed" {
			times += e.Times
		}
	}
	if times != 3 || err != nil {
		t.Errorf("%d changes are remembered, not 3: %v", times, err)
	}
	if err := phone.RemovePicture(t.Context()); err != nil {
		t.Fatal(err)
	}
	if picture, err := phone.Picture(t.Context()); picture != nil || err != nil {
		t.Fatalf("a picture is there, %v", err)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	if err := phone.SetPicture(t.Context(), file.Bytes()); err != nil {
		t.Fatal(err)
	}
	picture, err := phone.Picture(t.Context())
	if err != nil || picture == nil || picture.Bounds().Dx() != 512 {
		t.Fatalf("the picture is %v, %v", picture, err)
	}
	for name, bad := range map[string][]byte{"no picture": []byte("hello"), "too large": make([]byte, 7<<20), "nothing": {}} {
		if err := phone.SetPicture(t.Context(), bad); failureOf(err) != pairing.FailPicture {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheHamAppExportsDeactivatesAndKeeps(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	token := p.Token(app, phone)
	text, err := phone.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Account struct {
			ID string `json:"user_id"`
		} `json:"account"`
		Apps []struct{ Name string } `json:"apps"`
	}
	if err := json.Unmarshal(text, &all); err != nil || all.Account.ID != user.ID || len(all.Apps) != 1 {
		t.Fatalf("exported %s, %v", text, err)
	}
	leaves, err := phone.Deactivate(t.Context())
	if err != nil || leaves.Sub(p.Clock.Now()).Round(time.Minute) != 14*24*time.Hour {
		t.Fatalf("deleted at %v, %v", leaves, err)
	}
	again, err := phone.Deactivate(t.Context())
	if err != nil || !again.Equal(leaves) {
		t.Errorf("a second time moves it to %v, %v", again, err)
	}
	if !isSignedOut(t, b) {
		t.Error("a browser stays signed in")
	}
	if a := p.Userinfo(app, token); a.Status != http.StatusUnauthorized {
		t.Errorf("a token answers %d", a.Status)
	}
	me, err := phone.Me(t.Context())
	if err != nil || me.Leaves == nil || !me.Leaves.Equal(leaves) {
		t.Errorf("me: %+v, %v", me, err)
	}
	for name, err := range map[string]error{
		"profile": phone.SetProfile(t.Context(), pairing.Profile{Nickname: new("X")}), "revoke": phone.Revoke(t.Context(), app.ID),
		"picture": phone.SetPicture(t.Context(), []byte("x")),
	} {
		if failureOf(err) != pairing.FailUserLeaving {
			t.Errorf("%s while the account is deactivated: %v", name, err)
		}
	}
	if err := phone.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if me, err := phone.Me(t.Context()); err != nil || me.Leaves != nil {
		t.Errorf("me: %+v, %v", me, err)
	}
	p.Clock.Advance(15 * 24 * time.Hour)
	if _, err := phone.Me(t.Context()); err != nil {
		t.Errorf("the kept account is gone: %v", err)
	}
}

// listening counts what a Ham app hears.
func listening(t *testing.T, phone *client.Account) (heard chan string, ended chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	heard, ended = make(chan string, 100), make(chan error, 1)
	go func() {
		ended <- phone.Listen(ctx, client.Listener{
			Changed: func() { heard <- "changed" }, Lost: func(error) { heard <- "lost" },
		})
	}()
	t.Cleanup(cancel)
	next(t, heard, "changed") // it is there
	return heard, ended
}

func next(t *testing.T, heard chan string, want string) {
	t.Helper()
	select {
	case got := <-heard:
		if got != want {
			t.Fatalf("heard %q instead of %q", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%q was never heard", want)
	}
}

func TestAListeningAppHearsOfItsAccountOnly(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	heard, _ := listening(t, phone)
	stranger, _ := p.AddPhone("Eve")
	p.Code(app, stranger)
	if err := stranger.SetProfile(t.Context(), pairing.Profile{Nickname: new("Eva")}); err != nil {
		t.Fatal(err)
	}
	if len(heard) > 0 {
		t.Fatalf("Lin's app hears of Eve: %q", <-heard)
	}
	for _, change := range []struct {
		name string
		do   func() error
	}{
		{"a sign-in", func() error { p.Code(app, phone); return nil }},
		{"a new device", func() error { p.AnotherPhone(user); return nil }},
		{"a changed name", func() error { return phone.SetProfile(t.Context(), pairing.Profile{Nickname: new("Lina")}) }},
		{"a revoked app", func() error { return phone.Revoke(t.Context(), app.ID) }},
		{"an operator's change", func() error {
			_, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.IsStudent = false })
			return err
		}},
	} {
		if err := change.do(); err != nil {
			t.Fatalf("%s: %v", change.name, err)
		}
		next(t, heard, "changed")
		time.Sleep(newsPause) // so that what comes together counts as one
		for len(heard) > 0 {
			<-heard
		}
	}
}

// newsPause is longer than what the server counts as one news.
const newsPause = 300 * time.Millisecond

func TestAListeningAppComesBackAfterARestartAndLosesNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	heard, _ := listening(t, phone)
	p.Stop()
	next(t, heard, "lost")
	p.Restart()
	for {
		select {
		case got := <-heard:
			if got == "changed" {
				return
			}
		case <-time.After(30 * time.Second):
			t.Fatal("it never came back")
		}
	}
}

func TestARemovedDeviceHearsThatItIsSignedOut(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	tablet := p.AnotherPhone(user)
	_, ended := listening(t, tablet)
	devices, err := phone.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := phone.RemoveDevice(t.Context(), devices[1].ID); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, client.ErrNotSignedIn) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a removed device goes on listening")
	}
}

func TestTheAppsSocketIsNotForPagesNorForTwoProofs(t *testing.T) {
	p := servertest.Start(t, nil)
	d := p.AddDevice("Lin")
	address := "ws" + strings.TrimPrefix(p.URL, "http") + "/app/v1/events"
	said := ""
	dial := func(header http.Header) (*websocket.Conn, int) {
		t.Helper()
		c, answer, err := websocket.DefaultDialer.DialContext(t.Context(), address, header)
		if answer == nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		said = string(body)
		return c, answer.StatusCode
	}
	proof := func() string { return d.Proof(http.MethodGet, "/app/v1/events", nil) }
	for name, header := range map[string]http.Header{
		"no proof":        {},
		"a page of ours":  {"DPoP": {proof()}, "Origin": {p.URL}},
		"a foreign page":  {"DPoP": {proof()}, "Origin": {"https://evil.example"}},
		"a null origin":   {"DPoP": {proof()}, "Origin": {"null"}},
		"another address": {"DPoP": {d.Proof(http.MethodGet, "/app/v1/me", nil)}},
		"a stranger":      {"DPoP": {p.NewDevice().Proof(http.MethodGet, "/app/v1/events", nil)}},
	} {
		if _, status := dial(header); status < 400 || status >= 500 {
			t.Errorf("%s: %d", name, status)
		}
	}
	once := proof()
	c, status := dial(http.Header{"DPoP": {once}})
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("answered %d", status)
	}
	defer c.Close()
	if _, status := dial(http.Header{"DPoP": {once}}); status != http.StatusUnauthorized {
		t.Errorf("the same proof again: %d", status)
	}
	for range 3 {
		c, status := dial(http.Header{"DPoP": {proof()}})
		if status != http.StatusSwitchingProtocols {
			t.Fatalf("answered %d", status)
		}
		defer c.Close()
	}
	if _, status := dial(http.Header{"DPoP": {proof()}}); status != http.StatusTooManyRequests || !strings.Contains(said, `"too_often_open"`) {
		t.Errorf("the fifth of one device: %d, %s", status, said)
	}
	// Whoever speaks is cut off.
	if err := c.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				return
			}
			t.Fatal(err)
		}
	}
}
