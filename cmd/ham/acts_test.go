package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

// withTwoApps gives a real provider, a person whose Ham app commands use, and
// withTwoApps gives a real provider, with a person whose Ham app the commands
// use, and another Ham app of theirs.
func withTwoApps(t *testing.T) (other *client.Account) {
	t.Helper()
	p := servertest.Start(t, nil)
	user, link, err := p.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HAM_CONFIG", t.TempDir())
	if _, stderr, code := ham(t, "", "login", link); code != 0 {
		t.Fatal(stderr)
	}
	return p.AnotherPhone(user)
}

func TestWhatLocksOutIsAskedAtATerminal(t *testing.T) {
	other := withTwoApps(t)
	for _, typed := range []string{"", "\n", "n\n", "no\n", "yes please\n", "remove\n"} {
		out, stderr, code := atTerminal(t, typed, "devices", "remove", other.DeviceID)
		if code != exitOther || out != "" || !strings.Contains(stderr, "("+other.DeviceID+")? [y/N] ") || !strings.Contains(stderr, "nothing was changed") {
			t.Errorf("%q: %d: %s%s", typed, code, out, stderr)
		}
	}
	if _, err := other.Me(t.Context()); err != nil {
		t.Fatalf("it was removed: %v", err)
	}
	out, stderr, code := atTerminal(t, "Y\n", "devices", "remove", other.DeviceID, "--json")
	if code != 0 || !strings.HasPrefix(out, "{") || conforms("devices-remove", out) != nil {
		t.Errorf("%d: %s%s", code, out, stderr)
	}
	if _, err := other.Me(t.Context()); err == nil {
		t.Error("it still works")
	}
	if out, stderr, code := atTerminal(t, "", "sessions", "remove", "--all"); code != 0 || out != "No browser is signed in.\n" || stderr != "" {
		t.Errorf("nothing to ask about: %d: %s%s", code, out, stderr)
	}
}

func TestLeavingWantsTheNicknameAtATerminal(t *testing.T) {
	withTwoApps(t)
	for _, typed := range []string{"", "\n", "y\n", "lin\n"} {
		if out, stderr, code := atTerminal(t, typed, "account", "deactivate"); code != exitOther || out != "" || !strings.Contains(stderr, "type your nickname (Lin): ") {
			t.Errorf("%q: %d: %s%s", typed, code, out, stderr)
		}
	}
	if out, _, _ := ham(t, "", "profile", "--json"); strings.Contains(out, "deleted_at") {
		t.Fatal("the account is deactivated")
	}
	if out, stderr, code := atTerminal(t, "Lin\n", "account", "deactivate"); code != 0 || !strings.Contains(out, "ham account keep") {
		t.Errorf("%d: %s%s", code, out, stderr)
	}
}

// list has the server answer GET path with items, and all else as answer does.
func list(t *testing.T, s *clienttest.Server, path string, items any, answer func(w http.ResponseWriter, r *http.Request) bool) {
	t.Helper()
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != path {
			return answer != nil && answer(w, r)
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]any{"items": items}); err != nil {
			t.Error(err)
		}
		return true
	})
}

func TestWhatWasDoneBeforeAFailureIsTold(t *testing.T) {
	s := signedIn(t)
	apps := []pairing.AppGrant{{ClientID: "1", Name: "one"}, {ClientID: "2", Name: "two"}, {ClientID: "3", Name: "three"}}
	asked := 0
	list(t, s, "/app/v1/apps", apps, func(w http.ResponseWriter, _ *http.Request) bool {
		if asked++; asked%3 == 2 {
			w.WriteHeader(http.StatusBadGateway)
		} else {
			w.WriteHeader(http.StatusNoContent)
		}
		return true
	})
	out, stderr, code := ham(t, "", "apps", "revoke", "one", "two", "three")
	if code != exitUnreachable || out != "one may see nothing any more.\n" || !strings.HasPrefix(stderr, "ham: ") || asked != 2 {
		t.Errorf("%d: %s%s; %d calls", code, out, stderr, asked)
	}
	asked = 0
	out, _, code = ham(t, "", "apps", "revoke", "one", "two", "three", "--json")
	if code != exitUnreachable || conforms("apps-revoke", out) != nil || !strings.Contains(out, `"one"`) || strings.Contains(out, `"two"`) {
		t.Errorf("%d: %s", code, out)
	}
}

