package desk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
	"hamconnect/server/servertest"
)

// hasNumber looks for the check number in anything that was sent: as a JSON
// field of that name, or in the element that shows it.
func hasNumber(text string) bool {
	var any any
	if json.Unmarshal([]byte(text), &any) == nil {
		return walk(any)
	}
	_, after, ok := strings.Cut(text, `data-testid="check-number"`)
	if !ok {
		return false
	}
	_, content, _ := strings.Cut(after, ">")
	content, _, _ = strings.Cut(content, "<")
	return strings.TrimSpace(content) != ""
}

func walk(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			if strings.Contains(strings.ToLower(name), "number") || walk(field) {
				return true
			}
		}
	case []any:
		for _, one := range v {
			if walk(one) {
				return true
			}
		}
	}
	return false
}

func TestTheCheckNumberIsOnTheDesktopOnlyAndOnlyWhileClaimed(t *testing.T) {
	h := build(t, nil)
	device := h.AddDevice("Mei")
	page := h.open(t)
	socket, err := page.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// look asks every door of the desktop, and says whether the number is there.
	look := func(state string, want bool) {
		t.Helper()
		_, poll, _ := request(t, page, http.MethodGet, h.URL+"/sso-authorize/pairing/"+page.Pairing, nil)
		_, plain, _ := request(t, page, http.MethodGet, h.URL+"/sso-authorize/plain/"+page.Pairing, nil)
		for door, text := range map[string]string{"poll": poll, "the plain page": plain, "the socket": until(t, socket, state)} {
			if hasNumber(text) != want {
				t.Errorf("%s while %s: a number is there: %t", door, state, !want)
			}
			if !strings.Contains(text, state) {
				t.Errorf("%s does not say %s", door, state)
			}
		}
	}
	app := func(call string, a servertest.Answer) servertest.Answer {
		t.Helper()
		if a.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", call, a.Status, a.Text("error"))
		}
		if hasNumber(a.Raw) {
			t.Errorf("%s tells the app the number", call)
		}
		return a
	}
	if hasNumber(page.HTML) {
		t.Error("the page arrives with a number")
	}
	look("waiting", false)
	asked := app("claim", device.Call(http.MethodPost, "/app/v1/pairings/claim", `{"code":"`+servertest.Code(page.Link)+`"}`))
	look("claimed", true)
	app("claim again", device.Call(http.MethodPost, "/app/v1/pairings/claim", `{"code":"`+servertest.Code(page.Link)+`"}`))
	app("status", device.Call(http.MethodGet, "/app/v1/pairings/"+page.Pairing, ""))
	view, err := page.Poll(t.Context())
	if err != nil || view.Number < 10 || view.Number > 99 {
		t.Fatalf("the number is %d (%v)", view.Number, err)
	}
	digest, err := asked.Digest()
	if err != nil {
		t.Fatal(err)
	}
	wrong := 10
	if view.Number == wrong {
		wrong++
	}
	path := "/app/v1/pairings/" + page.Pairing + "/approve"
	refusal := device.Call(http.MethodPost, path, fmt.Sprintf(`{"number":%d,"scopes":[],"digest":%q}`, wrong, digest))
	if refusal.Status != http.StatusForbidden || walk(map[string]any{"d": refusal.Fields}) {
		t.Errorf("a wrong number: %d", refusal.Status)
	}
	app("approve", device.Call(http.MethodPost, path, fmt.Sprintf(`{"number":%d,"scopes":[],"digest":%q}`, view.Number, digest)))
	look("approved", false)
}

// until reads messages up to the first of state, and gives that.
func until(t *testing.T, s *servertest.Socket, state string) string {
	t.Helper()
	for {
		kind, text, err := s.Connection.ReadMessage()
		if err != nil || kind != websocket.TextMessage {
			t.Fatalf("waiting for %s: message kind %d, %v", state, kind, err)
		}
		if strings.Contains(string(text), `"state":"`+state+`"`) {
			return string(text)
		}
	}
}

