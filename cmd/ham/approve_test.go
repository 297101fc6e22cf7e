package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client/clienttest"
)

// ham runs a command without a terminal and gives what it printed.
func ham(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	err := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), exitCode(err)
}

// signedIn gives a server, and makes Ada's account the one that commands use.
func signedIn(t *testing.T) *clienttest.Server {
	t.Helper()
	s := clienttest.New(nil)
	t.Cleanup(s.Close)
	t.Setenv("HAM_CONFIG", t.TempDir())
	if _, stderr, code := ham(t, "", "login", s.EnrollLink()); code != 0 {
		t.Fatalf("login: %d: %s", code, stderr)
	}
	return s
}

// lines decodes the output of --json.
func lines(t *testing.T, out string) (steps []map[string]any) {
	t.Helper()
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var step map[string]any
		if err := d.Decode(&step); errors.Is(err, io.EOF) {
			return steps
		} else if err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		steps = append(steps, step)
	}
}

func claimedStep(id string) map[string]any {
	return map[string]any{
		"state": "claimed", "kind": "authorize", "app": "Campus Library", "client_id": "library",
		"redirect_host": "library.example", "scopes": []any{"profile", "is_student"},
		"browser": "Chromium on Linux", "address": "192.0.2.7", "expires_in": 60.0, "pairing_id": id,
	}
}

func TestApproveInJSONHasAStepEach(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	out, stderr, code := ham(t, "", "approve", link, "--json", "--number", "42", "--scopes", "is_student")
	if code != exitDone || stderr != "" {
		t.Fatalf("%d: %s", code, stderr)
	}
	want := []map[string]any{claimedStep(id), {"state": "approved", "scopes": []any{"is_student"}}}
	if diff := cmp.Diff(want, lines(t, out)); diff != "" {
		t.Error(diff)
	}
}

func TestApproveGoesOnWhereItWasWhenTheNumberComesLater(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	out, stderr, code := ham(t, "", "approve", link, "--json")
	if code != exitNoNumber || !strings.Contains(stderr, "--number") {
		t.Fatalf("%d: %s", code, stderr)
	}
	if diff := cmp.Diff([]map[string]any{claimedStep(id)}, lines(t, out)); diff != "" {
		t.Error(diff)
	}
	if _, stderr, code := ham(t, "42\n", "approve", link, "--number", "-"); code != exitDone {
		t.Fatalf("%d: %s", code, stderr)
	}
	if diff := cmp.Diff([]string{"profile", "is_student"}, s.Granted(id)); diff != "" {
		t.Error(diff)
	}
}

func TestApproveTakesAPicture(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	code, err := qr.Encode(link)
	if err != nil {
		t.Fatal(err)
	}
	data, err := code.PNG(4)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a screenshot.png")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := ham(t, "", "approve", path, "--number", "42", "--scopes", ""); code != exitDone {
		t.Fatalf("%d: %s", code, stderr)
	}
	if s.State(id) != pairing.Approved || len(s.Granted(id)) != 0 {
		t.Errorf("%s, %v", s.State(id), s.Granted(id))
	}
}

func TestApproveCanRefuse(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	out, stderr, code := ham(t, "", "approve", link, "--deny", "--json")
	if code != exitDone || s.State(id) != pairing.Denied {
		t.Fatalf("%d, %s: %s", code, s.State(id), stderr)
	}
	if diff := cmp.Diff(map[string]any{"state": "denied"}, lines(t, out)[1]); diff != "" {
		t.Error(diff)
	}
}

func TestApproveADeepLinkPrintsWhereToGoOn(t *testing.T) {
	signedIn(t)
	const link = "ham://sso-authorize?client_id=library&redirect_uri=https%3A%2F%2Flibrary.example%2Fcallback&state=1"
	out, stderr, code := ham(t, "", "approve", link, "--yes", "--json", "--scopes", "profile")
	if code != exitDone {
		t.Fatalf("%d: %s", code, stderr)
	}
	want := map[string]any{
		"state": "approved", "scopes": []any{"profile"},
		"redirect_url": "https://library.example/callback?code=SECRETCODE&state=1",
	}
	if diff := cmp.Diff(want, lines(t, out)[1]); diff != "" {
		t.Error(diff)
	}
	if _, _, code := ham(t, "", "approve", link); code != exitUsage {
		t.Errorf("without --yes and without a terminal: %d", code)
	}
}

func TestApproveExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		args    []string // LINK stands for a good link
		prepare func(s *clienttest.Server, id string)
		code    int
		says    string
	}{
		"a wrong number":          {args: []string{"LINK", "--number", "11"}, code: exitRefused, says: "2 tries"},
		"a number of one digit":   {args: []string{"LINK", "--number", "4"}, code: exitUsage, says: "10 to 99"},
		"a scope not asked for":   {args: []string{"LINK", "--number", "42", "--scopes", "email"}, code: exitUsage, says: "email"},
		"deny and approve":        {args: []string{"LINK", "--deny", "--yes"}, code: exitUsage, says: "--help"},
		"no link":                 {args: nil, code: exitUsage, says: "give a link"},
		"an unknown flag":         {args: []string{"LINK", "--numbr", "42"}, code: exitUsage, says: "numbr"},
		"not a link":              {args: []string{"hello"}, code: exitLink, says: "not a link"},
		"another server's link":   {args: []string{"https://evil.example/q/ABCDEFGHABCDEFGH"}, code: exitLink, says: "evil.example"},
		"an unknown code":         {args: []string{"HOST/Q/ABCDEFGHABCDEFGH"}, code: exitLink, says: "not known"},
		"an enrol link":           {args: []string{"HOST/enroll/ABCDEFGHABCDEFGH"}, code: exitUsage, says: "ham login"},
		"an unknown app":          {args: []string{"ham://sso-authorize?client_id=x"}, code: exitLink},
		"yes alone has no number": {args: []string{"LINK", "--yes"}, code: exitNoNumber},
		"expired": {
			args: []string{"LINK", "--number", "42"}, code: exitLink, says: "run out",
			prepare: func(s *clienttest.Server, id string) {
				s.Update(id, func(p *pairing.Pairing) { p.State = pairing.Expired })
			},
		},
		"cancelled on the desktop": {
			args: []string{"LINK", "--number", "42"}, code: exitRefused, says: "cancelled",
			prepare: func(s *clienttest.Server, id string) {
				s.Update(id, func(p *pairing.Pairing) { p.State = pairing.Cancelled })
			},
		},
		"a device that was removed": {
			args: []string{"LINK"}, code: exitNotSignedIn, says: "no longer knows",
			prepare: func(s *clienttest.Server, _ string) { s.RemoveDevices() },
		},
		"no server": {
			args: []string{"LINK"}, code: exitUnreachable, says: "cannot reach",
			prepare: func(s *clienttest.Server, _ string) { s.Close() },
		},
		"a server that is none": {
			args: []string{"LINK"}, code: exitOther, says: "cannot be used",
			prepare: func(s *clienttest.Server, _ string) {
				s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { _, _ = io.WriteString(w, "<html>"); return true })
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := signedIn(t)
			id, link := s.Begin(clienttest.Request())
			if c.prepare != nil {
				c.prepare(s, id)
			}
			args := []string{"approve"}
			for _, arg := range c.args {
				args = append(args, strings.NewReplacer("LINK", link, "HOST", s.URL).Replace(arg))
			}
			_, stderr, code := ham(t, "", args...)
			if code != c.code || !strings.HasPrefix(stderr, "ham: ") || !strings.Contains(stderr, c.says) {
				t.Errorf("%d, want %d; %s", code, c.code, stderr)
			}
			if strings.Count(stderr, "\n") > 2 {
				t.Errorf("too much: %s", stderr)
			}
		})
	}
}

// atTerminal runs a command before somebody who types.
func atTerminal(t *testing.T, typed string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	err := execute(t.Context(), args, &env{
		stdin: strings.NewReader(typed), stdout: &out, stderr: &errs, interactive: true,
	})
	return out.String(), errs.String(), exitCode(err)
}

func TestApproveAsksAtATerminal(t *testing.T) {
	for name, c := range map[string]struct {
		typed string
		args  []string
		state pairing.State
		code  int
	}{
		"yes and the number":          {typed: "\nyes\n42\n", state: pairing.Approved},
		"the number asked again":      {typed: "y\nfour\n11\n42\n", state: pairing.Approved},
		"three wrong numbers":         {typed: "y\n11\n12\n13\n", state: pairing.Denied, code: exitRefused},
		"no":                          {typed: "no\n", state: pairing.Denied},
		"nothing":                     {typed: "", state: pairing.Claimed, code: exitOther},
		"yes by flag":                 {typed: "42\n", args: []string{"--yes"}, state: pairing.Approved},
		"a wrong number is not asked": {typed: "42\n", args: []string{"--number", "11"}, state: pairing.Claimed, code: exitRefused},
	} {
		t.Run(name, func(t *testing.T) {
			s := signedIn(t)
			id, link := s.Begin(clienttest.Request())
			out, stderr, code := atTerminal(t, c.typed, append([]string{"approve", link}, c.args...)...)
			if code != c.code || s.State(id) != c.state {
				t.Errorf("%d, %s: %s", code, s.State(id), stderr)
			}
			for _, shown := range []string{"Campus Library", "library.example", "Chromium on Linux at 192.0.2.7", "Nickname and picture"} {
				if !strings.Contains(out, shown) {
					t.Errorf("%q is not shown in %s", shown, out)
				}
			}
		})
	}
}