func TestListsOfAHostileServerPrintNoEscapes(t *testing.T) {
	s := signedIn(t)
	const evil = "A\x1b[2J\x1b]0;x\a\u202eB\u200b\r\nC\u009b31m"
	now := time.Now()
	for _, c := range []struct {
		path  string
		items any
		args  []string
	}{
		{"/app/v1/apps", []pairing.AppGrant{{ClientID: "1", Name: evil, Host: evil, Scopes: []pairing.Scope{{Name: evil, Title: evil}}}}, []string{"apps"}},
		{"/app/v1/devices", []pairing.HamApp{{ID: "1", Name: evil}}, []string{"devices"}},
		{"/app/v1/passkeys", []pairing.Passkey{{ID: strings.Repeat("x", 400), Name: evil, Where: evil, Used: &now, Suspicious: true}}, []string{"passkeys"}},
		{"/app/v1/sessions", []pairing.BrowserSession{{ID: "1", Browser: evil, Address: evil, Method: evil}}, []string{"sessions"}},
		{"/app/v1/activity", []pairing.Event{{ID: "1", Title: evil + strings.Repeat(" long", 300), How: evil, Browser: evil, Address: evil, Times: 3}}, []string{"activity"}},
	} {
		list(t, s, c.path, c.items, nil)
		for _, args := range [][]string{c.args, append(c.args, "--json")} {
			out, stderr, code := ham(t, "", args...)
			if code != 0 || !strings.Contains(out, "AB C") {
				t.Errorf("%v: %d: %s%s", args, code, out, stderr)
			}
			if strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
				t.Errorf("%v: %q", args, out)
			}
			for line := range strings.Lines(out) {
				if len(args) == 1 && len([]rune(line)) > screenWidth+len("\n")+30 {
					t.Errorf("%v: a line of %d characters: %s", args, len(line), line)
				}
			}
		}
	}
	list(t, s, "/app/v1/apps", []pairing.AppGrant{{ClientID: "\x1b[2J", Name: "x"}}, nil)
	if _, stderr, code := ham(t, "", "apps"); code != exitOther || !strings.Contains(stderr, "cannot be used") {
		t.Errorf("an id that cannot be shown: %d: %s", code, stderr)
	}
}

func TestATargetIsFoundByIDBeforeName(t *testing.T) {
	all := []target{{id: "a", name: "b"}, {id: "b", name: "Three"}, {id: "c", name: "three"}, {id: "d", name: ""}, {id: "e", name: "twice"}, {id: "f", name: "twice"}}
	as := func(t target) target { return t }
	for args, want := range map[string]string{
		"a": "a", "b": "b", "Three": "b", "three": "c", "d": "d", "a a": "a", "c three b": "cb",
		"THREE": "", "twice": "", "A": "", "x": "", "a x": "",
	} {
		got := ""
		chosen, err := pick(all, as, "a thing", strings.Fields(args))
		for _, c := range chosen {
			got += c.id
		}
		if got != want || (err != nil) != (want == "") || err != nil && exitCode(err) != exitUsage {
			t.Errorf("%q gives %q, %v; want %q", args, got, err, want)
		}
	}
	if _, err := pick(all, as, "a thing", []string{""}); err == nil {
		t.Error("an empty name is that of something")
	}
}

func TestHarmlessIsTheSameValue(t *testing.T) {
	text := "a\x7f\u0085\u009b2J\u202e\u200b\U000e0041 é漢🏫 \"\\ \u2028"
	encoded := []byte(`{"a":"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(text) + `"}`)
	safe := harmless(encoded)
	var before, after map[string]string
	if err := json.Unmarshal(encoded, &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(safe, &after); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("%v: %q and %q", err, before, after)
	}
	if strings.ContainsFunc(string(safe), func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl) }) {
		t.Errorf("%q", safe)
	}
	if got := string(harmless([]byte("\"\xff\""))); got != `"\ufffd"` {
		t.Error(got)
	}
}