func TestNumbersAreSpreadAndDifferentEachTime(t *testing.T) {
	h := build(t, nil)
	seen := map[int]bool{}
	for range 20 {
		s := h.Begin(h.app).Scan(h.phone)
		if s.Number < 10 || s.Number > 99 {
			t.Fatalf("the number is %d", s.Number)
		}
		seen[s.Number] = true
		s.Socket.Close()
	}
	if len(seen) < 8 { // by chance: less than once in 10^9 runs
		t.Errorf("20 sign-ins had %d numbers", len(seen))
	}
}

func TestASecondAccountIsToldAndTheDesktopIsWarned(t *testing.T) {
	h := build(t, nil)
	s := h.Begin(h.app).Scan(h.phone)
	device := h.AddDevice("Mallory")
	if a := device.Call(http.MethodPost, "/app/v1/pairings/claim", `{"code":"`+servertest.Code(s.Link)+`"}`); a.Status != http.StatusConflict || a.Text("error") != "already_claimed" {
		t.Errorf("it is told %d %s", a.Status, a.Text("error"))
	}
	if v, err := s.Socket.Next(); err != nil || v.State != "claimed" || v.Contested != 1 || v.Account == nil || v.Account.Nickname != "Lin" {
		t.Errorf("the desktop: %s, contested %d (%v)", v.State, v.Contested, err)
	}
	if status, err := h.phone.Status(t.Context(), s.Pairing, 0, 0); err != nil || status.Contested != 1 {
		t.Errorf("the first: contested %d (%v)", status.Contested, err)
	}
}

func TestTheCodeOnThePageIsReplacedAndTheOldOneDiesAfterItsGrace(t *testing.T) {
	h := build(t, nil)
	// The clock runs on during the test: the exact edges are tested in qr/pairing.
	for _, c := range []struct {
		name string
		wait int64 // seconds since the pairing began
		good bool
	}{
		{"as long as it is shown", 27, true},
		{"within its grace", 32, true},
		{"after its grace", 36, false},
		{"much later", 100, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := h.Begin(h.app)
			defer s.Socket.Close()
			if _, err := s.Socket.Until("waiting"); err != nil {
				t.Fatal(err)
			}
			h.Clock.Advance(time.Duration(c.wait) * time.Second)
			_, err := h.phone.Claim(t.Context(), servertest.Code(s.Link))
			if (err == nil) != c.good {
				t.Fatalf("the claim: %v", err)
			}
			if c.good {
				return
			}
			if v, err := s.Poll(t.Context()); err != nil || v.State != string(pairing.Waiting) || v.Link == s.Link {
				t.Fatalf("the desktop is %s, with a new code: %t (%v)", v.State, v.Link != s.Link, err)
			}
			if v, err := s.Socket.Next(); err != nil || v.Link == s.Link {
				t.Errorf("the socket was not told of the new code (%v)", err)
			} else if _, err := h.phone.Claim(t.Context(), servertest.Code(v.Link)); err != nil {
				t.Errorf("the new code: %v", err)
			}
		})
	}
}

func TestOpeningALinkChangesNothingAndSaysNothingOfTheCode(t *testing.T) {
	h := build(t, nil)
	s := h.Begin(h.app)
	version := func() int64 {
		v, err := s.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v.Version
	}
	before := version()
	user, link, err := h.Admin().AddUser(t.Context(), h.user)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/Q/" + servertest.Code(s.Link), "/enroll/" + servertest.Code(link)} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			good := h.Send(method, path, nil, nil)
			bad := h.Send(method, path[:len(path)-1]+"A", nil, nil)
			if good.Status != http.StatusOK || bad.Status != good.Status || len(good.Raw) != len(bad.Raw) {
				t.Errorf("%s: %d and %d", method, good.Status, bad.Status)
			}
		}
	}
	if version() != before {
		t.Error("opening the code's link changed the pairing")
	}
	if me, err := h.Enroll(link).Me(t.Context()); err != nil || me.UserID != user.ID {
		t.Errorf("opening the enrol link spent it: %v", err)
	}
	s.Scan(h.phone)
}
