package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryCommandOfTheAppHelpsWithAnExample(t *testing.T) {
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		if c.Runnable() && c.GroupID == groupApp && (c.Example == "" || c.Short == "") {
			t.Errorf("%s has no example or no summary", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(newRootCommand(&env{}))
}

func TestATypoIsAnsweredWithASuggestion(t *testing.T) {
	_, stderr, code := ham(t, "", "aprove", "x")
	if code != exitUsage || !strings.Contains(stderr, "did you mean approve?") {
		t.Errorf("%d: %s", code, stderr)
	}
}

func TestCompletionAndVersion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out, stderr, code := ham(t, "", "completion", shell); code != 0 || out == "" {
			t.Errorf("%s: %d: %s", shell, code, stderr)
		}
	}
	if out, _, code := ham(t, "", "--version"); code != 0 || !strings.HasPrefix(out, "ham ") {
		t.Errorf("%d: %s", code, out)
	}
}

func TestWhoami(t *testing.T) {
	s := signedIn(t)
	out, stderr, code := ham(t, "", "whoami")
	if code != 0 || !strings.Contains(out, "Ada on "+s.URL) {
		t.Errorf("%d: %s%s", code, out, stderr)
	}
	out, _, _ = ham(t, "", "whoami", "--json")
	var me whoami
	if err := json.Unmarshal([]byte(out), &me); err != nil || me.UserID != "user-ada" || me.Server != s.URL || !me.IsStudent {
		t.Errorf("%s: %v", out, err)
	}
	if _, stderr, code := ham(t, "", "whoami", "--config", t.TempDir()); code != exitNotSignedIn || !strings.Contains(stderr, "ham login") {
		t.Errorf("%d: %s", code, stderr)
	}
	path := filepath.Join(os.Getenv("HAM_CONFIG"), "account.json")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := ham(t, "", "whoami"); code != exitOther || !strings.Contains(stderr, "chmod 600 '"+path+"'") {
		t.Errorf("%d: %s", code, stderr)
	}
}

func TestLoginDoesNotGiveUpAKeyThatWorks(t *testing.T) {
	s := signedIn(t)
	if _, stderr, code := ham(t, "", "login", s.EnrollLink()); code != exitOther || !strings.Contains(stderr, "ham logout") {
		t.Errorf("%d: %s", code, stderr)
	}
	s.RemoveDevices()
	if _, stderr, code := ham(t, "", "login", s.EnrollLink()); code != 0 {
		t.Errorf("after the device was removed: %d: %s", code, stderr)
	}
	if _, stderr, code := ham(t, "", "login", "--replace", s.EnrollLink()); code != 0 {
		t.Errorf("with --replace: %d: %s", code, stderr)
	}
}

func TestLoginWithAWrongLink(t *testing.T) {
	s := signedIn(t)
	for link, want := range map[string]int{
		s.URL + "/enroll/NOTNOTNOTNOTNOTNOT":              exitLink,
		s.URL + "/q/NOTNOTNOTNOTNOTNOT":                   exitUsage,
		"hello":                                           exitLink,
		"http://ham.example/enroll/ENROLLENROLLENROLL":    exitLink,
		"http://127.0.0.1:1/enroll/ENROLLENROLLENROLL":    exitUnreachable,
		"https://a@127.0.0.1:1/enroll/ENROLLENROLLENROLL": exitLink,
	} {
		_, stderr, code := ham(t, "", "login", "--config", t.TempDir(), link)
		if code != want || !strings.HasPrefix(stderr, "ham: ") {
			t.Errorf("%s: %d, want %d: %s", link, code, want, stderr)
		}
	}
}

func TestLogout(t *testing.T) {
	s := signedIn(t)
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true })
	if _, stderr, code := ham(t, "", "logout"); code != exitUnreachable || !strings.Contains(stderr, "--force") {
		t.Errorf("%d: %s", code, stderr)
	}
	if out, stderr, code := ham(t, "", "logout", "--force"); code != 0 || !strings.Contains(out, "not told") {
		t.Errorf("%d: %s%s", code, out, stderr)
	}
	if _, _, code := ham(t, "", "logout"); code != exitNotSignedIn {
		t.Errorf("a second time: %d", code)
	}
}

func TestTheAppWantsATerminal(t *testing.T) {
	signedIn(t)
	if _, stderr, code := ham(t, "", "app"); code != exitOther || !strings.Contains(stderr, "ham approve") {
		t.Errorf("%d: %s", code, stderr)
	}
}

func TestTheAppInLinesNeedsNoTerminal(t *testing.T) {
	s := signedIn(t)
	for name, c := range map[string]struct {
		env, stdin string
		args       []string
		code       int
		says       string
	}{
		"the flag":               {"", "q\n", []string{"--accessible"}, 0, "Number, 1 to 11:"},
		"the environment":        {"1", "q\n", nil, 0, "Number, 1 to 11:"},
		"another word for yes":   {"on", "q\n", nil, 0, "Number, 1 to 11:"},
		"no in the environment":  {"0", "q\n", nil, exitOther, ""},
		"the flag goes before":   {"1", "q\n", []string{"--accessible=false"}, exitOther, ""},
		"the end of the input":   {"", "", []string{"--accessible"}, 0, "Goodbye."},
		"a link":                 {"", "q\n", []string{"--accessible", s.URL + "/q/NOTNOTNOTNOTNOTNOT"}, 0, "did not work"},
		"an unfinished last one": {"", "1\nx", []string{"--accessible"}, 0, "Link or path of a picture: \nGoodbye."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ACCESSIBLE", c.env)
			out, stderr, code := ham(t, c.stdin, append([]string{"app"}, c.args...)...)
			if code != c.code || !strings.Contains(out, c.says) || strings.Contains(out, "\x1b") {
				t.Errorf("%d: %s%s", code, out, stderr)
			}
		})
	}
}