// timeline is a server's activity, by pages of 50. The events' numbers are
// the seconds at which they happened.
type timeline struct {
	events []int
	fail   int // the how many'th call fails
	calls  int
}

func (l *timeline) serve(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/app/v1/activity" {
		return false
	}
	if l.calls++; l.calls == l.fail {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	before := 1 << 30
	if after := r.URL.Query().Get("after"); after != "" {
		before, _ = strconv.Atoi(after)
	}
	page := pairing.Page[pairing.Event]{Items: []pairing.Event{}}
	for i := len(l.events) - 1; i >= 0 && len(page.Items) < 50; i-- {
		if n := l.events[i]; n < before {
			page.Items = append(page.Items, pairing.Event{ID: fmt.Sprint("e", n), Title: "event", At: time.Unix(int64(n), 0)})
			page.Next = strconv.Itoa(n)
		}
	}
	if len(page.Items) < 50 {
		page.Next = ""
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(page)
	return true
}

func (l *timeline) add(n int) {
	for range n {
		l.events = append(l.events, len(l.events)*7)
	}
}

func TestActivityIsListedPageByPage(t *testing.T) {
	s := signedIn(t)
	l := &timeline{}
	l.add(120)
	s.Intercept(l.serve)
	for limit, want := range map[string]int{"": 50, "1": 1, "50": 50, "51": 51, "119": 119, "500": 120, "0": 120} {
		args := []string{"activity", "--json"}
		if limit != "" {
			args = append(args, "--limit", limit)
		}
		out, stderr, _ := ham(t, "", args...)
		var events []eventJSON
		if err := json.Unmarshal([]byte(out), &events); err != nil || len(events) != want || events[0].ID != "e833" {
			t.Errorf("--limit %s gives %d, %v: %s", limit, len(events), err, stderr)
		}
	}
}

func TestFollowingPrintsEachEventOnce(t *testing.T) {
	s := signedIn(t)
	l := &timeline{}
	s.Intercept(l.serve)
	for _, before := range []int{0, 3, 50, 180} {
		*l = timeline{}
		l.add(before)
		account, err := client.Load(client.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		f := &following{env: &env{stdout: &out}, account: account, json: true}
		if err := f.begin(t.Context(), -1); err != nil {
			t.Fatal(err)
		}
		want := ""
		for i, n := range []int{0, 1, 2, 49, 50, 51, 130, 0, 1} {
			for k := range n {
				want += fmt.Sprintf("e%d ", 7*(len(l.events)+k))
			}
			l.add(n)
			if l.calls, l.fail = 0, 0; i > 5 {
				l.fail = 2 // in the middle of what is asked for: nothing is printed, and nothing lost
				_ = f.print(t.Context())
				l.fail = 0
			}
			if err := f.print(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		for d := json.NewDecoder(strings.NewReader(out.String())); d.More(); {
			var event eventJSON
			if err := d.Decode(&event); err != nil {
				t.Fatal(err)
			}
			got += event.ID + " "
		}
		if got != want {
			t.Errorf("with %d before, printed\n%s\nwant\n%s", before, got, want)
		}
		if l.calls > 4 {
			t.Errorf("with %d before, the last news took %d calls", before, l.calls)
		}
	}
}

func TestATableFitsAsWellAsItCan(t *testing.T) {
	for _, c := range []struct {
		cells  []string
		yields []int
		want   int
	}{
		{[]string{"a", "b", "c"}, []int{0}, 7},
		{[]string{strings.Repeat("校", 60), "b", "c"}, []int{0}, 80},
		{[]string{strings.Repeat("x", 60), strings.Repeat("y", 60), "c"}, []int{0, 1}, 80},
		{[]string{"a", strings.Repeat("y", 90), "c"}, []int{0}, 96}, // what may not be cut is not
	} {
		table := table{titles: []string{"A", "B", "C"}, yields: c.yields}
		table.add(c.cells...)
		var out strings.Builder
		if err := table.write(&out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if got := cells(lines[1]); got > c.want || got < c.want-1 { // a wide character may leave a cell empty
			t.Errorf("%d cells, want %d: %s", got, c.want, lines[1])
		}
	}
}

func cells(line string) (n int) {
	for _, r := range line {
		if n++; unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n
}
